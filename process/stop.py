"""Being told to stop, as a process of ours is: by SIGTERM or SIGINT."""

import asyncio
import signal


def told_to_stop() -> asyncio.Event:
    """Is set once this process is told to stop, which from now on does not end it."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    return stop
