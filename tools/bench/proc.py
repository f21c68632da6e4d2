"""What Linux says about a process."""

import os
import re
from pathlib import Path
from typing import Final

PROC: Final = Path("/proc")
TICKS: Final = os.sysconf("SC_CLK_TCK")
PAGE: Final = os.sysconf("SC_PAGE_SIZE")


def rss_bytes(pid: int) -> int:
    """Memory of the process that is in RAM."""
    return int((PROC / str(pid) / "statm").read_text().split()[1]) * PAGE


def cpu_seconds(pid: int) -> float:
    """How long all threads of the process have computed."""
    # The name of the program comes first, in parentheses, and may have blanks in it.
    fields = (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def processor() -> str:
    """The name of this machine's processor."""
    found = re.search(r"model name\s*: (.*)", (PROC / "cpuinfo").read_text())
    return found[1] if found else "unknown processor"
