from contract.message import Message
from seller.kept import LARGEST_CHARACTERS, UNUSED_SECONDS, Kept


class Word(Message):
    text: str


def test_what_was_asked_for_last_is_kept_and_no_more_than_that() -> None:
    kept = Kept[Word](most=2)
    for name in ("a", "b"):
        kept.keep(name, Word(text=name))
    assert kept.get("a")
    kept.keep("c", Word(text="c"))
    assert (kept.get("a") is not None, kept.get("b"), len(kept)) == (True, None, 2)


def test_what_is_read_anew_takes_the_place_of_what_was_kept() -> None:
    kept = Kept[Word]()
    kept.keep("a", Word(text="before"))
    kept.keep("a", Word(text="after"))
    assert (kept.get("a"), len(kept)) == (Word(text="after"), 1)


def test_what_is_larger_than_any_of_ours_is_not_kept() -> None:
    kept = Kept[Word]()
    kept.keep("a", Word(text="x"))
    kept.keep("a", Word(text="x" * LARGEST_CHARACTERS))
    assert kept.get("a") is None


def test_what_nobody_asks_for_is_forgotten_after_an_hour() -> None:
    now = 0.0
    kept = Kept[Word](clock=lambda: now)
    kept.keep("unused", Word(text="x"))
    kept.keep("used", Word(text="x"))
    now = UNUSED_SECONDS
    assert kept.get("used")
    now += 1
    assert kept.get("used")
    assert len(kept) == 1
