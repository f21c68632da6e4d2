"""The codec server as a process of its own: how it starts and how it stops."""

import asyncio
import signal
import socket
import sys

import httpx
import pytest

from temporal.codec_server import main
from temporal.encryption.settings import CodecServerSettings, EncryptionSettings
from tests.support.encryption_keys import key
from tests.support.forked import ROOT
from tests.support.ports import free_port
from tools.demo.surroundings import surroundings

TOKEN = "ann-may-read-this-1234"
GOOD = {"ESIM_ENCRYPTION_KEYS": key(1), "CODEC_SERVER_TOKENS": f"ann:{TOKEN}"}


@pytest.mark.parametrize(
    ("variables", "lines"),
    [
        ({"CODEC_SERVER_ORIGIN": "*", "CODEC_SERVER_ADDRESS": "8234"}, ["ADDRESS", "ORIGIN", "TOKENS is not set"]),
        ({"CODEC_SERVER_TOKENS": f"ann:{TOKEN}"}, ["ESIM_ENCRYPTION_KEYS is not set"]),
        (
            GOOD | {"CODEC_SERVER_TOKENS": "ann:hunter2"},
            ["CODEC_SERVER_TOKENS cannot be used: token 1 ('ann') is not 16"],
        ),
        (GOOD | {"CODEC_SERVER_TOKENS": "hunter2"}, ["token 1 is not of the form <name>:<token>"]),
        (GOOD | {"CODEC_SERVER_TOKENS": f"a:{TOKEN},a:{TOKEN}2"}, ["two tokens have the name 'a'"]),
        (GOOD | {"CODEC_SERVER_TOKENS": f"a:{TOKEN},b:{TOKEN}"}, ["token 2 ('b') is the same as an earlier one"]),
        (
            GOOD | {"CODEC_SERVER_ADDRESS": "{taken}"},
            ["CODEC_SERVER_ADDRESS: cannot listen on {taken} (Address already"],
        ),
    ],
)
def test_what_it_cannot_start_with_is_named_in_a_line_each_without_any_secret(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], variables: dict[str, str], lines: list[str]
) -> None:
    for name in (*EncryptionSettings.model_fields, *CodecServerSettings.model_fields):
        monkeypatch.delenv(name.upper(), raising=False)
    with socket.create_server(("127.0.0.1", 0)) as busy:
        taken = f"127.0.0.1:{busy.getsockname()[1]}"
        for name, value in variables.items():
            monkeypatch.setenv(name, value.replace("{taken}", taken))
        assert main([]) == 1
    errors = capsys.readouterr().err
    said = errors.splitlines()
    assert len(said) == len(lines), errors
    assert all(words.replace("{taken}", taken) in line for words, line in zip(lines, said, strict=True)), errors
    assert not any(secret in errors for secret in ("hunter2", TOKEN))


def test_it_takes_no_arguments(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--now"]) == 2
    assert capsys.readouterr().err == "python -m temporal.codec_server takes no arguments, got --now\n"


async def test_it_answers_until_it_is_told_to_stop() -> None:
    address = f"127.0.0.1:{free_port()}"
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "temporal.codec_server"),
        cwd=ROOT,
        env=surroundings(GOOD | {"CODEC_SERVER_ADDRESS": address}),
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        assert process.stderr is not None
        assert f"Codec server at http://{address}" in (await process.stderr.readline()).decode()
        async with httpx.AsyncClient(trust_env=False) as http:
            answer = await http.post(f"http://{address}/{TOKEN}/decode", json={"payloads": []})
        assert answer.json() == {}
        process.send_signal(signal.SIGTERM)
        _, errors = await asyncio.wait_for(process.communicate(), 100)
        assert process.returncode == 0
        assert errors.decode().splitlines()[-1].endswith("Stopped")
        assert TOKEN not in errors.decode()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
