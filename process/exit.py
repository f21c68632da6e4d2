"""How a process that used the Temporal SDK exits: without taking the interpreter apart.

The SDK's own threads may still want Python while the interpreter is being taken apart. The process then aborts (exit
code 134 or 139) or hangs, after its work is done (temporalio/sdk-python#300; observed with 1.35.0).
"""

import logging
import os
import sys
from collections.abc import Callable
from typing import NoReturn


def leave(code: int) -> NoReturn:
    """Ends the process with ``code`` as soon as log and output are written, whatever other threads are doing.

    Callbacks of atexit do not run. Output that cannot be written makes 0 into 120, as Python's own end does;
    a reader that has gone, into 141.
    """
    logging.shutdown()
    for stream in (sys.stdout, sys.stderr):
        try:
            if stream is not None and not stream.closed:
                stream.flush()
        except BrokenPipeError:
            code = code or 141  # as whom SIGPIPE ends: whoever read it has seen enough, as head does
        except OSError:
            code = code or 120
    os._exit(code)


def leave_after(main: Callable[[], object]) -> NoReturn:
    """Calls ``main`` and leaves with the code that Python would have ended with.

    That is 0, or what ``main`` gave to sys.exit; after a traceback 1, and 130 if it was Ctrl-C.
    """
    try:
        main()
    except SystemExit as end:
        if end.code is None or isinstance(end.code, int):
            leave(end.code or 0)
        print(end.code, file=sys.stderr)  # noqa: T201
        leave(1)
    except BaseException as error:
        sys.excepthook(type(error), error, error.__traceback__)
        leave(130 if isinstance(error, KeyboardInterrupt) else 1)
    leave(0)
