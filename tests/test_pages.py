"""Every page can be found and is short enough to be read, and every link leads somewhere."""

import re
from pathlib import Path
from typing import Final

import pytest

from tests.support.pages import anchors, blocks, words

ROOT: Final = Path(__file__).parent.parent
README: Final = ROOT / "README.md"
DOCS: Final = ROOT / "docs"
FOLDERS: Final = sorted(
    folder for folder in ROOT.iterdir() if folder.is_dir() and not folder.name.startswith((".", "_"))
)
PAGES: Final = sorted(
    page
    for page in [*ROOT.glob("*.md"), *(page for folder in FOLDERS for page in folder.rglob("*.md"))]
    if "node_modules" not in page.parts
)

LONGEST_README: Final = 120
"""Lines."""


def targets(page: Path) -> list[str]:
    """What a page links to, but for the world outside."""
    found = re.findall(r"\]\(([^)]+)\)", page.read_text())
    return [target for target in found if not target.startswith("https://")]


def test_the_readme_is_read_in_a_few_minutes() -> None:
    assert len(README.read_text().splitlines()) <= LONGEST_README


def test_the_readme_has_a_map_of_every_folder_of_ours() -> None:
    ours = {folder.name for folder in FOLDERS if any(folder.iterdir()) and not folder.name.endswith(".egg-info")}
    assert ours - set(targets(README)) == set()


def test_what_the_readme_shows_of_the_demo_is_in_its_transcript() -> None:
    (_, shown), *_ = blocks(README, "text")
    ((_, transcript),) = blocks(DOCS / "demo.md", "text")
    lines = [line for line in shown.splitlines() if line != "…"]
    positions = [transcript.splitlines().index(line) for line in lines]
    assert positions == sorted(positions)


def test_every_page_is_in_the_index() -> None:
    index = DOCS / "README.md"
    assert {page.name for page in DOCS.glob("*.md")} - {index.name} <= set(targets(index))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    for target in targets(page):
        path, _, heading = target.partition("#")
        other = page.parent / path if path else page
        assert other.exists(), target
        assert not heading or heading in anchors(other), target


def test_the_places_to_touch_are_there() -> None:
    """CONTRIBUTING.md names files, folders and constants; a name that is gone would lead nobody anywhere."""
    named = words(re.sub(r"^ *```[\s\S]*?^ *```$", "", (ROOT / "CONTRIBUTING.md").read_text(), flags=re.MULTILINE))
    sources = "".join(file.read_text() for folder in FOLDERS for file in folder.rglob("*.py"))
    paths = [name for name in named if re.fullmatch(r"([\w.]+/)+([\w.]+)?|[\w.]+\.py", name)]
    constants = [name for name in named if re.fullmatch(r"[A-Z]+(_[A-Z]+)*", name) and len(name) > 4]
    assert len(paths) > 10
    assert [path for path in paths if not (ROOT / path).exists()] == []
    assert [name for name in constants if f"\n{name}: " not in sources] == []
