"""Ids come as text or as numbers, from call to call (observed client behaviour)."""

from collections import Counter


class Variety:
    """Takes turns for each field apart, so that a caller who can read only one form fails soon."""

    def __init__(self) -> None:
        self._turns: Counter[str] = Counter()

    def id(self, field: str, text: str | None) -> str | int:
        """The id as text or as a number, "-" if there is none. What is no plain number stays text."""
        if text is None:
            return "-"
        if not text.isdecimal() or text.startswith("0"):
            return text
        # The Thue-Morse sequence has no period: also a caller who reads every second id sees both forms.
        return int(text) if self._next(field).bit_count() % 2 else text

    def turn(self, subject: str) -> bool:
        """False, true, false, true and so on, for each subject on its own."""
        return self._next(subject) % 2 == 1

    def _next(self, subject: str) -> int:
        self._turns[subject] += 1
        return self._turns[subject] - 1
