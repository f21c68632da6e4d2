"""``python -m tools.scale``: measures what eSIMs cost for as long as they live, and what many come to. Needs Linux."""

import argparse
import asyncio
import os
import platform
import shutil
import signal
import sys
import tempfile
import time
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Final, NoReturn

from temporalio.runtime import LoggingConfig, Runtime, TelemetryConfig, TelemetryFilter

from process.exit import leave_after
from tools.bench.proc import PROC, processor
from tools.chaos.guard import ROOT
from tools.chaos.process import NotReady
from tools.scale.alive import alive
from tools.scale.month import months
from tools.scale.page import page
from tools.scale.size import FEWEST, MOST, QUICK, USUAL, Size, size_of
from tools.scale.units import Machine, Measured

LIMIT_SECONDS: Final = 600.0

KEPT: Final = ROOT / "docs" / "scale.json"
PAGE: Final = ROOT / "docs" / "scale.md"


class _OneSentence(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.exit(2, f"scale: {message}\n")


def main() -> int:
    """Runs once; 0 if everything could be measured."""
    options = _parser().parse_args()
    if options.page:
        PAGE.write_text(page(Measured.model_validate_json(KEPT.read_text())))
        return 0
    if not PROC.joinpath("self", "statm").exists():
        sys.stderr.write("scale reads memory and CPU from /proc, which this machine does not have: use Linux\n")
        return 1
    # The SDK would log to where the page is printed.
    Runtime.set_default(Runtime(telemetry=TelemetryConfig(logging=LoggingConfig(TelemetryFilter("ERROR", "ERROR")))))
    place = ROOT / ".bench"
    place.mkdir(exist_ok=True)
    directory = Path(tempfile.mkdtemp(prefix="scale-", dir=place))
    number = options.subscriptions or (QUICK if options.quick else USUAL)
    try:
        measured = asyncio.run(_bounded(size_of(number, is_quick=options.quick), directory))
    except NotReady as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except TimeoutError:
        sys.stderr.write(
            f"not at an end after {LIMIT_SECONDS:.0f} s: take fewer with --subscriptions, or a machine that has "
            f"less to do; logs: {directory}\n"
        )
        return 1
    except asyncio.CancelledError:
        return 130
    shutil.rmtree(directory)
    _tell(measured, options.json, is_kept=options.keep)
    return 0


def _tell(measured: Measured, file: Path | None, *, is_kept: bool) -> None:
    document = measured.model_dump_json(indent=1) + "\n"
    for kept in [file, KEPT if is_kept else None]:
        if kept:
            kept.write_text(document)
    text = page(measured)
    if is_kept:
        PAGE.write_text(text)
    sys.stdout.write(text)


async def _bounded(size: Size, directory: Path) -> Measured:
    task = asyncio.current_task()
    assert task is not None
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    began = time.monotonic()
    async with asyncio.timeout(LIMIT_SECONDS):
        lived = await months(size.lives)
        sys.stderr.write(f"{time.monotonic() - began:4.0f} s  months, in skipped time\n")
        living = await alive(directory, size)
        sys.stderr.write(f"{time.monotonic() - began:4.0f} s  {living.alive:,} alive, in real time\n")
    machine = Machine(
        cores=len(os.sched_getaffinity(0)),
        processor=processor(),
        python=platform.python_version(),
        temporalio=version("temporalio"),
    )
    seconds, date = time.monotonic() - began, datetime.now(UTC).date().isoformat()
    return Measured(date=date, seconds=seconds, machine=machine, months=lived, alive=living)


def _parser() -> argparse.ArgumentParser:
    parser = _OneSentence(prog="python -m tools.scale", description=__doc__)
    parser.add_argument("--subscriptions", type=_count, metavar="N", help=f"alive at once, instead of {USUAL:,}")
    parser.add_argument("--quick", action="store_true", help="a minute, which says that it works and little else")
    parser.add_argument("--json", type=_file, metavar="FILE", help="writes what was measured as JSON")
    parser.add_argument("--keep", action="store_true", help="writes docs/scale.json, and docs/scale.md from it")
    parser.add_argument("--page", action="store_true", help="measures nothing: writes docs/scale.md anew")
    return parser


def _count(text: str) -> int:
    if not text.isdecimal() or not FEWEST <= int(text) <= MOST:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from {FEWEST} to {MOST:,}")
    return int(text)


def _file(text: str) -> Path:
    path = Path(text)
    if not path.parent.is_dir():
        raise argparse.ArgumentTypeError(f"{text} cannot be written: there is no folder {path.parent}; make it first")
    return path


if __name__ == "__main__":
    leave_after(lambda: sys.exit(main()))
