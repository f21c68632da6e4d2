"""What an advisory database that speaks OSV's protocol knows against the packages of a lock."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import httpx
from pydantic import BaseModel, Field, ValidationError

from sft.way_out import NoWayOut, proxy_to
from tools.supply.lock import Pin

DATABASE: Final = "https://api.osv.dev"
MOST_AT_ONCE: Final = 1000
"""Queries of one request, as OSV has it."""
MOST_PAGES: Final = 20
SECONDS: Final = 30.0


class NotChecked(Exception):
    """Nothing can be said about the locks. The message says why."""


@dataclass(frozen=True)
class Advisory:
    """Something that is known against a package in the version that a lock has."""

    pin: Pin
    id: str
    summary: str


class _Known(BaseModel):
    id: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:-]*$")


class _Answer(BaseModel):
    vulns: list[_Known] = []
    next_page_token: str | None = None


class _Answers(BaseModel):
    results: list[_Answer]


class _Details(BaseModel):
    summary: str = ""
    withdrawn: str | None = None


def advisories_against(pins: Sequence[Pin], database: str = DATABASE) -> list[Advisory]:
    """All that is known against these, but what was withdrawn. Raises NotChecked if not all could be found out."""
    with _client(database) as http:
        try:
            known = [(pin, name) for pin, names in _ids(http, pins).items() for name in names]
            names = dict.fromkeys(name for _, name in known)  # what is known against several packages is read once
            details = {name: _Details.model_validate(_json(http.get(f"/v1/vulns/{name}"))) for name in names}
        except httpx.HTTPStatusError as error:
            raise NotChecked(f"what answers at {database} refuses ({error.response.status_code})") from None
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise NotChecked(f"no advisory database can be reached at {database} ({type(error).__name__})") from None
        except (ValidationError, ValueError):
            raise NotChecked(f"what answers at {database} does not answer as an advisory database does") from None
    return [Advisory(pin, name, details[name].summary) for pin, name in known if not details[name].withdrawn]


def _client(database: str) -> httpx.Client:
    try:
        transport = httpx.HTTPTransport(proxy=proxy_to(database))
        return httpx.Client(base_url=database, timeout=SECONDS, transport=transport)
    except NoWayOut as why:
        raise NotChecked(str(why)) from None
    except (ValueError, httpx.InvalidURL):
        raise NotChecked(f"{database!r} is not the address of an advisory database") from None


def _ids(http: httpx.Client, pins: Sequence[Pin]) -> dict[Pin, list[str]]:
    """The ids of what is known, of each. An answer may be in pages."""
    known: dict[Pin, list[str]] = {pin: [] for pin in pins}
    asked: list[tuple[Pin, Any]] = [(pin, _query(pin)) for pin in known]
    for _ in range(MOST_PAGES):
        batch, asked = asked[:MOST_AT_ONCE], asked[MOST_AT_ONCE:]
        answer = _json(http.post("/v1/querybatch", json={"queries": [query for _, query in batch]}))
        # As many answers as questions: what is not answered is not known to be harmless.
        for (pin, query), found in zip(batch, _Answers.model_validate(answer).results, strict=True):
            known[pin] += [one.id for one in found.vulns if one.id not in known[pin]]
            if found.next_page_token:
                asked.append((pin, query | {"page_token": found.next_page_token}))
        if not asked:
            return known
    raise ValueError


def _query(pin: Pin) -> dict[str, object]:
    return {"package": {"name": pin.name, "ecosystem": "PyPI"}, "version": pin.version}


def _json(answer: httpx.Response) -> Any:
    answer.raise_for_status()
    return answer.json()
