"""``python -m tools.bench``: measures the product beside the floor, and prints one table. Needs Linux."""

import argparse
import asyncio
import json
import os
import platform
import shutil
import signal
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path
from typing import Final

from process.exit import leave_after
from tools.bench.proc import PROC, processor
from tools.bench.run import run
from tools.bench.size import FULL, QUICK, Size
from tools.bench.table import Row, markdown
from tools.chaos.guard import ROOT
from tools.chaos.process import NotReady
from tools.chaos.site import OWN, Site, given

LIMIT_SECONDS: Final = 600.0


def main() -> int:
    """Runs once; 0 if everything could be measured, whether or not the goals are met."""
    options = _parser().parse_args()
    if not PROC.joinpath("self", "statm").exists():
        sys.stderr.write("the benchmark reads memory and CPU from /proc, which this machine does not have: use Linux\n")
        return 1
    if options.json and not options.json.parent.is_dir():
        sys.stderr.write(f"{options.json} cannot be written: there is no folder {options.json.parent}; make it first\n")
        return 1
    place = ROOT / ".bench"
    place.mkdir(exist_ok=True)
    directory = Path(tempfile.mkdtemp(prefix="run-", dir=place))
    rows: list[Row] = []
    began = time.monotonic()
    code = 0
    try:
        site = given(options.address, "bench") if options.address else OWN
        asyncio.run(_bounded(QUICK if options.quick else FULL, directory, rows, site))
    except NotReady as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except TimeoutError:
        sys.stderr.write(f"not at an end after {LIMIT_SECONDS:.0f} s, so some rows are missing; logs: {directory}\n")
        code = 1
    except asyncio.CancelledError:
        return 130
    else:
        shutil.rmtree(directory)
    _print_table(rows, time.monotonic() - began, quick=options.quick, file=options.json)
    return code


async def _bounded(size: Size, directory: Path, rows: list[Row], site: Site) -> None:
    task = asyncio.current_task()
    assert task is not None
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    async with asyncio.timeout(LIMIT_SECONDS):
        await run(size, directory, rows, site)


def _print_table(rows: list[Row], seconds: float, *, quick: bool, file: Path | None) -> None:
    machine = {
        "cores": len(os.sched_getaffinity(0)),
        "processor": processor(),
        "python": platform.python_version(),
        "temporalio": version("temporalio"),
    }
    words = f"{machine['cores']} cores ({machine['processor']}), Python {machine['python']}"
    sys.stdout.write(
        f"Measured with `make bench{' QUICK=1' if quick else ''}` in {seconds:.0f} s on {words}, "
        f"temporalio {machine['temporalio']}.\n\n{markdown(rows)}\n"
    )
    if file:
        document = {
            "quick": quick,
            "seconds": seconds,
            "machine": machine,
            "rows": [row.record() for row in rows],
        }
        file.write_text(json.dumps(document, indent=1) + "\n")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tools.bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a minute, which says that it works and little else")
    parser.add_argument(
        "--address", help="of a Temporal cluster to measure on, which is left as it was; TEMPORAL_* say how to reach it"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="writes the same as JSON")
    return parser


if __name__ == "__main__":
    leave_after(lambda: sys.exit(main()))
