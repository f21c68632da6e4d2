"""``python -m tools.demo``: the whole product on one machine; ``--help`` tells its options."""

import signal
import sys

from process.exit import leave
from process.memory import keep_in_memory


def main() -> int:
    """Runs the demo, with the exit codes of starter.py. Ctrl-C ends it quietly, however early it comes."""
    keep_in_memory()
    handler = signal.signal(signal.SIGINT, signal.SIG_DFL)
    # An import that a KeyboardInterrupt breaks off fails in ways of its own: until all is imported, just die.
    from cli.program import run
    from tools.demo.command import app

    signal.signal(signal.SIGINT, handler)
    try:
        return run(sys.argv[1:], app, "python -m tools.demo")
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    leave(main())
