import os
from pathlib import Path

import pytest

from cli.problem import Problem
from tools.demo.child import Child
from tools.demo.place import free_place


def test_a_directory_is_used_by_one_demo_at_a_time(tmp_path: Path) -> None:
    directory = tmp_path / "new" / "demo"
    with free_place(directory) as first, free_place(directory) as second, free_place(directory) as third:
        assert (first.directory, first.is_another) == (directory, False)
        assert (second.directory, second.is_another) == (directory / "2", True)
        assert (third.directory, third.is_another) == (directory / "3", True)
    with free_place(directory) as again:
        assert again.directory == directory


async def test_a_directory_stays_in_use_for_as_long_as_a_child_lives_that_its_demo_left_behind(tmp_path: Path) -> None:
    with free_place(tmp_path) as place:
        orphan = Child("Orphan", ["sleep", "60"], os.environ, place)
    try:
        with free_place(tmp_path) as next_place:
            assert next_place.is_another
    finally:
        await orphan.stop()
    with free_place(tmp_path) as free_again:
        assert not free_again.is_another


def test_a_directory_that_cannot_be_used_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(Problem, match=r"file cannot be used: File exists$"), free_place(tmp_path / "file"):
        pass


def test_a_demos_directory_is_its_owners_alone(tmp_path: Path) -> None:
    with free_place(tmp_path / "demo") as first, free_place(tmp_path / "demo") as second:
        assert [place.directory.stat().st_mode & 0o777 for place in (first, second)] == [0o700] * 2
    (tmp_path / "demo").chmod(0o755)  # as an earlier version left it
    with free_place(tmp_path / "demo") as place:
        assert place.directory.stat().st_mode & 0o777 == 0o700


def test_a_directory_that_is_open_and_full_of_something_else_is_not_locked_up(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    (tmp_path / "something").touch()
    with pytest.raises(Problem, match="has something else in it: name another, or chmod 700 it"), free_place(tmp_path):
        pass
    assert tmp_path.stat().st_mode & 0o777 == 0o755
