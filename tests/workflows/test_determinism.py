"""Workflow code asks nobody but Temporal for the time, for chance and for the world outside."""

import ast
from pathlib import Path

import pytest

WORKFLOWS = Path(__file__).parent.parent.parent / "workflows"

OUTSIDE = {"os", "random", "secrets", "socket", "subprocess", "threading", "time", "urllib", "uuid", "httpx", "pathlib"}
CLOCKS = {"now", "utcnow", "today"}


@pytest.mark.parametrize("file", sorted(WORKFLOWS.glob("*.py")), ids=lambda file: file.stem)
def test_no_module_of_the_workflows_reaches_outside(file: Path) -> None:
    for node in ast.walk(ast.parse(file.read_text())):
        match node:
            case ast.Import(names=names):
                assert not OUTSIDE & {name.name.partition(".")[0] for name in names}
            case ast.ImportFrom(module=module):
                assert (module or "").partition(".")[0] not in OUTSIDE
            case ast.Attribute(value=ast.Name(id=owner), attr=attribute) if attribute in CLOCKS:
                assert owner == "workflow", f"{owner}.{attribute}"
            case ast.Call(func=ast.Name(id="open" | "input" | "print" as name)):
                raise AssertionError(name)
