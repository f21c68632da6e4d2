"""``python -m tools.drill``: a system in which twenty things have gone wrong, and the tickets of those who noticed."""

import argparse
import asyncio
import json
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from cli.problem import Problem
from process.exit import leave_after
from tools.chaos.process import NotReady
from tools.demo.child import LOOK_SECONDS, ROOT
from tools.demo.interruption import Interrupted, Interruption, interruption
from tools.demo.place import free_place
from tools.drill.plant import plant
from tools.drill.system import System, system
from tools.drill.ticket import Ticket


def main() -> int:
    """Stays up until Ctrl-C. Returns 1 if it could not be set up."""
    parser = argparse.ArgumentParser(prog="python -m tools.drill", description=__doc__)
    parser.add_argument("--answers", action="store_true", help="show the causes as well")
    parser.add_argument("--json", action="store_true", help="print one document, with the causes")
    parser.add_argument("--directory", type=Path, default=Path(".drill"), help="where its logs are kept")
    options = parser.parse_args()
    try:
        asyncio.run(_drill(options))
    except Interrupted as interrupted:
        return interrupted.exit_code or 1
    except (Problem, NotReady) as problem:
        sys.stderr.write(f"{problem}\n")
        return 1
    return 0


async def _drill(options: argparse.Namespace) -> None:
    with interruption() as interrupted, free_place(options.directory) as place:
        if not options.json:
            sys.stderr.write("Setting up: half a minute or so\n")
        async with system(place) as scene:
            planting = asyncio.create_task(plant(scene))
            await _first_of(planting, interrupted, scene)
            _show(scene, await planting, options)
            with suppress(Interrupted):
                await _first_of(asyncio.create_task(asyncio.Event().wait()), interrupted, scene)


async def _first_of(task: "asyncio.Task[object]", interrupted: Interruption, scene: System) -> None:
    """Returns once the task has ended; raises a Problem if a process does before, or somebody wants to stop."""
    others = [asyncio.create_task(interrupted.wait()), asyncio.create_task(_watched(scene))]
    try:
        done, _ = await asyncio.wait([task, *others], return_when=asyncio.FIRST_COMPLETED)
        for ended in done:
            ended.result()
    finally:
        for other in (task, *others):
            other.cancel()
        await asyncio.gather(task, *others, return_exceptions=True)


async def _watched(scene: System) -> None:
    while True:
        scene.check()
        await asyncio.sleep(LOOK_SECONDS)


def _show(scene: System, tickets: Sequence[Ticket], options: argparse.Namespace) -> None:
    if options.json:
        document = {"environment": str(scene.environment), "tickets": [ticket.document() for ticket in tickets]}
        sys.stdout.write(f"{json.dumps(document, indent=1)}\n")
    else:
        sys.stdout.write(_page(scene, tickets, with_answers=options.answers))
    sys.stdout.flush()


def _page(scene: System, tickets: Sequence[Ticket], *, with_answers: bool) -> str:
    starter = f"{os.path.relpath(sys.executable)} {os.path.relpath(ROOT / 'starter.py')}"
    lines = [
        f"In another terminal:    . {os.path.join(os.curdir, os.path.relpath(scene.environment))}",
        f"                        {starter} history|status|why ID",
        "What begins with [name] is about another seller:    ESIM_TASK_QUEUE=name before it",
    ]
    for number, ticket in enumerate(tickets, start=1):
        lines += ["", f"{number:2}. {ticket.asked()}"]
        if with_answers:
            lines += [f"    {line}" for line in ticket.answered().splitlines()]
    return "\n".join([*lines, "", "Ctrl-C ends it.", ""])


if __name__ == "__main__":
    leave_after(lambda: sys.exit(main()))
