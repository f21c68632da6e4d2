"""Projects in TypeScript, installed as their lock files say and compiled."""

import asyncio
import os
import shutil
from asyncio.subprocess import PIPE, STDOUT
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.support.forked import ROOT


async def built(folder: str, directory: Path) -> Path:
    """A copy of this folder of ours, with what it needs from the registry; skips the test where there is no Node."""
    if not shutil.which("npm"):
        pytest.skip("npm is not here: this needs Node 20 or newer (on Debian and Ubuntu: apt install npm)")
    project = directory / Path(folder).name
    shutil.copytree(ROOT / folder, project, ignore=shutil.ignore_patterns("node_modules", "dist"))
    await run(project, "npm", "ci", "--ignore-scripts")
    return project


async def run(directory: Path, *command: str, variables: Mapping[str, str] | None = None) -> str:
    """What a command writes; fails the test with that if the command fails."""
    process = await asyncio.create_subprocess_exec(
        *command, cwd=directory, env={**os.environ, **(variables or {})}, stdout=PIPE, stderr=STDOUT
    )
    try:
        output, _ = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
    assert process.returncode == 0, output.decode()
    return output.decode()
