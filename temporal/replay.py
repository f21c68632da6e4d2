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
    begun = [file for file in files if _may_be_begun(file)]
    problems = [problem for file in begun if (problem := await _problem(replayer, file))]
    if not files:
        problems = [f"There are no histories (*.json) in {' '.join(paths) or 'no file at all'}"]
    elif not begun:
        problems = [
            f"There is nothing to replay in {' '.join(paths)}: no worker has begun those runs, or they are gone"
        ]
    if problems:
        raise NotReplayed("\n".join(problems))
    return Replayed(len(begun), len(files) - len(begun))


def has_begun(history: WorkflowHistory) -> bool:
    """Whether a worker has completed a workflow task of the run: before that, its code has decided nothing."""
    return any(event.HasField("workflow_task_completed_event_attributes") for event in history.events)


def _files(path: Path) -> list[Path]:
    return sorted(path.rglob("*.json")) if path.is_dir() else [path]


def _may_be_begun(file: Path) -> bool:
    """Whether there is something to replay, or to complain about."""
    try:
        return bool(file.read_bytes().strip()) and has_begun(_read(file))
    except Exception:  # whatever it is, _problem tells
        return True


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
    return WorkflowHistory.from_json(workflow_id, {"events": events})
