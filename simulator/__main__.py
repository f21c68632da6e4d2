"""``python -m simulator``: an SFT on this machine, until SIGTERM or SIGINT."""

import argparse
import asyncio
import signal
import sys
from collections.abc import Callable
from typing import NoReturn

from simulator.control import MOST_ESIMS
from simulator.plan import DEFAULT_PLANS
from simulator.platform import Platform
from simulator.server import serving


class _OneSentence(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.exit(2, f"simulator: {message}\n")


def main() -> int:
    """Run the simulator. Returns 0 after a signal, 1 if its address is not to be had."""
    options = _parser().parse_args()
    platform = Platform(
        esims=options.esims,
        plans=options.plan or DEFAULT_PLANS,
        token_seconds=options.token_seconds,
        latency_ms=options.latency_ms,
        username=options.username,
        password=options.password,
    )
    try:
        asyncio.run(_serve(platform, options.host, options.port))
    except OSError as error:
        reason = error.strerror or str(error)
        sys.stderr.write(f"simulator: cannot listen on {options.host} port {options.port}: {reason}\n")
        return 1
    return 0


async def _serve(platform: Platform, host: str, port: int) -> None:
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    async with serving(platform, host=host, port=port) as base_url:
        sys.stdout.write(f"Simulated SFT with {len(platform.endpoints)} eSIMs at {base_url}\n")
        sys.stdout.flush()
        await stopped.wait()


def _parser() -> argparse.ArgumentParser:
    parser = _OneSentence(prog="python -m simulator", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=_number(int, 0, 65_535), default=8080, help="0 picks a free one")
    parser.add_argument("--esims", type=_number(int, 0, MOST_ESIMS), default=20, help="eSIMs in stock")
    parser.add_argument("--token-seconds", type=_number(float, 0.001, 1e9), default=300.0)
    parser.add_argument("--latency-ms", type=_number(float, 0, 600_000), default=0.0)
    parser.add_argument("--username", default="demo")
    parser.add_argument("--password", default="demo-password")
    parser.add_argument(
        "--plan", action="append", metavar="PLAN-ID", help="instead of the demo's plans; repeatable"
    )
    return parser


def _number(kind: type[int] | type[float], low: float, high: float) -> Callable[[str], float]:
    def read(text: str) -> float:
        try:
            value = kind(text)
        except ValueError:
            value = float("nan")
        if not low <= value <= high:
            raise argparse.ArgumentTypeError(f"{text!r} is not a number from {low:g} to {high:g}")
        return value

    return read


if __name__ == "__main__":
    sys.exit(main())
