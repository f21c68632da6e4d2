"""The test vectors of docs/encryption-vectors.json, for codecs in other languages: ours does what they say."""

import json
from hashlib import sha256
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


def test_every_good_vector_is_what_docs_codec_md_tells_to_make() -> None:
    """Reckoned here from the page alone, without our codec."""
    keys = {one["label"]: bytes.fromhex(one["hex"]) for one in PAGE["each_key"]}
    for one in PAGE["each_key"]:
        assert one["label"] == f"{one['id']}:{sha256(b'esim-key-fingerprint' + keys[one['label']]).hexdigest()[:8]}"
    assert keys == {label: key.material for label, key in KEYS.by_label.items()}
    good = [one for one in PAGE["vectors"] if "authenticated" in one]
    assert len(good) > 10
    for vector in good:
        sealed, opened = payload(vector["payload"]), payload(vector["opens_as"])
        label = sealed.metadata["encryption-key-id"].decode()
        assert vector["authenticated"] == f"{label}\n{vector['namespace']}\n{vector['workflow_id']}"
        opens = AESGCM(keys[label]).decrypt(sealed.data[:12], sealed.data[12:], vector["authenticated"].encode())
        assert Payload.FromString(opens) == opened, vector["name"]
        assert len(opens) == len(opened.SerializeToString()), vector["name"]
        assert set(sealed.metadata) == {
            *("encoding", "encryption-key-id", "encryption-namespace", "encryption-workflow-id"),
        }


def test_there_is_a_vector_for_every_reason_that_other_languages_have_to_refuse() -> None:
    refused = {vector["refused"].encode() for vector in PAGE["vectors"] if "refused" in vector}
    assert refused == set(WHY) - {b"", b"plaintext"}
