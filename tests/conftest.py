import atexit
from collections.abc import Generator

import pytest

from leaving import leave

_exit_codes: list[int] = []


# Here pytest has said and written everything, also what it leaves to atexit itself, and Python is still whole.
@atexit.register
def _leave() -> None:
    if _exit_codes:
        leave(_exit_codes[-1])


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_cmdline_main() -> Generator[None, int | None, int | None]:
    try:
        code = yield
    except BaseException as error:
        _exit_codes.append(pytest.ExitCode.USAGE_ERROR if isinstance(error, pytest.UsageError) else 1)
        raise
    _exit_codes.append(code or 0)
    return code
