"""What a portal does, from a terminal: ``python starter.py --help``."""

import signal
import sys

from process.exit import leave
from process.memory import keep_in_memory


def main() -> int:
    """Runs one command. Ctrl-C ends it quietly, however early it comes."""
    keep_in_memory()
    handler = signal.signal(signal.SIGINT, signal.SIG_DFL)
    # In here, because an import that a KeyboardInterrupt breaks off fails in ways of its own: until then, just die.
    from cli.program import run

    signal.signal(signal.SIGINT, handler)
    try:
        return run(sys.argv[1:])
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    leave(main())
