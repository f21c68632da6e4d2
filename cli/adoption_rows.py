"""eSIMs to take over, as the lines of a table have them: one line for each add-on, or for an eSIM without any."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from pydantic import TypeAdapter, ValidationError

from cli.sheet import Line
from contract.adoption import MOST_ADDONS, AddonToAdopt, Adoption
from contract.ids import (
    EmailAddress,
    EndpointId,
    Iccid,
    LanguageTag,
    Product,
    PurchaseId,
    TimeZoneName,
    TravelerId,
    UniqueId,
)
from contract.message import Message
from contract.text import ungrouped

IDS: Final = "1 to 64 of A-Z a-z 0-9 . _ -, and not full stops alone"
TEXT: Final = "1 to 200 printable characters"

COLUMNS: Final[dict[str, tuple[TypeAdapter[str], str]]] = {
    "endpoint_id": (TypeAdapter(EndpointId), "1 to 50 of A-Z a-z 0-9 . _ -, and not full stops alone"),
    "iccid": (TypeAdapter(Iccid), "18 to 22 digits"),
    "traveler_id": (TypeAdapter(TravelerId), IDS),
    "email": (TypeAdapter(EmailAddress), "one address without a name"),
    "locale": (TypeAdapter(LanguageTag), "a language such as de or pt-BR"),
    "timezone": (TypeAdapter(TimeZoneName), "a time zone such as Europe/Paris"),
    "purchase_id": (TypeAdapter(PurchaseId), IDS),
    "product": (TypeAdapter(Product), TEXT),
    "unique_id": (TypeAdapter(UniqueId), TEXT),
}
"""What may be in each column, for a program and for people."""

OF_ADDON: Final = ("purchase_id", "product", "unique_id")
NUMBERS: Final = ("endpoint_id", "iccid", "unique_id")

TURNED: Final = re.compile(r"[0-9]+(?:[.,][0-9]*)?E[+-]?[0-9]+|[0-9]+[.,][0-9]*", re.IGNORECASE)
"""8.9E+18, and 4000001.0: what a spreadsheet, or a program that reads one, makes of ids that are made of digits."""

ERRORS: Final = {"#N/A", "#REF!", "#VALUE!", "#NAME?", "#DIV/0!", "#NUM!", "#NULL!", "#SPILL!", "#CALC!"}
"""What a spreadsheet shows where a formula came to nothing."""

KEPT_DIGITS: Final = 15
"""Of a number, in a spreadsheet: all others become 0."""

AS_TEXT: Final = "make the column one of text, and export it anew"

LONGEST_SHOWN: Final = 40


class NotTaken(Message):
    """A line that was not taken over, and why; ``line`` is its number in the file."""

    line: int
    endpoint_id: str | None = None
    iccid: str | None = None
    why: str


@dataclass(frozen=True)
class EsimLine:
    """What one line says, each cell as the contract has it."""

    number: int
    traveler_id: str
    endpoint_id: str | None = None
    iccid: str | None = None
    email: str | None = None
    locale: str | None = None
    timezone: str | None = None
    addon: AddonToAdopt | None = None

    @classmethod
    def of(cls, line: Line) -> "EsimLine":
        """Raises ValueError, which says why, if the line cannot be right."""
        if line.fault:
            raise ValueError(line.fault)
        cells = line.cells | ({"iccid": ungrouped(line.cells["iccid"])} if "iccid" in line.cells else {})
        for column, cell in cells.items():
            check_cell(column, cell)
        if "traveler_id" not in cells:
            raise ValueError("it has no traveler_id")
        if not {"endpoint_id", "iccid"} & cells.keys():
            raise ValueError("it has neither endpoint_id nor iccid")
        addon = {column: cells[column] for column in OF_ADDON if column in cells}
        if missing := [column for column in OF_ADDON if addon and column not in addon]:
            raise ValueError(f"it has no {' and no '.join(missing)}: an add-on takes {', '.join(OF_ADDON)}")
        about = {column: cell for column, cell in cells.items() if column not in OF_ADDON}
        return cls(line.number, **about, addon=AddonToAdopt(**addon) if addon else None)

    @property
    def says(self) -> tuple[object, ...]:
        """Everything but its number."""
        addon = self.addon and (self.addon.unique_id, self.addon.purchase_id, self.addon.product)
        return self.endpoint_id, self.iccid, self.traveler_id, self.email, self.locale, self.timezone, addon

    def not_taken(self, why: str) -> NotTaken:
        """That this line was not taken over."""
        return NotTaken(line=self.number, endpoint_id=self.endpoint_id, iccid=self.iccid, why=why)


def check_cell(column: str, cell: str) -> None:
    """Raises ValueError, which says why, for what cannot stand in that column."""
    kind, form = COLUMNS[column]
    shown = "" if column == "email" else f" {cell[:LONGEST_SHOWN]!r}"
    if any("\ud800" <= letter <= "\udfff" for letter in cell):
        raise ValueError(f'{column}{shown} is not UTF-8: save the file as "CSV UTF-8", or give --encoding cp1252')
    if cell.upper() in ERRORS:
        raise ValueError(f"{column}{shown} is an error of the spreadsheet's")
    if column in NUMBERS and TURNED.fullmatch(cell):
        raise ValueError(f"{column}{shown} was turned into a number by a spreadsheet: {AS_TEXT}")
    try:
        kind.validate_python(cell)
    except ValidationError:
        raise ValueError(f"{column}{shown} cannot be one: that is {form}") from None
    if column == "iccid" and not cell[KEPT_DIGITS:].strip("0Ff"):
        raise ValueError(f"iccid{shown} was rounded by a spreadsheet, as it seems: {AS_TEXT}, or give the endpoint_id")


def read_lines(lines: Iterable[Line]) -> tuple[list[EsimLine], list[NotTaken]]:
    """What the lines say, and those that cannot be right."""
    read, wrong = [], []
    for line in lines:
        try:
            read.append(EsimLine.of(line))
        except ValueError as fault:
            about = {name: line.cells.get(name) for name in ("endpoint_id", "iccid")}
            wrong.append(NotTaken(line=line.number, **about, why=str(fault)))
    return read, wrong


@dataclass(frozen=True)
class Wishes:
    """What holds for every eSIM of a file, as far as its lines say nothing else."""

    name_unmatched: bool = False
    dry_run: bool = False
    locale: str | None = None
    timezone: str | None = None


@dataclass(frozen=True)
class Esim:
    """One eSIM, and the lines that tell of it."""

    endpoint_id: str
    lines: Sequence[EsimLine]

    def adoption(self, wishes: Wishes) -> Adoption:
        """What is asked for."""
        return Adoption(
            endpoint_id=self.endpoint_id,
            traveler_id=self.lines[0].traveler_id,
            email=self._said("email"),
            locale=self._said("locale") or wishes.locale,
            timezone=self._said("timezone") or wishes.timezone,
            addons=[line.addon for line in self.lines if line.addon],
            iccid=self._said("iccid"),
            name_unmatched=wishes.name_unmatched,
            dry_run=wishes.dry_run,
        )

    def _said(self, column: str) -> str | None:
        return next((value for line in self.lines if (value := getattr(line, column))), None)


@dataclass
class Sorting:
    """Lines by eSIM. An eSIM is taken over whole, or not at all: one line of it that is wrong holds back the others.

    ``endpoints`` are the endpoint ids of lines that have none, by ICCID; ``wrong`` grows by what cannot be right.
    """

    lines: Sequence[EsimLine]
    endpoints: dict[str, str]
    wrong: list[NotTaken]
    _repeats: list[NotTaken] = field(default_factory=list)
    _why: dict[int, str] = field(default_factory=dict)

    def esims(self) -> list[Esim]:
        """Those that can be taken over, as far as the file tells, in its order."""
        by_endpoint: dict[str, list[EsimLine]] = defaultdict(list)
        for line in self._once():
            endpoint_id = line.endpoint_id or self.endpoints.get(line.iccid or "")
            if endpoint_id is None:
                self.wrong.append(line.not_taken(f"SFT knows no SIM {line.iccid}, or has it on no endpoint"))
            else:
                by_endpoint[endpoint_id].append(line)
        self._find_doubles(by_endpoint)
        for endpoint_id, lines in by_endpoint.items():
            self._find_contradictions(lines)
            self._hold_back(endpoint_id, lines)
        self.wrong += self._repeats
        self.wrong += [
            line.not_taken(self._why[line.number])
            for lines in by_endpoint.values()
            for line in lines
            if line.number in self._why
        ]
        return [
            Esim(endpoint_id, lines)
            for endpoint_id, lines in by_endpoint.items()
            if not any(line.number in self._why for line in lines)
        ]

    def _once(self) -> Iterator[EsimLine]:
        """Every line, but for those that say what another has said."""
        said: dict[tuple[object, ...], int] = {}
        for line in self.lines:
            if (before := said.setdefault(line.says, line.number)) == line.number:
                yield line
            else:
                self._repeats.append(line.not_taken(f"it says the same as line {before}, which counts"))

    def _find_doubles(self, by_endpoint: dict[str, list[EsimLine]]) -> None:
        """One purchase is one add-on, and one add-on is one purchase, on one eSIM."""
        addons = [(line, line.addon) for lines in by_endpoint.values() for line in lines if line.addon]
        for column in ("purchase_id", "unique_id"):
            by_id: dict[str, list[EsimLine]] = defaultdict(list)
            for line, addon in addons:
                by_id[getattr(addon, column)].append(line)
            for value, lines in by_id.items():
                if len(lines) > 1:
                    self._refuse(lines, f"{_numbers(lines)} have the same {column} {value[:LONGEST_SHOWN]}")

    def _find_contradictions(self, lines: list[EsimLine]) -> None:
        for column in ("traveler_id", "email", "locale", "timezone", "iccid"):
            if len({value for line in lines if (value := getattr(line, column))}) > 1:
                self._refuse(lines, f"{_numbers(lines)} are of one eSIM, and have not the same {column}")
        if len([line for line in lines if line.addon]) > MOST_ADDONS:
            self._refuse(lines, f"it is of an eSIM with more than {MOST_ADDONS} add-ons")

    def _hold_back(self, endpoint_id: str, lines: list[EsimLine]) -> None:
        iccids = {line.iccid for line in lines if line.iccid}
        others = {one.line for one in self.wrong if one.endpoint_id == endpoint_id or one.iccid in iccids}
        refused = sorted({*others, *(line.number for line in lines if line.number in self._why)})
        if refused:
            self._refuse(lines, f"line {refused[0]} is of the same eSIM, and cannot be right")

    def _refuse(self, lines: Iterable[EsimLine], why: str) -> None:
        for line in lines:
            self._why.setdefault(line.number, why)


def _numbers(lines: Sequence[EsimLine]) -> str:
    numbers = [str(line.number) for line in lines]
    return f"lines {', '.join(numbers[:-1])} and {numbers[-1]}" if len(numbers) < 5 else f"{len(numbers)} lines"
