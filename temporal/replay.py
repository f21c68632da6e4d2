"""Replays recorded histories with this build, to see whether it can go on with runs that an earlier one began."""

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

from temporalio.client import WorkflowHistory
from temporalio.worker import Replayer
from temporalio.workflow import NondeterminismError

UNREAD: Final = re.compile(r"was written by release \S+ and this build cannot read it \((?:[^\"\\]|\\.)*\)")
"""The part of WrittenByAnotherBuild that the SDK quotes, among much that is not to be shown."""


class NotReplayed(Exception):
    """Some histories cannot be replayed, or there are none. The message has a line for each, and names its file."""


class Replayed(NamedTuple):
    """How many histories were replayed, and how many were left out, because there is nothing in them to replay."""

    histories: int
    left_out: int


async def replay(replayer: Replayer, paths: Sequence[str]) -> Replayed:
    """Replays the histories in these files, and in the ``*.json`` files of these folders; returns how many.

    A file is what ``temporal workflow show --output json`` prints, or what the Web UI downloads. One of a run that no
    worker has begun yet is left out, and so is an empty one: of a run that Temporal had forgotten.

    Raises:
        NotReplayed: if there are none, or one cannot be read, or this code would have taken another course.
    """
    files = [file for path in paths for file in _files(Path(path))]
    problems: list[str] = []
    left_out = 0
    for file in files:
        history = _read(file)
        if history is None:
            left_out += 1
        elif isinstance(history, str):
            problems.append(f"{file} {history}")
        elif problem := await _problem(replayer, history):
            problems.append(f"{file} {problem}")
    if not files:
        problems = [f"There are no histories (*.json) in {' '.join(paths) or 'no file at all'}"]
    elif left_out == len(files):
        problems = [
            f"There is nothing to replay in {' '.join(paths)}: no worker has begun those runs, or they are gone"
        ]
    if problems:
        raise NotReplayed("\n".join(problems))
    return Replayed(len(files) - left_out, left_out)


def has_begun(history: WorkflowHistory) -> bool:
    """Whether a worker has completed a workflow task of the run: before that, its code has decided nothing."""
    return any(event.HasField("workflow_task_completed_event_attributes") for event in history.events)


def _files(path: Path) -> list[Path]:
    return sorted(path.rglob("*.json")) if path.is_dir() else [path]


async def _problem(replayer: Replayer, history: WorkflowHistory) -> str | None:
    try:
        await replayer.replay_workflow(history)
    except Exception as error:
        return why_not_replayed(error)
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


def _read(file: Path) -> WorkflowHistory | str | None:
    """The history in a file; what is wrong with it, as a sentence without its subject; None if there is nothing in it
    to replay."""
    try:
        text = file.read_bytes().strip()
        history = _history(text) if text else None
    except OSError as error:
        return f"cannot be read: {error.strerror}"
    except Exception:  # of json, of protobuf, of Python: whatever it is, it quotes what is in the file
        return "is no history: save one with temporal workflow show --output json"
    return history if history and has_begun(history) else None


def _history(text: bytes) -> WorkflowHistory:
    document = json.loads(text)
    events = document.get("history", document)["events"]
    workflow_id = events[0]["workflowExecutionStartedEventAttributes"]["workflowId"]
    return WorkflowHistory.from_json(workflow_id, {"events": events})
