"""Replays recorded histories with this build, to see whether it can go on with runs that an earlier one began."""

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from temporalio.client import WorkflowHistory
from temporalio.worker import Replayer
from temporalio.workflow import NondeterminismError

UNREAD: Final = re.compile(r"was written by release \S+ and this build cannot read it \((?:[^\"\\]|\\.)*\)")
"""The part of WrittenByAnotherBuild that the SDK quotes, among much that is not to be shown."""


class NotReplayed(Exception):
    """Some histories cannot be replayed, or there are none. The message has a line for each, and names its file."""


async def replay(replayer: Replayer, paths: Sequence[str]) -> int:
    """Replays the histories in these files, and in the ``*.json`` files of these folders; returns how many.

    A file is what ``temporal workflow show --output json`` prints, or what the Web UI downloads.

    Raises:
        NotReplayed: if there are none, or one cannot be read, or this code would have taken another course.
    """
    files = [file for path in paths for file in _files(Path(path))]
    problems = [problem for file in files if (problem := await _problem(replayer, file))]
    if not files:
        problems = [f"There are no histories (*.json) in {' '.join(paths) or 'no file at all'}"]
    if problems:
        raise NotReplayed("\n".join(problems))
    return len(files)


def _files(path: Path) -> list[Path]:
    return sorted(path.rglob("*.json")) if path.is_dir() else [path]


async def _problem(replayer: Replayer, file: Path) -> str | None:
    try:
        history = _read(file)
    except OSError as error:
        return f"{file} cannot be read: {error.strerror}"
    except Exception:  # of json, of protobuf, of Python: whatever it is, it quotes what is in the file
        return f"{file} is no history: save one with temporal workflow show --output json"
    try:
        await replayer.replay_workflow(history)
    except Exception as error:
        return f"{file} {why_not_replayed(error)}"
    return None


def why_not_replayed(error: Exception) -> str:
    """What a replay failed with, as a sentence without its subject, which is a history."""
    if isinstance(error, NondeterminismError):
        return f"would take another course: {_words(error)}"
    if unread := UNREAD.search(str(error)):
        return f"cannot be replayed: what it holds {unread[0]}"
    # not quoted: it may hold what the history holds
    return f"cannot be replayed ({type(error).__name__}): is ESIM_ENCRYPTION_KEYS that of its worker?"


def _words(error: NondeterminismError) -> str:
    """The SDK's own words, which it wraps in its structures."""
    words = re.search(r'message: "((?:[^"\\\\]|\\\\.)*)"', str(error))
    return words[1] if words else str(error)


def _read(file: Path) -> WorkflowHistory:
    document = json.loads(file.read_text())
    events = document.get("history", document)["events"]
    workflow_id = events[0]["workflowExecutionStartedEventAttributes"]["workflowId"]
    if len(events) < 2:  # the SDK would wait for the rest for ever
        raise ValueError
    return WorkflowHistory.from_json(workflow_id, {"events": events})
