import asyncio
import json
import os
import re
import signal
import sys
from asyncio.subprocess import Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from time import monotonic

import httpx
import pytest

from tests.support.forked import ROOT, Program
from tests.support.sft_caller import HEADERS
from tests.support.terminal import Terminal
from tools.simulator.__main__ import main

SIMULATOR = Terminal({}, program="tools/simulator/__main__.py")


@asynccontextmanager
async def running(*arguments: str) -> AsyncIterator[tuple[Process | Program, str]]:
    """The simulator as a process, and the line that it printed."""
    process = await SIMULATOR.start(*arguments)
    try:
        assert process.stdout is not None
        yield process, (await process.stdout.readline()).decode()
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


def address_in(line: str) -> str:
    found = re.search(r"http://\S+", line)
    assert found is not None
    return found[0]


async def test_it_prints_its_address_and_serves_what_was_asked_for() -> None:
    arguments = ["--port", "0", "--esims", "2", "--username", "me", "--password", "hush", "--plan", "P", "--plan", "Q"]
    async with running(*arguments) as (_, line):
        assert line.startswith("Simulated SFT with 2 eSIMs at http://127.0.0.1:")
        url = address_in(line)
        async with httpx.AsyncClient(base_url=url, headers=HEADERS) as http:
            answer = await http.post("login", json={"username": "me", "password": "hush"})
            http.headers["X-Authorization"] = f"Bearer {answer.json()['AccessToken']}"
            for plan_id, outer in (("P", "0"), ("Q", "0"), ("PLAN-WAKANDA-DAILY", "1")):
                request = {"endPointId": "4000001", "requestParam": {"planId": plan_id}}
                answer = await http.post("SubscribeAddon", json={"Request": request})
                assert answer.json()["Response"]["resultCode"] == outer


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_ends_it_at_once_with_exit_code_zero(number: signal.Signals) -> None:
    async with running("--port", "0") as (process, line):
        async with httpx.AsyncClient(headers=HEADERS, timeout=0.2) as http:
            url = address_in(line)
            fault = {"call": "*", "kind": "delay", "delay_seconds": 60}
            await http.post(url.removesuffix("/api") + "/simulator/faults", json=fault)
            with pytest.raises(httpx.ReadTimeout):
                await http.post(f"{url}/login", json={"username": "demo", "password": "demo-password"})
            started = monotonic()
            os.kill(process.pid, number)
            output, errors = await asyncio.wait_for(process.communicate(), 100)
        assert monotonic() - started < 30
        assert (process.returncode, output, errors) == (0, b"", b"")


@pytest.mark.parametrize(
    "arguments",
    [
        ["--esims", "-1"],
        ["--esims", "many"],
        ["--esims", "1000000000"],
        ["--port", "99999"],
        ["--token-seconds", "0"],
        ["--latency-ms", "nan"],
        ["--plan", " "],
        ["--host", ""],
        ["--host", "a..b"],
        ["--unheard-of"],
    ],
)
def test_an_argument_that_makes_no_sense_is_answered_in_one_sentence(
    arguments: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["simulator", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    output, errors = capsys.readouterr()
    assert arguments[0] in errors
    assert (output, errors.count("\n")) == ("", 1)


async def test_a_port_in_use_is_answered_in_one_sentence() -> None:
    async with running("--port", "0") as (_, line):
        port = str(httpx.URL(address_in(line)).port)
        ended = await SIMULATOR.run("--port", port)
    assert ended.code == 1
    assert ended.errors == f"simulator: cannot listen on 127.0.0.1 port {port}: Address already in use\n"


async def test_it_has_habits_by_name() -> None:
    habits = ["--habit", "zone_east", "--habit", "ids_as_text"]
    async with running("--port", "0", *habits) as (_, line), httpx.AsyncClient() as http:
        url = address_in(line).removesuffix("/api")
        shown = (await http.get(f"{url}/simulator/habits")).json()
        assert [name for name, habit in shown.items() if habit["has"]] == ["zone_east", "ids_as_text"]


async def test_it_answers_like_a_transcript(tmp_path: Path) -> None:
    path = tmp_path / "transcript.jsonl"
    answer = {"Response": {"resultCode": "0", "resultParam": {"resultCode": "77"}, "responseParam": {"rows": "-"}}}
    path.write_text(json.dumps({"call": "fetchSIM", "method": "GET", "seconds": 1, "status": 200, "answer": answer}))
    transcribed = ["--esims", "0", "--transcript", str(path)]
    async with running("--port", "0", *transcribed) as (_, line), httpx.AsyncClient(headers=HEADERS) as http:
        url = address_in(line)
        login = await http.post(f"{url}/login", json={"username": "demo", "password": "demo-password"})
        http.headers["X-Authorization"] = f"Bearer {login.json()['AccessToken']}"
        assert (await http.get(f"{url}/fetchSIM")).json() == answer


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--habit", "bad"], "simulator: there is no habit 'bad'\n"),
        (["--transcript", "/nowhere/at/all"], "/nowhere/at/all cannot be read: No such file or directory\n"),
        (["--transcript", "README.md"], "README.md, line 1: is no exchange of a transcript\n"),
    ],
)
def test_what_is_no_habit_and_no_transcript_is_said_so(
    arguments: list[str], sentence: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr(sys, "argv", ["simulator", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    assert capsys.readouterr().err.endswith(sentence)
