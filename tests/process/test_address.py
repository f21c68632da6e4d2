"""Addresses to listen on, as an operator writes them."""

import socket

import pytest

from process.address import Address, address_of
from process.settings import SettingsProblem, read_settings
from tests.support.worker_process import ended_worker
from worker import WorkerSettings


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("0.0.0.0:9464", Address("0.0.0.0", 9464)),
        ("localhost:9464", Address("127.0.0.1", 9464)),
        ("[::1]:9464", Address("::1", 9464)),
    ],
)
def test_an_ip_address_and_a_port_are_understood(text: str, address: Address) -> None:
    assert address_of(text) == address
    assert address_of(str(address)) == address


@pytest.mark.parametrize("text", ["9464", ":9464", "example.com:9464", "127.0.0.1:0", "127.0.0.1:65536", "::1:9464"])
def test_anything_else_is_refused_in_one_sentence_with_its_value(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("SFT_USERNAME", "demo")
    monkeypatch.setenv("SFT_PASSWORD", "demo-password")
    for variable in ("METRICS_ADDRESS", "READINESS_ADDRESS"):
        with monkeypatch.context() as environment:
            environment.setenv(variable, text)
            with pytest.raises(SettingsProblem) as problem:
                read_settings(WorkerSettings)
        assert str(problem.value) == (f"{variable} ({text!r}): is not an IP address and a port, such as 0.0.0.0:9464")


async def test_a_worker_whose_metrics_address_is_taken_ends_with_one_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        ended = await ended_worker(SFT_USERNAME="demo", SFT_PASSWORD="demo-password", METRICS_ADDRESS=address)
    assert ended.code == 1
    assert f"METRICS_ADDRESS: cannot listen on {address} (Address already in use" in ended.errors.splitlines()[-1]
    assert "Traceback" not in ended.errors
