import pytest

from cli.exit_codes import exit_code_of
from cli.problem import Problem, problem_of
from process.settings import SettingsProblem
from seller.catalog import CatalogProblem
from seller.errors import Conflict, NoAnswer


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (NoAnswer("NoWorker", "no worker"), 1),
        (Conflict("sold before"), 2),
        (SettingsProblem("bad"), 2),
        (CatalogProblem("bad"), 2),
        (Problem("NotWritten", "no such directory"), 2),
        (KeyError("ours"), 70),
        (Problem("Interrupted", "Interrupted"), 130),
        (Problem("Interrupted", "Stopped by SIGTERM", 143), 143),
    ],
    ids=lambda value: getattr(value, "type", type(value).__name__) if isinstance(value, Exception) else None,
)
def test_the_exit_code_says_whether_it_may_work_later(error: Exception, code: int) -> None:
    assert exit_code_of(problem_of(error)) == code


def test_how_to_see_more_of_an_error_that_nobody_foresaw_is_told() -> None:
    assert problem_of(KeyError("x")).message == "Something unforeseen went wrong (KeyError): --debug shows where"
