import base64
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from temporalio.api.common.v1 import Payload
from temporalio.converter import (
    ActivitySerializationContext,
    NexusSerializationContext,
    WorkflowSerializationContext,
)

from temporal.encryption.codec import EncryptionCodec
from temporal.encryption.keys import KeyRing
from temporal.encryption.sealed import is_hopeless, label_of, why_sealed
from tests.support.encryption_keys import ring

SECRET = Payload(metadata={"encoding": b"json/plain"}, data=b'"LPA:1$smdp.example.com$SECRET"')


async def once_encrypted(keys: KeyRing, payload: Payload = SECRET) -> Payload:
    [encrypted] = await EncryptionCodec(keys).encode([payload])
    return encrypted


async def decrypted(keys: KeyRing, payload: Payload) -> Payload:
    [found] = await EncryptionCodec(keys).decode([payload])
    return found


def at(keys: KeyRing, workflow_id: str, namespace: str = "default", **options: bool) -> EncryptionCodec:
    return EncryptionCodec(keys, **options).with_context(WorkflowSerializationContext(namespace, workflow_id))


async def why(codec: EncryptionCodec, payload: Payload) -> str | None:
    return why_sealed(await codec.decode([payload]))


@given(data=st.binary(max_size=100), metadata=st.dictionaries(st.text(max_size=20), st.binary(max_size=20), max_size=3))
async def test_what_was_encrypted_is_decrypted_to_the_same(data: bytes, metadata: dict[str, bytes]) -> None:
    payload = Payload(metadata=metadata, data=data)
    assert await decrypted(ring(1), await once_encrypted(ring(1), payload)) == payload


async def test_neither_what_it_says_nor_how_it_was_encoded_is_seen_outside() -> None:
    encrypted = await once_encrypted(ring(1))
    names = {"encoding", "encryption-key-id", "encryption-namespace", "encryption-workflow-id"}
    assert set(encrypted.metadata) == names
    assert b"SECRET" not in encrypted.SerializeToString()
    assert b"json/plain" not in encrypted.SerializeToString()


async def test_the_same_is_never_encrypted_to_the_same() -> None:
    assert (await once_encrypted(ring(1))).data != (await once_encrypted(ring(1))).data


async def test_the_newest_key_encrypts_and_all_of_them_decrypt() -> None:
    old = await once_encrypted(ring(1))
    new = await once_encrypted(ring(2, 1))
    assert [label_of(old), label_of(new)] == [ring(1).newest.label, ring(2).newest.label]
    assert [await decrypted(ring(2, 1), payload) for payload in (old, new)] == [SECRET, SECRET]


async def test_a_payload_from_before_encryption_is_read_as_it_is() -> None:
    assert await decrypted(ring(1), SECRET) == SECRET


async def test_a_key_that_is_missing_is_named() -> None:
    found = await decrypted(ring(2), await once_encrypted(ring(1)))
    assert f"encrypted with key {ring(1).newest.label}, which is not in ESIM_ENCRYPTION_KEYS" in (
        why_sealed([found]) or ""
    )


async def test_who_has_no_keys_at_all_is_told_what_to_set() -> None:
    assert "ESIM_ENCRYPTION_KEYS is not set here" in (why_sealed([SECRET, await once_encrypted(ring(1))]) or "")
    assert why_sealed([SECRET]) is None


async def test_another_key_under_the_same_id_is_not_taken_for_it() -> None:
    same_id = KeyRing.parse("k1:" + base64.b64encode(b"x" * 32).decode())
    assert "not in ESIM_ENCRYPTION_KEYS" in (
        why_sealed([await decrypted(same_id, await once_encrypted(ring(1)))]) or ""
    )


def shortened(payload: Payload) -> None:
    payload.data = payload.data[:9]


def one_bit_off(payload: Payload) -> None:
    payload.data = payload.data[:-1] + bytes([payload.data[-1] ^ 1])


def said_to_be_of_another_key(payload: Payload) -> None:
    payload.metadata["encryption-key-id"] = ring(2).newest.label.encode()


def without_its_key_id(payload: Payload) -> None:
    del payload.metadata["encryption-key-id"]


def said_to_be_of_no_key_that_there_can_be(payload: Payload) -> None:
    payload.metadata["encryption-key-id"] = b"k1"


