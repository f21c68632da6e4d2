"""How requests leave this machine, by whatever stands in the variables about proxies."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from delivery.settings import DeliverySettings
from sft.transport import Call, Transport
from sft.way_out import NoWayOut, proxy_to, transport_to
from tests.support.raw_sft import answering, raw_sft
from tests.support.settings import refusal
from tools.supply.advisories import NotChecked, advisories_against
from worker import WorkerSettings

PROXY = "http://proxy.example.com:3128"
VARIABLES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR")


def proxied(monkeypatch: pytest.MonkeyPatch, url: str, variables: Mapping[str, str]) -> str | None:
    """The proxy to this URL in such an environment."""
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    proxy = proxy_to(url)
    return str(proxy.url) if proxy else None


@pytest.mark.parametrize(
    ("variables", "proxy"),
    [
        ({}, None),
        ({"HTTPS_PROXY": PROXY}, PROXY),
        ({"https_proxy": PROXY}, PROXY),
        ({"HTTPS_PROXY": f"{PROXY}\n"}, PROXY),
        ({"HTTPS_PROXY": "proxy.example.com:3128"}, PROXY),
        ({"HTTPS_PROXY": "[fd00::1]:3128"}, "http://[fd00::1]:3128"),
        ({"HTTPS_PROXY": "HTTP://proxy.example.com:3128/"}, f"{PROXY}/"),
        ({"ALL_PROXY": PROXY}, PROXY),
        ({"HTTP_PROXY": PROXY}, None),
        ({"HTTPS_PROXY": ""}, None),
        ({"HTTPS_PROXY": "", "ALL_PROXY": PROXY}, PROXY),
        ({"HTTPS_PROXY": PROXY, "NO_PROXY": ""}, PROXY),
    ],
)
def test_the_proxy_is_the_one_that_the_environment_names(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], proxy: str | None
) -> None:
    assert proxied(monkeypatch, "https://sft.example.com/api", variables) == proxy


@pytest.mark.parametrize(
    ("url", "no_proxy", "is_direct"),
    [
        ("https://sft.example.com/api", "localhost,fe80::/10", False),
        ("https://[fe80::1]/api", "localhost,fe80::/10", True),
        ("https://[fe80::1]/api", "localhost, [fe80::]/10", True),
        ("https://[2001:db8::1]/api", "fe80::/10 , 2001:db8::/32", True),
        ("https://[2001:db8::1]/api", "[2001:db8::1]", True),
        ("https://[2001:db8::1]/api", "2001:DB8::1", True),
        ("https://[2001:db8::1]:8443/api", "[2001:db8::1]:8443", True),
        ("https://[2001:db8::1]/api", "[2001:db8::1]:8443", False),
        ("https://10.1.2.3/api", "10.0.0.0/8", True),
        ("https://11.1.2.3/api", "10.0.0.0/8", False),
        ("https://10.1.2.3/api", "10.1.2.3:443", True),
        ("https://10.1.2.3/api", "10.0.0.0/99,[,]:,::/,%", False),
        ("https://sft.example.com/api", "example.com", True),
        ("https://sft.example.com/api", ".example.com", True),
        ("https://sft.example.com/api", "*.example.com", True),
        ("https://sft.example.com/api", "ample.com", False),
        ("https://sft.example.com/api", "other.example , SFT.Example.com", True),
        ("https://sft.example.com/api", "a b sft.example.com", True),
        ("https://sft.example.com:8443/api", "sft.example.com:8443", True),
        ("https://sft.example.com/api", "sft.example.com:8443", False),
        ("https://sft.example.com/api", "https://sft.example.com", True),
        ("https://sft.example.com/api", "http://sft.example.com", False),
        ("https://sft.example.com/api", "*", True),
        ("https://api.b\u00fccher.example/", "b\u00fccher.example", True),
        ("https://api.b\u00fccher.example/", "xn--bcher-kva.example", True),
        ("https://sft.example.com/api", ".,*.,", False),
        ("https://127.0.0.1/api", "", True),
        ("https://localhost/api", "", True),
        ("https://[::1]/api", "", True),
    ],
)
def test_what_no_proxy_names_is_reached_directly(
    monkeypatch: pytest.MonkeyPatch, url: str, no_proxy: str, is_direct: bool
) -> None:
    variables = {"HTTPS_PROXY": PROXY, "NO_PROXY": no_proxy}
    assert proxied(monkeypatch, url, variables) == (None if is_direct else PROXY)
    transport_to(url)  # httpx's own client fails on some of these


@pytest.mark.parametrize(
    ("variables", "why"),
    [
        (
            {"ALL_PROXY": "socks5://shop:hunter2@127.0.0.1:1080"},
            "^ALL_PROXY names a SOCKS proxy, .* pip install socksio",
        ),
        ({"all_proxy": "socks5h://127.0.0.1:1080"}, "^all_proxy names a SOCKS proxy"),
        ({"HTTPS_PROXY": "socks4://hunter2@127.0.0.1"}, "^HTTPS_PROXY begins with socks4://"),
        ({"HTTPS_PROXY": "http://hunter2@proxy:port"}, "^HTTPS_PROXY is not the address of a proxy"),
        ({"HTTPS_PROXY": "http://"}, "^HTTPS_PROXY names no host"),
        ({"HTTPS_PROXY": "http://shop:1#hunter2@proxy:3128"}, "^HTTPS_PROXY has something behind host and port"),
        ({"HTTPS_PROXY": "http://shop:1/hunter2@proxy:3128"}, "^HTTPS_PROXY has something behind host and port"),
        ({"HTTPS_PROXY": "http:/proxy.example.com"}, "^HTTPS_PROXY has something behind host and port"),
        ({"HTTPS_PROXY": "http://proxy:99999"}, "^HTTPS_PROXY has a port that there is not"),
        ({"HTTPS_PROXY": "http://xn--hunter2-.example"}, "^HTTPS_PROXY is not the address of a proxy"),
        ({"HTTPS_PROXY": '"http://proxy:3128"'}, "^HTTPS_PROXY "),
        ({"all_proxy": "socks://hunter2@127.0.0.1:1080/"}, "^all_proxy begins with socks://"),
        ({"SSL_CERT_FILE": "/nowhere/ca.pem"}, "^SSL_CERT_FILE .'/nowhere/ca.pem'. cannot be used: No such file"),
        ({"SSL_CERT_FILE": "/"}, "^SSL_CERT_FILE .'/'. cannot be used: "),
        ({"SSL_CERT_DIR": "/nowhere"}, "^SSL_CERT_DIR .'/nowhere'. cannot be used: there is no such folder"),
        ({"SSL_CERT_FILE": __file__}, "^SSL_CERT_FILE .* cannot be used"),
    ],
)
def test_a_way_that_leads_nowhere_is_one_sentence_for_everybody_who_would_go_it(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], why: str
) -> None:
    with pytest.raises(NoWayOut, match=why) as no_way:
        proxied(monkeypatch, "https://sft.example.com/api", variables)
    assert "hunter2" not in str(no_way.value)
    refusal(monkeypatch, WorkerSettings, variables, why)
    webhook = {
        "PORTAL_WEBHOOK_URL": "https://portal.example.com/hook",
        "PORTAL_WEBHOOK_SECRET": "whsec_" + "hunter2" * 8,
    }
    assert "hunter2" not in refusal(monkeypatch, DeliverySettings, variables | webhook, why)
    with pytest.raises(NotChecked, match=why):
        advisories_against([], "https://osv.example.com")


async def test_a_call_goes_out_past_networks_that_httpx_cannot_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "localhost,fe80::/10")
    async with raw_sft(answering(b"", status=407), logs_in=False) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.base_url.removesuffix("/api").removeprefix("http://"))
        transport = Transport("https://sft.invalid/api", 5, 5)
        with pytest.raises(Exception, match="407"):
            await transport.exchange(Call("anything", body={}), None)
        await transport.aclose()
    assert [request.method for request in proxy.requests] == ["CONNECT"]


def test_the_certificates_of_the_environment_are_heeded(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "none.pem").write_bytes(b"")
    with pytest.raises(NoWayOut, match="SSL_CERT_FILE"):
        proxied(monkeypatch, "https://sft.example.com/api", {"SSL_CERT_FILE": str(tmp_path / "none.pem")})
