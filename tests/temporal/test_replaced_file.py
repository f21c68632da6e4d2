import os
from pathlib import Path

import pytest

from temporal.replaced_file import replacing


def test_a_file_is_written_anew_as_a_whole_for_its_owner_alone(tmp_path: Path) -> None:
    file = tmp_path / "file"
    with replacing(file) as written:
        written.write(b"new")
        assert not file.exists()
    assert (file.read_bytes(), file.stat().st_mode & 0o777) == (b"new", 0o600)
    assert list(tmp_path.iterdir()) == [file]


def test_what_fails_leaves_the_file_as_it_was_and_nothing_beside_it(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"old")
    with pytest.raises(TypeError), replacing(file) as written:
        written.writelines([b"new", "text"])  # type: ignore[list-item]
    assert (file.read_bytes(), list(tmp_path.iterdir())) == (b"old", [file])


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files to others")
def test_what_root_writes_anew_belongs_to_whom_it_did_and_what_is_new_to_whom_the_folder_does(tmp_path: Path) -> None:
    os.chown(tmp_path, 1234, 1235)
    file = tmp_path / "file"
    for _ in range(2):
        with replacing(file) as written:
            written.write(b"new")
        assert (file.stat().st_uid, file.stat().st_gid) == (1234, 1235)
        os.chown(tmp_path, 0, 0)
