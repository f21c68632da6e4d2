"""A simulated SFT that answers in other words: whatever it says is rewritten before it goes out."""

import copy
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from starlette.responses import Response

from tools.simulator import exchange
from tools.simulator.answer import Answer

Rewrite = Callable[[Any], None]
"""Changes the body of an answer in place."""

_as_json = exchange.as_json


def speak(monkeypatch: pytest.MonkeyPatch, rewrite: Rewrite) -> None:
    """From now on, every answer of a simulated SFT goes out rewritten."""

    def as_json(answer: Answer) -> Response:
        body = copy.deepcopy(answer.body)
        rewrite(body)
        return _as_json(replace(answer, body=body))

    monkeypatch.setattr(exchange, "as_json", as_json)


def in_profiles(change: Callable[[dict[str, Any]], None]) -> Rewrite:
    """Changes what GetEndPointProfile tells under ``info``."""

    def rewrite(body: Any) -> None:
        if "basicInfo" in (info := body.get("Response", {}).get("info") or {}):
            change(info)

    return rewrite


def in_fields(change: Callable[[str, str], str], *fields: str) -> Rewrite:
    """Changes every text under one of these fields, wherever it is: ``change`` gets the field and the text."""

    def rewrite(part: Any) -> None:
        if isinstance(part, dict):
            for name, value in part.items():
                if name in fields and isinstance(value, str):
                    part[name] = change(name, value)
                rewrite(value)
        elif isinstance(part, list):
            for value in part:
                rewrite(value)

    return rewrite
