import os
import subprocess
import sys
from pathlib import Path
from typing import IO
from xml.etree import ElementTree

import pytest

ROOT = Path(__file__).parents[2]


def python(*arguments: str, stdout: int | IO[str] = subprocess.PIPE) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env={**os.environ, "PYTHONUNBUFFERED": ""},
        stdout=stdout,
        stderr=subprocess.PIPE,
        text=True,
        timeout=60,
        check=False,
    )


def ending(test: str, *options: str) -> subprocess.CompletedProcess[str]:
    """Runs one of the endings in a pytest of its own."""
    return python("-m", "pytest", "-p", "no:cacheprovider", f"tests/support/endings.py::{test}", *options)


def test_a_process_whose_sdk_is_still_busy_leaves_with_its_code() -> None:
    process = python(
        "-c",
        """if True:
        from process.exit import leave
        from tests.support.endings import AbandonedCalls
        calls = AbandonedCalls()
        leave(3)
        """,
    )
    assert (process.returncode, process.stdout, process.stderr) == (3, "", "")


def test_everything_printed_and_logged_is_written_before() -> None:
    process = python(
        "-c",
        """if True:
        import logging, logging.handlers, sys
        from process.exit import leave
        on_stderr = logging.StreamHandler(sys.stderr)
        logging.getLogger().addHandler(logging.handlers.MemoryHandler(1000, target=on_stderr))
        logging.warning("logged")
        print("printed", end="")
        leave(0)
        """,
    )
    assert (process.returncode, process.stdout, process.stderr) == (0, "printed", "logged\n")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
@pytest.mark.parametrize(("code", "ended"), [(0, 120), (3, 3)])
def test_output_that_cannot_be_written_is_no_success(code: int, ended: int) -> None:
    with Path("/dev/full").open("w") as full:
        process = python("-c", f"from process.exit import leave; print('lost'); leave({code})", stdout=full)
    assert (process.returncode, process.stderr) == (ended, "")


def test_closed_output_is_no_failure() -> None:
    assert python("-c", "import sys; from process.exit import leave; sys.stdout.close(); leave(0)").returncode == 0


@pytest.mark.parametrize(
    ("main", "code", "last_words"),
    [
        ("None", 0, ""),
        ("sys.exit(5)", 5, ""),
        ("sys.exit('no worker is running')", 1, "no worker is running"),
        ("[][1]", 1, "IndexError: list index out of range"),
        ("signal.raise_signal(signal.SIGINT)", 130, "KeyboardInterrupt"),
    ],
)
def test_a_main_ends_with_the_code_that_python_would_give_it(main: str, code: int, last_words: str) -> None:
    process = python(
        "-c",
        f"""if True:
        import signal, sys
        from process.exit import leave_after
        leave_after(lambda: {main})
        """,
    )
    assert process.returncode == code
    assert process.stderr.strip().split("\n")[-1] == last_words


@pytest.mark.parametrize(
    ("test", "code", "last_line"),
    [
        pytest.param("test_passes", pytest.ExitCode.OK, "1 passed", marks=pytest.mark.many),
        ("test_fails", pytest.ExitCode.TESTS_FAILED, "1 failed"),
        pytest.param("test_is_interrupted", pytest.ExitCode.INTERRUPTED, "no tests ran", marks=pytest.mark.many),
    ],
)
@pytest.mark.long
def test_pytest_ends_with_its_code_and_a_whole_report(test: str, code: int, last_line: str, tmp_path: Path) -> None:
    process = ending(test, f"--junit-xml={tmp_path}/report.xml")
    assert (process.returncode, process.stderr) == (code, "")
    assert last_line in process.stdout.strip().split("\n")[-1]
    assert ElementTree.parse(tmp_path / "report.xml").find("testsuite") is not None


@pytest.mark.parametrize(
    ("test", "option", "code"),
    [
        ("test_that_is_not_there", "--quiet", pytest.ExitCode.USAGE_ERROR),
    ],
)
@pytest.mark.many
def test_a_pytest_that_runs_no_test_ends_with_its_code(test: str, option: str, code: int) -> None:
    assert ending(test, option).returncode == code


@pytest.mark.long
def test_the_processes_of_a_parallel_pytest_leave_quietly_too() -> None:
    process = ending("test_fails", "-n1")
    assert (process.returncode, process.stderr) == (pytest.ExitCode.TESTS_FAILED, "")
    assert "1 failed" in process.stdout.strip().split("\n")[-1]


def test_an_error_after_the_report_is_no_success() -> None:
    process = ending("test_breaks_the_end_of_pytest")
    assert process.returncode == 1
    assert process.stderr.endswith("RuntimeError: after the report\n")
