"""Stopping on SIGTERM or SIGINT."""

import asyncio
import signal


def told_to_stop() -> asyncio.Event:
    """An event that SIGTERM and SIGINT set. From now on, neither ends the process by itself."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    return stop