@pytest.mark.parametrize(
    "altered",
    [shortened, one_bit_off, said_to_be_of_another_key, without_its_key_id, said_to_be_of_no_key_that_there_can_be],
)
async def test_what_was_altered_on_the_way_is_not_taken_for_what_was_sent(altered: Callable[[Payload], None]) -> None:
    payload = await once_encrypted(ring(1))
    altered(payload)
    found = await decrypted(ring(1, 2), payload)
    assert found.data == payload.data
    assert "it was altered on the way" in (why_sealed([found]) or "")


async def test_the_key_id_is_authenticated_too() -> None:
    """Two ids for one key would be told apart by nothing else."""
    payload = await once_encrypted(KeyRing.parse(f"a:{base64.b64encode(b'y' * 32).decode()}"))
    same_key = KeyRing.parse(f"b:{base64.b64encode(b'y' * 32).decode()}")
    payload.metadata["encryption-key-id"] = same_key.newest.label.encode()
    assert "it was altered on the way" in (why_sealed([await decrypted(same_key, payload)]) or "")


async def test_what_was_written_for_one_workflow_is_refused_in_another_and_in_another_namespace() -> None:
    [payload] = await at(ring(1), "w-1").encode([SECRET])
    assert await at(ring(1), "w-1").decode([payload]) == [SECRET]
    for elsewhere in (at(ring(1), "w-2"), at(ring(1), "w-1", "other"), at(ring(1), ""), at(ring(2), "w-2")):
        [found] = await elsewhere.decode([payload])
        assert found.data == payload.data
        assert "was written for another workflow" in (why_sealed([found]) or "")
        assert is_hopeless([found])
    assert "not in ESIM_ENCRYPTION_KEYS" in (await why(at(ring(2), "w-1"), payload) or "")


async def test_an_activity_belongs_to_its_workflow_and_a_call_of_nexus_to_none() -> None:
    [payload] = await at(ring(1), "w-1").encode([SECRET])
    context = ActivitySerializationContext("default", "1", "find_esim", "q", "w-1", "Any", is_local=False)
    assert await EncryptionCodec(ring(1)).with_context(context).decode([payload]) == [SECRET]
    foreign = EncryptionCodec(ring(1)).with_context(NexusSerializationContext("e", "s", "o"))
    assert await foreign.decode([payload]) == [SECRET]  # an operation's answer is that of some workflow of ours
    assert "another workflow" in (await why(at(ring(1), "w-1"), (await foreign.encode([SECRET]))[0]) or "")


async def test_whoever_is_told_no_workflow_reads_all_and_writes_what_none_accepts() -> None:
    [payload] = await at(ring(1), "w-1").encode([SECRET])
    assert await decrypted(ring(1), payload) == SECRET
    assert await at(ring(1), "w-2", anywhere=True).decode([payload]) == [SECRET]
    assert "another workflow" in (await why(at(ring(1), "w-1"), await once_encrypted(ring(1))) or "")


@pytest.mark.parametrize(
    ("namespace", "workflow_id"),
    [(b"default", b"w-2"), (b"other", b"w-1"), (b"default\nw", b"-1"), (b"", b"default\nw-1"), (b"", b"")],
)
async def test_another_place_that_is_written_on_it_is_taken_for_no_place(namespace: bytes, workflow_id: bytes) -> None:
    [payload] = await at(ring(1), "w-1").encode([SECRET])
    payload.metadata["encryption-namespace"] = namespace
    payload.metadata["encryption-workflow-id"] = workflow_id
    pretended = at(ring(1), workflow_id.decode(), namespace.decode())
    for codec in (EncryptionCodec(ring(1)), pretended, at(ring(1), "w-1")):
        assert "it was altered on the way" in (await why(codec, payload) or "")


async def test_plaintext_is_refused_where_encryption_is_required_and_nothing_of_it_is_kept() -> None:
    for codec in (EncryptionCodec(ring(1, is_required=True)), at(ring(1, is_required=True), "w-1", tags=True)):
        [found] = await codec.decode([SECRET])
        assert "came in plain text" in (why_sealed([found]) or "")
        assert is_hopeless([found])
        assert b"SECRET" not in found.SerializeToString()
        assert await codec.decode(await codec.encode([SECRET])) != [found]
