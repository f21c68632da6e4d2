import base64
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from temporalio.api.common.v1 import Payload

from temporal.encryption.codec import EncryptionCodec
from temporal.encryption.keys import KeyRing
from temporal.encryption.sealed import label_of, why_sealed
from tests.support.encryption_keys import ring

SECRET = Payload(metadata={"encoding": b"json/plain"}, data=b'"LPA:1$smdp.example.com$SECRET"')


async def once_encrypted(keys: KeyRing, payload: Payload = SECRET) -> Payload:
    [encrypted] = await EncryptionCodec(keys).encode([payload])
    return encrypted


async def decrypted(keys: KeyRing, payload: Payload) -> Payload:
    [found] = await EncryptionCodec(keys).decode([payload])
    return found


@given(data=st.binary(max_size=100), metadata=st.dictionaries(st.text(max_size=20), st.binary(max_size=20), max_size=3))
async def test_what_was_encrypted_is_decrypted_to_the_same(data: bytes, metadata: dict[str, bytes]) -> None:
    payload = Payload(metadata=metadata, data=data)
    assert await decrypted(ring(1), await once_encrypted(ring(1), payload)) == payload


async def test_neither_what_it_says_nor_how_it_was_encoded_is_seen_outside() -> None:
    encrypted = await once_encrypted(ring(1))
    assert set(encrypted.metadata) == {"encoding", "encryption-key-id"}
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
