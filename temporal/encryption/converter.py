"""How our processes turn messages into what Temporal keeps."""

import dataclasses
from typing import TYPE_CHECKING

from temporalio.converter import DataConverter

from temporal.encryption.failures import EncodedFailures
from temporal.intake import data_converter

# Only imported where there are keys: every call of starter.py comes by here.
if TYPE_CHECKING:
    from temporal.encryption.keys import KeyRing


def data_converter_with(keys: "KeyRing | None") -> DataConverter:
    """Encrypts everything, failures with their stack traces too; leaves it readable if there are no keys."""
    if keys is None:
        return data_converter
    from temporal.encryption.codec import EncryptionCodec

    return dataclasses.replace(
        data_converter, payload_codec=EncryptionCodec(keys), failure_converter_class=EncodedFailures
    )
