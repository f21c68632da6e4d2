"""The demo: everything is started, a story is told, and everything is stopped again."""

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from pathlib import Path

from cli.screen import Screen
from tools.demo.interruption import Interrupted, interruption
from tools.demo.mailbox import open_mailbox
from tools.demo.news import News
from tools.demo.place import free_place
from tools.demo.portal import open_portal, own_url
from tools.demo.processes import Processes
from tools.demo.safe import open_safe
from tools.demo.story import Story


async def show(screen: Screen, directory: Path, *, once: bool) -> int:
    """Runs the demo and returns 0; unless ``once``, it stays up until it is told to stop. Leaves no process behind.

    Raises:
        Problem: whatever kept it from being shown, a signal among others.
    """
    with interruption() as interrupted, free_place(directory) as place:
        if place.is_another:
            screen.show(f"Another demo is using {directory}: this one keeps its state in {place.directory}")
        secret = open_safe(place.directory).webhook_secret
        async with open_mailbox() as mailbox, open_portal(secret, own_url()) as portal:
            processes = Processes(place, {**mailbox.settings, **portal.settings}, portal.exported)
            news = News(mailbox, portal, screen)
            try:
                await _first_of(_start_and_tell(processes, news, screen), processes.watch(), interrupted.wait())
                if not once:
                    screen.show("", "Ctrl-C stops everything; what was sold stays in the database.")
                    with suppress(Interrupted):
                        await _first_of(news.keep_showing(), processes.watch(), interrupted.wait())
            finally:
                await processes.stop()
        if once:
            screen.show("", "Everything is stopped again; what was sold stays in the database.")
    return 0


async def _start_and_tell(processes: Processes, news: News, screen: Screen) -> None:
    with screen.doing() as doing:
        client = await processes.start(doing)
    await Story(client, processes, news, screen).tell()


async def _first_of(*stories: Coroutine[None, None, None]) -> None:
    """Runs them until one of them ends, as that one ends, and the others only as far as it takes to abandon them."""
    tasks = [asyncio.create_task(story) for story in stories]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    for task in done:
        task.result()
