"""Workflow code asks nobody but Temporal for the time, for chance and for the world, and keeps nothing by itself.

Workers run it without the SDK's sandbox, which would catch that only when it happens.
"""

import ast
from pathlib import Path

import pytest

from tests.support.parsed import parsed

ROOT = Path(__file__).parent.parent.parent
UNUSED = ROOT / "contract" / "guarded_file.py"
"""No workflow knows it: it is there for every process that reads a secret."""

CONTRACT = [file for file in (ROOT / "contract").glob("*.py") if file != UNUSED]
FILES = [*(ROOT / "workflows").glob("*.py"), *CONTRACT, ROOT / "activities" / "messages.py"]

OUTSIDE = {"os", "random", "secrets", "socket", "subprocess", "threading", "time", "urllib", "uuid", "httpx", "pathlib"}
CLOCKS = {"now", "utcnow", "today"}


@pytest.mark.parametrize("file", sorted(FILES), ids=lambda file: f"{file.parent.name}.{file.stem}")
def test_no_module_of_the_workflows_reaches_outside(file: Path) -> None:
    for node in ast.walk(parsed(file)):
        match node:
            case ast.Import(names=names):
                assert not OUTSIDE & {name.name.partition(".")[0] for name in names}
            case ast.ImportFrom(module=module):
                assert (module or "").partition(".")[0] not in OUTSIDE
            case ast.Attribute(value=ast.Name(id=owner), attr=attribute) if attribute in CLOCKS:
                assert owner == "workflow", f"{owner}.{attribute}"
            case ast.Call(func=ast.Name(id="open" | "input" | "print" as name)):
                raise AssertionError(name)


@pytest.mark.parametrize("file", sorted(FILES), ids=lambda file: f"{file.parent.name}.{file.stem}")
def test_no_module_keeps_what_one_run_would_leave_to_the_next(file: Path) -> None:
    for node in parsed(file).body:
        match node:
            case ast.Assign(value=ast.Dict() | ast.List() | ast.Set() | ast.ListComp() | ast.DictComp()):
                raise AssertionError(ast.unparse(node))
            case ast.AnnAssign(annotation=annotation, value=ast.Dict() | ast.List() | ast.Set()):
                assert ast.unparse(annotation).startswith("Final"), ast.unparse(node)
    assert not [node for node in ast.walk(parsed(file)) if isinstance(node, ast.Global)]
