from pathlib import Path
from typing import Any

from tools.chaos.evidence import Evidence
from tools.chaos.forces.record import Record
from tools.chaos.report import Report
from tools.chaos.stage import Toll
from tools.chaos.tally import Tally
from tools.simulator.ledger import Ledger


def record() -> Record:
    """Of a run in which every force happened once."""
    record = Record()
    for force in record.counts():
        record.happened[force] += 1
    return record


def report(**changes: Any) -> Report:
    fields: dict[str, Any] = {
        "seed": 1,
        "seconds": 1.0,
        "evidence": Evidence([], [], [], Ledger(endpoints=[], calls={}, faults={}, log=[])),
        "findings": [],
        "tally": Tally(),
        "loops": [],
        "toll": Toll(),
        "answers": {},
        "deliveries": 0,
        "record": record(),
        "unanswered": {},
        "unserved": [],
    }
    return Report(**(fields | changes))


def test_a_run_is_clean_in_which_every_force_happened_and_every_promise_was_kept() -> None:
    clean = report()
    assert clean.is_clean
    assert "| forgotten | 0 |" in clean.text()
    for force in clean.record.counts():
        assert f"| {force} | 1 |" in clean.text()


def test_a_run_without_one_of_the_forces_is_not_clean_and_names_it() -> None:
    weak = record()
    del weak.happened["purchases cancelled twice"]
    said = report(record=weak)
    assert not said.is_clean
    assert "did not happen once: purchases cancelled twice" in said.complaints(Path("place"))


def test_a_run_that_could_not_answer_a_query_is_named_with_the_cause() -> None:
    said = report(unanswered={"subscription-4000001": "[TMPRL1100] Nondeterminism error"})
    assert not said.is_clean
    sentence = "subscription-4000001 could not answer a query: [TMPRL1100] Nondeterminism error"
    assert sentence in said.complaints(Path("place")).splitlines()


def test_an_answer_other_than_the_promised_one_is_told() -> None:
    strange = record()
    strange.broken.append("P-1 was answered provisioned instead of pending")
    said = report(record=strange)
    assert not said.is_clean
    assert strange.broken[0] in said.complaints(Path("place")).splitlines()
