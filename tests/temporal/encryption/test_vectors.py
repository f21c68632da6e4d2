"""The test vectors of docs/encryption-vectors.json, for codecs in other languages: ours does what they say."""

import json
from pathlib import Path
from typing import Any, Final

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from google.protobuf.json_format import ParseDict
from temporalio.api.common.v1 import Payload
from temporalio.converter import WorkflowSerializationContext

from temporal.encryption.codec import EncryptionCodec
from temporal.encryption.keys import KeyRing
from temporal.encryption.sealed import PROBLEM, WHY, label_of

PAGE: Final = json.loads((Path(__file__).parents[3] / "docs" / "encryption-vectors.json").read_text())
KEYS: Final = KeyRing.parse(PAGE["keys"])


def payload(document: dict[str, Any]) -> Payload:
    return ParseDict(document, Payload())


@pytest.mark.parametrize("vector", PAGE["vectors"], ids=lambda vector: vector["name"])
async def test_a_vector_is_opened_or_refused_as_it_says(vector: dict[str, Any]) -> None:
    codec = EncryptionCodec(KEYS).with_context(WorkflowSerializationContext(vector["namespace"], vector["workflow_id"]))
    [found] = await codec.decode([payload(vector["payload"])])
    if "opens_as" in vector:
        assert found == payload(vector["opens_as"])
    else:
        assert label_of(found)
        assert found.metadata[PROBLEM].decode() == vector["refused"]


@pytest.mark.parametrize("vector", [one for one in PAGE["vectors"] if "opens_as" in one], ids=lambda one: one["name"])
def test_a_good_vector_is_what_the_contract_tells_to_make(vector: dict[str, Any]) -> None:
    sealed, opened = payload(vector["payload"]), payload(vector["opens_as"])
    label = sealed.metadata["encryption-key-id"].decode()
    beside = f"{label}\n{vector['namespace']}\n{vector['workflow_id']}".encode()
    nonce = sealed.data[:12]
    cipher = AESGCM(KEYS.by_label[label].material)
    assert sealed.data == nonce + cipher.encrypt(nonce, opened.SerializeToString(), beside)


def test_there_is_a_vector_for_every_reason_that_other_languages_have_to_refuse() -> None:
    refused = {vector["refused"].encode() for vector in PAGE["vectors"] if "refused" in vector}
    assert refused == set(WHY) - {b"", b"plaintext"}
