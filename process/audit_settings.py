"""Where the audit log of a process goes, and where its counters are shown."""

import os
from collections.abc import Callable

from pydantic import field_validator

from process.audit import open_for_lines, to_file, to_stderr
from process.settings import EnvironmentSettings


class AuditSettings(EnvironmentSettings):
    """Where lines of the audit log go: a file; where none is named, wherever the process writes by itself."""

    audit_log: str | None = None

    @field_validator("audit_log")
    @classmethod
    def _can_be_written(cls, path: str | None) -> str | None:
        if path is not None:
            try:
                os.close(open_for_lines(path))
            except OSError as error:
                raise ValueError(f"cannot be written: {error.strerror}") from None
        return path

    def writes(self, otherwise: Callable[[str], None] = to_stderr) -> Callable[[str], None]:
        """What writes a line."""
        return otherwise if self.audit_log is None else to_file(self.audit_log)
