"""Clients of one server that differ in what they write and can read."""

from temporalio.client import Client
from temporalio.converter import DataConverter


def with_converter(client: Client, converter: DataConverter) -> Client:
    """The same client but for what converts its payloads."""
    return Client(**(client.config() | {"data_converter": converter}))
