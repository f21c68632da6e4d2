"""The file that keeps the record of sales: added to, once for each fact, and never mended over what is not its own."""

import csv
import os
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from contract.sale_entry import Period, SaleEntry
from process.sale_lines import COLUMNS, Form, entries_in, heading, line_of
from process.sales_record import RecordProblem, SalesRecord
from tests.support.settings import refusal
from worker import WorkerSettings

DAY = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


def entry(number: int, **changes: object) -> SaleEntry:
    fields = {
        **{"entry_id": f"4000001/P-{number}/1/provisioned", "at": DAY + timedelta(days=number), "kind": "esim"},
        **{"outcome": "provisioned", "purchase_id": f"P-{number}", "traveler_id": "T-42", "product": "Wakanda, Daily"},
        **{"plan_id": "PLAN", "endpoint_id": "4000001", "iccid": "8932000000000000001", "unique_id": "7000001"},
    }
    return SaleEntry.model_validate(fields | changes)


@pytest.fixture(params=["jsonl", "csv"])
def file(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    return tmp_path / f"sales.{request.param}"


def added(file: Path, *entries: SaleEntry) -> int:
    with SalesRecord(file).adding() as add:
        return add(entries)


def test_what_is_new_is_added_once_and_what_was_there_stays_as_it_was(file: Path) -> None:
    assert added(file, entry(1), entry(2)) == 2
    before = file.read_bytes()
    assert added(file, entry(2), entry(3), entry(3), entry(1)) == 1
    assert file.read_bytes().startswith(before)
    assert added(file, entry(2, traveler_id="T-another")) == 0
    assert SalesRecord(file).entries() == [entry(1), entry(2), entry(3)]
    assert SalesRecord(file).entries(Period(since="2026-11-23", until=DAY + timedelta(days=3)).has) == [entry(2)]
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


@pytest.mark.parametrize("lost", [1, 30, 10_000])
def test_a_line_that_a_crash_cut_short_is_written_anew(file: Path, lost: int) -> None:
    added(file, entry(1))
    whole = file.stat().st_size
    added(file, entry(2))
    os.truncate(file, max(whole, file.stat().st_size - lost))
    assert SalesRecord(file).entries() == [entry(1)]
    assert added(file, entry(1), entry(2)) == 1
    assert SalesRecord(file).entries() == [entry(1), entry(2)]


def test_a_heading_that_a_crash_cut_short_is_written_anew(tmp_path: Path) -> None:
    file = tmp_path / "sales.csv"
    file.write_text(heading("csv")[:20])
    assert added(file, entry(1)) == 1
    assert SalesRecord(file).entries() == [entry(1)]


@pytest.mark.parametrize("words", ["root:x:0:0\n", "root:x:0:0", "\n", '{"a": 1}\n', "\xff\n"])
def test_a_file_of_something_else_is_refused_and_left_as_it_is(file: Path, words: str) -> None:
    file.write_bytes(words.encode("latin-1"))
    with pytest.raises(RecordProblem, match=f"{file.name} is no record of sales"):
        added(file, entry(1))
    if words.endswith("\n"):
        with pytest.raises(RecordProblem, match=f"{file.name} is no record of sales"):
            SalesRecord(file).entries()
    assert file.read_bytes() == words.encode("latin-1")


def test_one_adds_at_a_time_and_another_is_told_so(file: Path) -> None:
    with SalesRecord(file).adding() as add:
        add([entry(1)])
        with pytest.raises(RecordProblem, match="being added to by another process"):
            added(file, entry(1))
    assert SalesRecord(file).entries() == [entry(1)]


def test_what_cannot_be_opened_is_a_sentence(file: Path) -> None:
    missing = file.parent / "missing" / file.name
    with pytest.raises(RecordProblem, match="cannot be written: No such file or directory"):
        added(missing, entry(1))
    file.mkdir()
    with pytest.raises(RecordProblem, match="cannot be read: Is a directory"):
        SalesRecord(file).entries()


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_each_form_says_all_of_it_and_is_read_as_it_was(form: Form) -> None:
    odd = entry(1, product='=HYPERLINK("http://x"), "y"', traveler_id="-1", iccid=None, ordered_by="@me", plan_id="'x")
    assert list(entries_in([heading(form), line_of(odd, form)][form == "jsonl" :], form)) == [odd]


def test_a_spreadsheet_carries_out_nothing_that_a_portal_named() -> None:
    for sign in "=+-@":
        [row] = csv.reader([line_of(entry(1, product=f"{sign}1+1", traveler_id=f"{sign}x"), "csv")])
        assert [cell for cell in row if cell.startswith(sign)] == []
    assert heading("csv").split(",")[0] == COLUMNS[0] == "entry_id"


def test_a_record_has_to_say_by_its_name_what_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    refusal(monkeypatch, WorkerSettings, {"ESIM_SALES_RECORD": "sales.xlsx"}, r"ESIM_SALES_RECORD .*\.jsonl or \.csv")
