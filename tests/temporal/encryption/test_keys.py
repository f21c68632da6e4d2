import base64
import re

import pytest

from temporal.encryption.keys import KeyProblem, KeyRing

KEY = base64.b64encode(bytes(range(32))).decode()
OTHER = base64.b64encode(bytes(32)).decode()


def test_the_newest_key_comes_first_and_every_key_has_a_fingerprint() -> None:
    ring = KeyRing.parse(f"k2:{KEY}, k1:{OTHER}")
    assert [label.split(":")[0] for label in ring.by_label] == ["k2", "k1"]
    assert ring.newest.label.startswith("k2:")
    assert re.fullmatch(r"k2:[0-9a-f]{8}", ring.newest.label)


def test_another_key_under_the_same_id_has_another_label() -> None:
    assert KeyRing.parse(f"k1:{KEY}").newest.label != KeyRing.parse(f"k1:{OTHER}").newest.label


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (KEY, "key 1 is not of the form <id>:<base64>"),
        (f"k1:{KEY},", "key 2 is not of the form <id>:<base64>"),
        (f"k 1:{KEY}", "the id of key 1 is not 1 to 64 characters"),
        (f"k1:{KEY},k0:{KEY[:-8]}!", "key 2 ('k0') is not base64; make one with: openssl rand -base64 32"),
        (f"k1:{base64.b64encode(bytes(16)).decode()}", "key 1 ('k1') has 16 bytes instead of 32"),
        (f"k1:{KEY},k1:{OTHER}", "two keys have the id 'k1'"),
        (f"k1:{KEY},k0:{KEY}", "key 2 ('k0') is the same as an earlier one"),
    ],
)
def test_a_bad_list_is_refused_with_a_sentence_that_shows_no_key(text: str, fault: str) -> None:
    with pytest.raises(KeyProblem) as refusal:
        KeyRing.parse(text)
    assert fault in str(refusal.value)
    assert KEY[:8] not in str(refusal.value)


def test_no_key_is_in_what_a_ring_shows_of_itself() -> None:
    shown = repr(KeyRing.parse(f"k1:{KEY}"))
    assert KEY not in shown
    assert repr(bytes(range(32))) not in shown
