"""Stand-ins for secrets and personal data: of the same form, drawn at random, so that nothing leads back."""

import random
import re
import string
from collections.abc import Iterable
from typing import Final

_JWT: Final = r"eyJ[\w-]+(?:\.[\w-]*)*"
_LPA: Final = r"LPA:[^\s\"'<>]+"
_MAIL: Final = r"[^\s@<>\"'(),;:]+@[^\s@<>\"'(),;:]+"
_IP: Final = r"\b[0-9]{1,3}(?:\.[0-9]{1,3}){3}\b"
_LONG_TOKEN: Final = r"(?<![\w-])(?=[\w-]*[0-9])(?=[\w-]*[A-Za-z])[\w-]{16,}"
_DIGITS: Final = r"(?:(?<=[^0-9])|^)[0-9](?:[ -]?[0-9]){5,}[Ff]?"

SECRET_BY_LOOK: Final = re.compile("|".join((_LPA, _JWT, _MAIL, _IP, _LONG_TOKEN, _DIGITS)))
"""What looks like an activation code, a token, an e-mail address, an IP address, or the number of something."""

_DAY: Final = r"(?:(?<![0-9])[0-9]{1,2}/[0-9]{1,2}/[0-9]{4}|(?<![0-9])[0-9]{4}-[0-9]{2}-[0-9]{2})(?![0-9])"
DATE: Final = re.compile(rf"{_DAY}(?:[ T][0-9]{{1,2}}(?::[0-9.]{{2,9}})+)?")

SHORTEST_KNOWN: Final = 3
"""A value shorter than this is not looked for in other texts: it would be found everywhere."""


class StandIns:
    """One stand-in for each value, the same whenever it comes again.

    Kept are the length, which characters are digits, capital and small letters, separators, and check digits (of
    ICCIDs, IMEIs and EIDs) where the value has them. ``source`` is for tests alone: what is drawn
    from it can be drawn again.
    """

    def __init__(self, source: random.Random | None = None) -> None:
        self._source = source or random.SystemRandom()
        self._of: dict[str, str] = {}
        self._pattern: re.Pattern[str] | None = None
        """Of all that is replaced in texts; None as long as it lacks a value that has become known."""

    def of(self, value: str) -> str:
        """The stand-in for the whole of a value; of an activation code, one for each of its secret parts."""
        if value.upper().startswith("LPA:") and "$" in value:
            head, *parts = value.split("$")
            return "$".join((head, *(self.of(part) for part in parts[:2]), *parts[2:]))
        if not any(map(str.isalnum, value)):
            return value
        if value not in self._of:
            self._of[value] = self._drawn(value)
            self._pattern = None
        return self._of[value]

    def in_text(self, text: str) -> str:
        """A text with everything replaced that looks like a secret, or that is one known from elsewhere."""
        kept: list[str] = []
        rest = 0
        self._pattern = self._pattern or self._known_or_by_look()
        for found in self._pattern.finditer(text):
            if not DATE.fullmatch(found[0]):
                kept += [text[rest : found.start()], self.of(self._as_known(found[0]))]
                rest = found.end()
        return "".join((*kept, text[rest:]))

    def words_in(self, text: str, but: Iterable[str]) -> str:
        """A text with every word replaced but those, which are given in small letters."""
        harmless = frozenset(but)
        return re.sub(r"\w+", lambda word: word[0] if word[0].casefold() in harmless else self.of(word[0]), text)

    def _as_known(self, value: str) -> str:
        return next((known for known in self._of if known.casefold() == value.casefold()), value)

    def _known_or_by_look(self) -> re.Pattern[str]:
        known = sorted((one for one in self._of if len(one) >= SHORTEST_KNOWN), key=len, reverse=True)
        if not known:
            return re.compile(f"{DATE.pattern}|{SECRET_BY_LOOK.pattern}")
        names = "|".join(map(re.escape, known))
        return re.compile(rf"(?i:(?<![A-Za-z0-9])(?:{names})(?![A-Za-z0-9]))|{DATE.pattern}|{SECRET_BY_LOOK.pattern}")

    def _drawn(self, value: str) -> str:
        taken = {*self._of, *self._of.values(), value}
        for _ in range(200):
            drawn = _with_check_digits(value, self._shaped(value))
            if drawn not in taken:
                break
        return drawn

    def _shaped(self, value: str) -> str:
        prefix = re.match(r"89(?=[0-9]{15,}[Ff]?$)|eyJ|\+", value)
        kept = prefix.end() if prefix else 0
        hexadecimal = re.fullmatch(r"[0-9A-Fa-f-]{8,}", value) is not None
        return value[:kept] + "".join(
            self._letter(letter, hexadecimal, first=kept + position == 0)
            for position, letter in enumerate(value[kept:])
        )

    def _letter(self, letter: str, hexadecimal: bool, first: bool) -> str:
        if letter.isdecimal():
            # A number must not become shorter by it, nor a text a number.
            return letter if first and letter == "0" else self._source.choice("123456789" if first else string.digits)
        if not letter.isalpha():
            return letter
        letters = "abcdef" if hexadecimal else string.ascii_lowercase
        drawn = self._source.choice(letters)
        return drawn.upper() if letter.isupper() else drawn


def _with_check_digits(value: str, drawn: str) -> str:
    if re.fullmatch("[0-9]{32}", value) and int(value) % 97 == 1:
        return f"{drawn[:30]}{98 - int(drawn[:30]) * 100 % 97:02d}"
    digits = value.rstrip("Ff")
    if digits.isdecimal() and 15 <= len(digits) <= 20 and luhn_holds(digits):
        body = drawn[: len(digits) - 1]
        last = next(last for last in string.digits if luhn_holds(body + last))
        return body + last + value[len(digits) :]
    return drawn


def luhn_holds(digits: str) -> bool:
    """Whether the last digit is the check digit of the others, as in an ICCID (ITU-T E.118)."""
    doubled = [int(digit) * (1 + position % 2) for position, digit in enumerate(reversed(digits))]
    return sum(number - 9 if number > 9 else number for number in doubled) % 10 == 0
