import pytest

from cli.screen import Screen
from cli.steps import TITLES, Steps
from contract.progress import Progress, Step


def ticked(seen: list[Step], capsys: pytest.CaptureFixture[str], *, finish: bool) -> list[str]:
    """The steps that are ticked off when a purchase was seen at these."""
    with Screen().doing() as doing:
        steps = Steps(doing)
        for step in seen:
            steps.show(Progress(step=step, detail=f"at {step}"))
        if finish:
            steps.finish()
    return [line.removeprefix("✓ ") for line in capsys.readouterr().out.splitlines() if line.startswith("✓ ")]


def test_steps_that_were_too_quick_to_be_seen_are_ticked_off_all_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    assert ticked([], capsys, finish=True) == list(TITLES)
    assert ticked(["finding_esim", "delivering"], capsys, finish=True) == list(TITLES)


def test_a_step_is_ticked_off_once_although_a_second_esim_has_to_be_tried(capsys: pytest.CaptureFixture[str]) -> None:
    seen: list[Step] = ["finding_esim", "activating", "finding_esim", "waiting_for_stock", "activating"]
    assert ticked(seen, capsys, finish=False) == list(TITLES[:1])


def test_a_purchase_that_needs_attention_or_fails_has_not_taken_the_step(capsys: pytest.CaptureFixture[str]) -> None:
    assert ticked(["needs_attention", "failed"], capsys, finish=False) == list(TITLES[:2])
