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
from tools.bench.held import not_held
from tools.bench.proc import PROC, processor
from tools.bench.run import run
from tools.bench.size import FULL, QUICK, Size
from tools.bench.table import Row, markdown
from tools.chaos.guard import ROOT
from tools.chaos.process import NotReady
from tools.chaos.site import OWN, Site, given

HUNG_SECONDS: Final = 3600.0
"""What is measured is limited by counts (size.py), so that it ends beside other work, too. After this long it hangs."""

BEGIN: Final = "<!-- what make bench prints: begin -->\n"
END: Final = "<!-- what make bench prints: end -->"


def main() -> int:
    """Runs once; 0 if everything could be measured, and what is held exactly is as it was. Goals may be met or not."""
    options = _parser().parse_args()
    if problem := _problem(options.json, options.page):
        sys.stderr.write(f"{problem}\n")
        return 1
    place = ROOT / ".bench"
    place.mkdir(exist_ok=True)
    directory = Path(tempfile.mkdtemp(prefix="run-", dir=place))
    rows: list[Row] = []
    began = time.monotonic()
    try:
        site = given(options.address, "bench") if options.address else OWN
        problems = asyncio.run(_bounded(QUICK if options.quick else FULL, directory, rows, site))
    except NotReady as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except TimeoutError:
        problems = [f"not at an end after {HUNG_SECONDS:.0f} s, so some rows are missing; logs: {directory}"]
    except asyncio.CancelledError:
        return 130
    if not problems:
        shutil.rmtree(directory)
    problems += not_held(rows)
    told = _told(rows, time.monotonic() - began, quick=options.quick, file=options.json)
    sys.stdout.write(told)
    if options.page:
        renew(options.page, told)
    sys.stderr.writelines(f"{problem}\n" for problem in problems)
    return 1 if problems else 0


def _problem(file: Path | None, page: Path | None) -> str | None:
    """Why nothing can be measured, or be written down then."""
    if not PROC.joinpath("self", "statm").exists():
        return "the benchmark reads memory and CPU from /proc, which this machine does not have: use Linux"
    if file and not file.parent.is_dir():
        return f"{file} cannot be written: there is no folder {file.parent}; make it first"
    if page and not (page.is_file() and BEGIN in (text := page.read_text()) and END in text):
        return f"{page} is no page with the two comments that the table stands between: give docs/performance.md"
    return None


async def _bounded(size: Size, directory: Path, rows: list[Row], site: Site) -> list[str]:
    task = asyncio.current_task()
    assert task is not None
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    async with asyncio.timeout(HUNG_SECONDS):
        return await run(size, directory, rows, site)


def _told(rows: list[Row], seconds: float, *, quick: bool, file: Path | None) -> str:
    machine = {
        "cores": len(os.sched_getaffinity(0)),
        "processor": processor(),
        "python": platform.python_version(),
        "temporalio": version("temporalio"),
    }
    words = f"{machine['cores']} cores ({machine['processor']}), Python {machine['python']}"
    if file:
        document = {
            "quick": quick,
            "seconds": seconds,
            "machine": machine,
            "rows": [row.record() for row in rows],
        }
        file.write_text(json.dumps(document, indent=1) + "\n")
    return (
        f"Measured with `make bench{' QUICK=1' if quick else ''}` in {seconds:.0f} s on {words}, "
        f"temporalio {machine['temporalio']}.\n\n{markdown(rows)}\n"
    )


def renew(page: Path, told: str) -> None:
    """Puts the table in the place of the one in this page."""
    before, _, rest = page.read_text().partition(BEGIN)
    page.write_text(f"{before}{BEGIN}\n{told}\n{END}{rest.partition(END)[2]}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tools.bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a minute, which says that it works and little else")
    parser.add_argument("--page", type=Path, metavar="FILE", help="puts it in the place of the table in this page")
    parser.add_argument(
        "--address", help="of a Temporal cluster to measure on, which is left as it was; TEMPORAL_* say how to reach it"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="writes the same as JSON")
    return parser


if __name__ == "__main__":
    leave_after(lambda: sys.exit(main()))
