"""Keeps what is in the memory of a process out of files and out of the sight of others."""

import ctypes
import resource
import sys
from typing import Final

PR_SET_DUMPABLE: Final = 4
"""linux/prctl.h"""


def keep_in_memory() -> None:
    """No core dump of this process is ever written, whatever it dies of; and on Linux, no other process of its user may
    read its memory or its environment (root may). Programs that it starts are subject to the first only.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        # A kernel that pipes dumps to a program, as systemd has it do, does not ask for the limit.
        ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)
