"""Checks and registers the search attributes that a namespace needs before a subscription can be started in it."""

import logging

from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest, ListSearchAttributesRequest
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from contract.search_attributes import SEARCH_ATTRIBUTES

logger = logging.getLogger("worker")

KEYWORD = IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD

NOT_FOR_US = (RPCStatusCode.UNIMPLEMENTED, RPCStatusCode.PERMISSION_DENIED)
"""Answers of a server whose namespaces are administered elsewhere: nothing can be said then."""


class NotRegistered(Exception):
    """Search attributes are missing or cannot be registered. The message says which, and what to do."""


async def check_search_attributes(client: Client) -> None:
    """Raises NotRegistered if a search attribute is missing, or the namespace cannot be used.

    Without them Temporal would let every sale wait at its claim for ever. A server that does not say which there are
    is only warned about in the log.
    """
    try:
        missing = await _missing(client)
    except RPCError as error:
        if error.status in NOT_FOR_US:
            names = ", ".join(key.name for key in SEARCH_ATTRIBUTES)
            logger.warning(
                "The server does not tell whether search attributes %s are registered; they have to be", names
            )
            return
        raise NotRegistered(f"Namespace {client.namespace} cannot be used: {error.message}") from None
    if missing:
        raise NotRegistered(
            f"Namespace {client.namespace} has no search attribute {', '.join(missing)} of type Keyword, without which "
            "no eSIM can be sold. Register them: python worker.py --register-search-attributes "
            f"(or: {_command(client, missing)})"
        )


async def register_search_attributes(client: Client) -> list[str]:
    """Registers those that are missing, and returns their names; raises NotRegistered if that is not allowed."""
    missing: list[str] = []
    try:
        if missing := await _missing(client):
            request = AddSearchAttributesRequest(
                namespace=client.namespace, search_attributes=dict.fromkeys(missing, KEYWORD)
            )
            await client.operator_service.add_search_attributes(request)
    except RPCError as error:
        if error.status == RPCStatusCode.NOT_FOUND:
            raise NotRegistered(f"Namespace {client.namespace} cannot be used: {error.message}") from None
        names = missing or [key.name for key in SEARCH_ATTRIBUTES]
        raise NotRegistered(
            f"The server does not let search attributes be registered this way ({error.message}): have whoever "
            f"administers namespace {client.namespace} register {', '.join(names)}, of type Keyword"
        ) from None
    return missing


async def _missing(client: Client) -> list[str]:
    request = ListSearchAttributesRequest(namespace=client.namespace)
    there = (await client.operator_service.list_search_attributes(request)).custom_attributes
    return [key.name for key in SEARCH_ATTRIBUTES if there.get(key.name) != KEYWORD]


def _command(client: Client, names: list[str]) -> str:
    named = " ".join(f"--name {name} --type Keyword" for name in names)
    return f"temporal operator search-attribute create --namespace {client.namespace} {named}"
