"""The rooms of this house: which of them may know which, and how long a file and a function may be."""

import ast
import io
import re
import sys
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

from tests.support.parsed import parsed

ROOT: Final = Path(__file__).parents[1]

WORKER_ROOMS: Final = (
    "contract",
    "languages",
    "sft",
    "process",
    "delivery",
    "temporal",
    "activities",
    "workflows",
    "observability",
)
"""From the ground up: each may know those before it."""

FACES: Final = {
    *("contract", "languages", "temporal", "seller", "process", "delivery", "observability.log"),
    "observability.settings",
}
"""What the terminal and the web may know, and so not each other."""

MAY_KNOW: Final = {room: set(WORKER_ROOMS[:level]) for level, room in enumerate(WORKER_ROOMS)} | {
    "process": {"contract"},  # beside sft/, not above it
    "worker": {*WORKER_ROOMS, "seller.catalog", "seller.catalog_file", "sft_check"},
    "seller": {"contract", "temporal"},
    "sft_check": {"sft", "activities.settings", "seller.catalog"},
    "cli": FACES | {"sft_check", "sft"},
    "portal": FACES | {"sft.callbacks"},
    "nexus": FACES,
    "starter": FACES | {"cli"},
}
"""Rooms, or single modules of them, by whose imports may name them. What is missing here, nobody may know but tests."""

MAY_KNOW["tools"] = {"tools", *MAY_KNOW}

WITHOUT_TEMPORAL: Final = {"sft", "delivery"}

SELLER_NEEDS: Final = {"temporalio", "google", "pydantic", "pydantic_core"}
"""All that a program of somebody else's has to install to import seller/: google.protobuf comes with temporalio."""

SELLER_NEEDS_LATER: Final = SELLER_NEEDS | {"cryptography"}
"""What it needs once it is given keys, or certificates."""

MOST_LINES: Final = {"workflows": 300}
MOST_LINES_ELSEWHERE: Final = 400
MOST_LINES_OF_A_FUNCTION: Final = 40

TABLES: Final[dict[tuple[str, str], str]] = {}
"""Functions that may be longer, by file and name: nothing but a table; and why it cannot stand outside of one."""

TEXT: Final = {".py", ".md", ".toml", ".html", ".css", ".js", ".yml", ".yaml", ".txt", ".sh", ".in", ""}
OTHERS: Final = {"__pycache__", "node_modules"}
"""Folders of what others wrote, or machines."""

NOT_A_REASON: Final = re.compile(r"#\s*(noqa|type:|pragma|fmt:)")


@dataclass(frozen=True)
class Import:
    """One module that is imported, and the function in which that happens if it is one."""

    module: str
    line: int
    function: str | None

    @property
    def room(self) -> str:
        return self.module.partition(".")[0]


@dataclass(frozen=True)
class Source:
    """One Python file."""

    path: Path

    @property
    def name(self) -> str:
        return str(self.path.relative_to(ROOT))

    @property
    def module(self) -> str:
        return self.name.removesuffix(".py").removesuffix("/__init__").replace("/", ".")

    @property
    def room(self) -> str:
        return self.module.partition(".")[0]

    @cached_property
    def text(self) -> str:
        return self.path.read_text()

    @cached_property
    def tree(self) -> ast.Module:
        return parsed(self.path)

    @cached_property
    def imports(self) -> list[Import]:
        return list(_imports(self.tree, None))

    @cached_property
    def eager_imports(self) -> list[Import]:
        """Those that happen when this file is imported."""
        lines = {line for block in _type_checking_blocks(self.tree) for line in range(block.lineno, _end(block) + 1)}
        return [found for found in self.imports if found.function is None and found.line not in lines]

    @property
    def functions(self) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
        for node in ast.walk(self.tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield node

    @cached_property
    def lines_with_reasons(self) -> set[int]:
        tokens = tokenize.generate_tokens(io.StringIO(self.text).readline)
        return {
            token.start[0]
            for token in tokens
            if token.type == tokenize.COMMENT and not NOT_A_REASON.match(token.string)
        }


def _imports(node: ast.AST, function: str | None) -> Iterator[Import]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import):
            yield from (Import(alias.name, child.lineno, function) for alias in child.names)
        elif isinstance(child, ast.ImportFrom):
            assert child.module, f"a relative import in line {child.lineno}"
            assert child.level == 0, f"a relative import in line {child.lineno}"
            # What is imported may be a module itself.
            yield from (Import(f"{child.module}.{alias.name}", child.lineno, function) for alias in child.names)
        elif isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            yield from _imports(child, child.name)
        else:
            yield from _imports(child, function)


def _type_checking_blocks(tree: ast.Module) -> list[ast.If]:
    return [node for node in ast.walk(tree) if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)]


def _end(node: ast.stmt) -> int:
    return node.end_lineno or node.lineno


