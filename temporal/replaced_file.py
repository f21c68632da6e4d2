"""A file that is written anew as a whole, or not at all."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import BinaryIO, cast


@contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """What takes the file's place once the block is over: for its owner alone to read, unless the block says otherwise.
    If anything fails, all stays as it was.

    It belongs to whom the old file does, or the folder: where root writes, it is mostly not root who reads.

    Raises:
        OSError: if it cannot be written there.
    """
    with NamedTemporaryFile("wb", dir=path.parent, prefix=f".{path.name}.", delete=False) as written:
        try:
            yield cast(BinaryIO, written)
            written.flush()
            os.fsync(written.fileno())
            if os.geteuid() == 0:
                owner = (path if path.exists() else path.parent).stat()
                os.fchown(written.fileno(), owner.st_uid, owner.st_gid)
            os.replace(written.name, path)
        except BaseException:
            Path(written.name).unlink(missing_ok=True)
            raise
