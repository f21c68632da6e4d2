"""What the demo takes from its command line."""

import asyncio
from pathlib import Path
from typing import Annotated

from typer import Context, Exit, Option, Typer

from cli.options import AsJson, Debug
from cli.screen import Screen
from tools.demo.show import show

app = Typer(add_completion=False)


@app.command()
def demo(
    context: Context,
    once: Annotated[bool, Option("--once", help="End by itself, instead of staying up until Ctrl-C.")] = False,
    directory: Annotated[Path, Option(help="Where its database and its logs are kept.")] = Path(".demo"),
    as_json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Starts Temporal, a simulated SFT and a worker; sells an eSIM that is used, and tops it up."""
    raise Exit(asyncio.run(show(context.ensure_object(Screen), directory, once=once)))
