import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic

import httpx
import pytest

from tests.support.sft_caller import HEADERS
from tools.simulator.__main__ import main

ROOT = Path(__file__).parents[3]
COMMAND = [sys.executable, "-m", "tools.simulator"]


@contextmanager
def running(*arguments: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The simulator as a process, and the line that it printed."""
    with subprocess.Popen(
        [*COMMAND, *arguments], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            yield process, process.stdout.readline()
        finally:
            process.kill()


def address_in(line: str) -> str:
    found = re.search(r"http://\S+", line)
    assert found is not None
    return found[0]


def test_it_prints_its_address_and_serves_what_was_asked_for() -> None:
    arguments = ["--port", "0", "--esims", "2", "--username", "me", "--password", "hush", "--plan", "P", "--plan", "Q"]
    with running(*arguments) as (_, line):
        assert line.startswith("Simulated SFT with 2 eSIMs at http://127.0.0.1:")
        url = address_in(line)
        with httpx.Client(base_url=url, headers=HEADERS) as http:
            token = http.post("login", json={"username": "me", "password": "hush"}).json()["AccessToken"]
            http.headers["X-Authorization"] = f"Bearer {token}"
            for plan_id, outer in (("P", "0"), ("Q", "0"), ("PLAN-WAKANDA-DAILY", "1")):
                request = {"endPointId": "4000001", "requestParam": {"planId": plan_id}}
                answer = http.post("SubscribeAddon", json={"Request": request}).json()
                assert answer["Response"]["resultCode"] == outer


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_at_once_with_exit_code_zero(number: signal.Signals) -> None:
    with running("--port", "0") as (process, line):
        with httpx.Client(headers=HEADERS, timeout=0.2) as http:
            url = address_in(line)
            fault = {"call": "*", "kind": "delay", "delay_seconds": 60}
            http.post(url.removesuffix("/api") + "/simulator/faults", json=fault)
            with pytest.raises(httpx.ReadTimeout):
                http.post(f"{url}/login", json={"username": "demo", "password": "demo-password"})
            started = monotonic()
            os.kill(process.pid, number)
            output, errors = process.communicate(timeout=10)
        assert monotonic() - started < 2
        assert (process.returncode, output, errors) == (0, "", "")


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


def test_a_port_in_use_is_answered_in_one_sentence() -> None:
    with running("--port", "0") as (_, line):
        port = str(httpx.URL(address_in(line)).port)
        result = subprocess.run(
            [*COMMAND, "--port", port], cwd=ROOT, capture_output=True, text=True, timeout=30, check=False
        )
    assert result.returncode == 1
    assert result.stderr == f"simulator: cannot listen on 127.0.0.1 port {port}: Address already in use\n"


def test_it_has_habits_by_name() -> None:
    with running("--port", "0", "--habit", "zone_east", "--habit", "ids_as_text") as (_, line):
        url = address_in(line).removesuffix("/api")
        shown = httpx.get(f"{url}/simulator/habits").json()
        assert [name for name, habit in shown.items() if habit["has"]] == ["zone_east", "ids_as_text"]


def test_it_answers_like_a_transcript(tmp_path: Path) -> None:
    path = tmp_path / "transcript.jsonl"
    answer = {"Response": {"resultCode": "0", "resultParam": {"resultCode": "77"}, "responseParam": {"rows": "-"}}}
    path.write_text(json.dumps({"call": "fetchSIM", "method": "GET", "seconds": 1, "status": 200, "answer": answer}))
    with running("--port", "0", "--esims", "0", "--transcript", str(path)) as (_, line), httpx.Client() as http:
        http.headers.update(HEADERS)
        url = address_in(line)
        token = http.post(f"{url}/login", json={"username": "demo", "password": "demo-password"}).json()["AccessToken"]
        assert http.get(f"{url}/fetchSIM", headers={"X-Authorization": f"Bearer {token}"}).json() == answer


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--habit", "bad"], "simulator: there is no habit 'bad'\n"),
        (["--transcript", "/nowhere/at/all"], "/nowhere/at/all cannot be read: No such file or directory\n"),
        (["--transcript", "README.md"], "README.md, line 1: is no exchange of a transcript\n"),
    ],
)
def test_what_is_no_habit_and_no_transcript_is_said_so(arguments: list[str], sentence: str) -> None:
    ended = subprocess.run([*COMMAND, *arguments], cwd=ROOT, capture_output=True, text=True, timeout=30)
    assert ended.returncode == 2
    assert ended.stderr.endswith(sentence)
