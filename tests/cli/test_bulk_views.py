"""What people get to see of an order for many eSIMs."""

import csv
from pathlib import Path

import pytest

from cli.bulk_views import duration, progress
from cli.failures_file import refuse_unless_new, write_failures
from cli.problem import Problem
from seller.bulk import BulkFailure, BulkReport


def failure(**changes: object) -> BulkFailure:
    fields = {"line": 3, "endpoint_id": "4711", "traveler_id": "T-1", "purchase_id": None, "product": None}
    return BulkFailure.model_validate(fields | {"type": "SftUnavailable", "reason": "SFT refused"} | changes)


def test_how_far_it_is_is_one_line() -> None:
    report = BulkReport(order="suspend", selected=2000, already=300, done=597, going_on=1, failed=[failure()] * 2)
    assert report.not_begun == 1100
    assert progress(report, 220) == "900 of 2,000 (45%), 2 failed, 4 min left"
    assert progress(BulkReport(order="suspend", selected=0), 0) == "0 of 0 (100%), 0 s left"


@pytest.mark.parametrize(("seconds", "words"), [(0, "0 s"), (89, "89 s"), (120, "2 min"), (9000, "2.5 h")])
def test_time_is_told_about_as_exactly_as_anybody_wants_to_know(seconds: float, words: str) -> None:
    assert duration(seconds) == words


def test_what_failed_is_written_for_its_owner_and_nothing_in_it_is_carried_out(tmp_path: Path) -> None:
    file = tmp_path / "failed.csv"
    refuse_unless_new(file)
    assert not file.exists()
    write_failures(file, [failure(reason='=HYPERLINK("x")\n\x1b[2J', product="Wakanda 30Days / 30GB")])
    assert file.stat().st_mode & 0o777 == 0o600
    with file.open(newline="") as opened:
        [row] = csv.DictReader(opened)
    assert (row["endpoint_id"], row["purchase_id"], row["product"]) == ("4711", "", "Wakanda 30Days / 30GB")
    assert row["reason"] == '\'=HYPERLINK("x") \N{REPLACEMENT CHARACTER}[2J'


def test_a_file_that_is_there_or_cannot_be_made_is_refused_before_anything_is_done(tmp_path: Path) -> None:
    (tmp_path / "there.csv").touch()
    for name in ("there.csv", "no folder/failed.csv", "a" * 300):
        with pytest.raises(Problem) as refused:
            refuse_unless_new(tmp_path / name)
        assert refused.value.type == "NotWritten"
