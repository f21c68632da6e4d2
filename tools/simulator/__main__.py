"""``python -m tools.simulator``: an SFT on this machine, until SIGTERM or SIGINT."""

import argparse
import asyncio
import sys
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import NoReturn

from process.stop import told_to_stop
from sft.transcript import Recorded, recorded
from tools.simulator.control import MOST_ESIMS
from tools.simulator.endpoint_store import FIRST_ENDPOINT
from tools.simulator.habits.catalog import HABITS, Habits, UnknownHabit
from tools.simulator.plan import DEFAULT_PLANS
from tools.simulator.platform import Platform
from tools.simulator.server import serving


class _OneSentence(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.exit(2, f"simulator: {message}\n")


def main() -> int:
    """Run the simulator. Returns 0 after a signal, 1 if its address is not to be had."""
    parser = _parser()
    options = parser.parse_args()
    try:
        Habits(options.habit or ())
    except UnknownHabit as error:
        parser.error(str(error))
    platform = Platform(
        esims=options.esims,
        plans=options.plan or DEFAULT_PLANS,
        token_seconds=options.token_seconds,
        latency_ms=options.latency_ms,
        username=options.username,
        password=options.password,
        first_endpoint=options.first_endpoint,
        habits=options.habit or (),
        transcript=options.transcript or (),
    )
    return asyncio.run(_serve(platform, options.host, options.port))


async def _serve(platform: Platform, host: str, port: int) -> int:
    stopped = told_to_stop()
    async with AsyncExitStack() as stack:
        try:
            base_url = await stack.enter_async_context(serving(platform, host=host, port=port))
        except OSError as error:
            reason = (error.strerror or str(error)).partition(" (")[0]
            sys.stderr.write(f"simulator: cannot listen on {host} port {port}: {reason}\n")
            return 1
        sys.stdout.write(f"Simulated SFT with {len(platform.endpoints)} eSIMs at {base_url}\n")
        sys.stdout.flush()
        await stopped.wait()
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = _OneSentence(prog="python -m tools.simulator", description=__doc__)
    parser.add_argument("--host", type=_host, default="127.0.0.1")
    parser.add_argument("--port", type=_number(int, 0, 65_535), default=8080, help="0 picks a free one")
    parser.add_argument("--esims", type=_number(int, 0, MOST_ESIMS), default=20, help="eSIMs in stock")
    parser.add_argument("--token-seconds", type=_number(float, 0.001, 1e9), default=300.0)
    parser.add_argument("--latency-ms", type=_number(float, 0, 600_000), default=0.0)
    parser.add_argument("--first-endpoint", type=_number(int, 1, 10**15), default=FIRST_ENDPOINT, metavar="ID")
    parser.add_argument("--username", default="demo")
    parser.add_argument("--password", default="demo-password")
    parser.add_argument(
        "--plan", type=_plan_id, action="append", metavar="PLAN-ID", help="instead of the demo's plans; repeatable"
    )
    parser.add_argument(
        "--habit",
        action="append",
        metavar="NAME",
        help=f"how it differs from what is assumed of SFT; repeatable: {', '.join(HABITS)}",
    )
    parser.add_argument(
        "--transcript",
        type=_transcript,
        metavar="FILE",
        help="answer like this transcript, one of starter.py check-sft",
    )
    return parser


def _transcript(path: str) -> list[Recorded]:
    try:
        return list(recorded(Path(path)))
    except OSError as error:
        raise argparse.ArgumentTypeError(f"{path} cannot be read: {error.strerror}") from None
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _host(text: str) -> str:
    try:
        text.encode("idna")
    except UnicodeError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a host name") from None
    if not text:
        raise argparse.ArgumentTypeError("a host needs a name or an address")
    return text


def _plan_id(text: str) -> str:
    if not text.strip():
        raise argparse.ArgumentTypeError("a plan needs an id")
    return text


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