def python_files(folder: Path) -> list[Path]:
    files = (path for path in sorted(folder.rglob("*.py")) if not OTHERS & set(path.parts))
    return [path for path in files if not any(part.startswith(".") for part in path.parts)]


def visible(folder: Path) -> list[Path]:
    return [path for path in sorted(folder.iterdir()) if not path.name.startswith((".", "_")) and path.name != "build"]


PRODUCT: Final = [
    Source(path)
    for place in visible(ROOT)
    if place.name != "tests"
    for path in (python_files(place) if place.is_dir() else [place])
    if path.suffix == ".py"
]
MODULES: Final = {source.module: source for source in PRODUCT}
ROOMS: Final = {source.room for source in PRODUCT}


def is_within(module: str, place: str) -> bool:
    return module == place or module.startswith(f"{place}.")


def test_every_room_has_its_place() -> None:
    assert set(MAY_KNOW) == ROOMS


def test_imports_run_downward_only() -> None:
    upward = [
        f"{source.name}:{found.line} imports {found.module}"
        for source in PRODUCT
        for found in source.imports
        if found.room in {*ROOMS, "tests"} - {source.room}
        and not any(is_within(found.module, place) for place in MAY_KNOW[source.room])
    ]
    assert not upward, "\n".join(upward)


def test_sft_and_delivery_know_nothing_of_temporal() -> None:
    knowing = [
        f"{source.name}:{found.line} imports {found.module}"
        for source in PRODUCT
        for found in source.imports
        if source.room in WITHOUT_TEMPORAL and found.room == "temporalio"
    ]
    assert not knowing, "\n".join(knowing)


def reached(sources: list[Source], *, eagerly: bool) -> Iterator[tuple[Source, Import]]:
    """All imports of these files and of what they import in turn."""
    waiting, seen = list(sources), set(sources)
    while waiting:
        source = waiting.pop()
        for found in source.eager_imports if eagerly else source.imports:
            yield source, found
            parts = found.module.split(".")
            for length in range(1, len(parts) + 1):
                below = MODULES.get(".".join(parts[:length]))
                if below and below not in seen:
                    seen.add(below)
                    waiting.append(below)


def test_whoever_uses_the_sellers_library_needs_little_else() -> None:
    seller = [source for source in PRODUCT if source.room == "seller"]
    standard = {"__future__", *sys.stdlib_module_names}
    for eagerly, needs in ((True, SELLER_NEEDS), (False, SELLER_NEEDS_LATER)):
        more = [
            f"{source.name}:{found.line} imports {found.module}"
            for source, found in reached(seller, eagerly=eagerly)
            if found.room not in {"seller", "contract", "temporal"} | needs | standard
        ]
        assert not more, "\n".join(more)


def has_a_reason(source: Source, line: int) -> bool:
    """Whether a comment is there, or above, or above the imports right above."""
    lines, above = source.text.splitlines(), line - 1
    while not lines[above - 1].strip():
        above -= 1
    if {line, above} & source.lines_with_reasons:
        return True
    return any(found.line == above and found.function for found in source.imports) and has_a_reason(source, above)


def test_an_import_inside_a_function_says_why() -> None:
    silent = [
        f"{source.name}:{found.line} in {found.function}"
        for source in PRODUCT
        for found in source.imports
        if found.function and not has_a_reason(source, found.line)
    ]
    assert not silent, "\n".join(silent)


def test_no_file_is_too_long() -> None:
    long = [
        f"{source.name} has {lines} lines"
        for source in PRODUCT
        if (lines := len(source.text.splitlines())) > MOST_LINES.get(source.room, MOST_LINES_ELSEWHERE)
    ]
    assert not long, "\n".join(long)


def test_no_function_is_too_long() -> None:
    long = {
        (source.name, function.name): _end(function) - function.lineno + 1
        for source in PRODUCT
        for function in source.functions
        if _end(function) - function.lineno >= MOST_LINES_OF_A_FUNCTION
    }
    assert {place: lines for place, lines in long.items() if place not in TABLES} == {}
    assert set(TABLES) <= set(long), "an exception that nothing needs"


def test_cannot_is_one_word() -> None:
    apart = re.compile(r"\bcan" + r"\s+(?:#\s*)?not\b(?!\s+only\b)", re.IGNORECASE)
    places = [path for place in visible(ROOT) for path in (place.rglob("*") if place.is_dir() else [place])]
    texts = [path for path in places if path.suffix in TEXT and path.is_file() and not OTHERS & set(path.parts)]
    assert len(texts) > len(PRODUCT)
    found = [
        f"{path.relative_to(ROOT)}:{text.count(chr(10), 0, match.start()) + 1}"
        for path in texts
        if (text := path.read_text(errors="replace"))
        for match in apart.finditer(text)
    ]
    assert not found, "\n".join(found)
