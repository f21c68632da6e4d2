"""Ids come as text or as numbers, from call to call (observed client behaviour)."""

from collections import Counter


class Variety:
    """Alternates per field, so that whoever reads only one form notices soon."""

    def __init__(self) -> None:
        self._turns: Counter[str] = Counter()

    def id(self, field: str, text: str | None) -> str | int:
        """The id as text or as a number in turn, "-" if there is none. What is no plain number stays text."""
        if text is None:
            return "-"
        if not text.isdecimal() or text.startswith("0"):
            return text
        return int(text) if self.turn(field) else text

    def turn(self, subject: str) -> bool:
        """False, true, false, true and so on, for each subject on its own."""
        self._turns[subject] += 1
        return self._turns[subject] % 2 == 0
