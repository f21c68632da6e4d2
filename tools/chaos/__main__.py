"""``python -m tools.chaos``: breaks everything for a bounded time. Exit code 0 if every promise was kept, 1 if not."""

import argparse
import asyncio
import shutil
import signal
import sys
import tempfile
from pathlib import Path
from typing import Final

from temporalio.runtime import Runtime

from process.exit import leave_after
from tools.chaos.guard import ROOT
from tools.chaos.plan import Size
from tools.chaos.process import NotReady
from tools.chaos.report import Report
from tools.chaos.run import run
from tools.chaos.site import OWN, Site, given, leave_as_it_was

FULL: Final = Size(seconds=600, travelers=60, purchases=330, worker_kills=12, server_kills=3)
QUICK: Final = Size(seconds=150, travelers=12, purchases=60, worker_kills=4, server_kills=1)
QUICK_SEED: Final = 90
MOST_SECONDS: Final = 600

NUMBERS: Final = {
    "travelers": "how many buy; the purchases are shared out among them",
    "purchases": "how many purchases there are in all",
    "worker-kills": "how often a worker is killed",
    "server-kills": "how often the Temporal server is killed",
}
"""Options that take a number, and what it is of."""


def main() -> int:
    """Runs once and prints the report."""
    options = _parser().parse_args()
    size, site = _size(options), OWN
    if options.address:
        site, size = given(options.address, "chaos"), size._replace(server_kills=0)
    seed = options.seed if options.seed is not None else QUICK_SEED if options.quick else 1
    place = ROOT / ".chaos"
    place.mkdir(exist_ok=True)
    directory = Path(tempfile.mkdtemp(prefix=f"seed-{seed}-", dir=place))
    try:
        report = asyncio.run(_bounded(seed, size, directory, site))
    except NotReady as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except TimeoutError:
        sys.stderr.write(f"not at an end after {size.seconds:.0f} s; the logs are in {directory}\n")
        return 1
    except asyncio.CancelledError:
        return 130
    sys.stdout.write(f"\nSeed {seed}\n\n{report.text()}\n\n")
    if report.is_clean:
        shutil.rmtree(directory)
        return 0
    sys.stdout.write(f"{report.complaints(directory)}\n")
    return 1


async def _bounded(seed: int, size: Size, directory: Path, site: Site) -> Report:
    task = asyncio.current_task()
    assert task is not None
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    if site.is_given:
        await site.client(Runtime.default())  # or there is nothing to clean up
    try:
        async with asyncio.timeout(size.seconds):
            return await run(seed, size, directory, site)
    finally:
        if site.is_given:
            await leave_as_it_was(site)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tools.chaos", description=__doc__)
    parser.add_argument(
        "--seed", type=int, help=f"what the plan and the faults are drawn from; 1 if absent, {QUICK_SEED} with --quick"
    )
    parser.add_argument("--quick", action="store_true", help="a short run")
    parser.add_argument("--seconds", type=_seconds, help=f"how long the whole run may take; {MOST_SECONDS} at most")
    parser.add_argument(
        "--address", help="of a Temporal cluster to run on, which is left as it was; TEMPORAL_* say how it is reached"
    )
    for number, help_text in NUMBERS.items():
        parser.add_argument(f"--{number}", type=int, help=help_text)
    return parser


def _seconds(text: str) -> float:
    seconds = float(text)
    if not 0 < seconds <= MOST_SECONDS:
        raise argparse.ArgumentTypeError(f"a run takes more than 0 and at most {MOST_SECONDS} seconds, got {text}")
    return seconds


def _size(options: argparse.Namespace) -> Size:
    usual = QUICK if options.quick else FULL
    chosen = {name: value for name in usual._fields if (value := getattr(options, name)) is not None}
    return usual._replace(**chosen)


if __name__ == "__main__":
    leave_after(lambda: sys.exit(main()))
