"""Addresses of callers, as they are told apart."""

import pytest

from process.caller import network_of, plain_address
from process.settings import ProxySettings, SettingsProblem, read_settings


@pytest.mark.parametrize(
    ("host", "address", "network"),
    [
        ("192.0.2.7", "192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7", "192.0.2.7"),
        ("::FFFF:c000:207", "192.0.2.7", "192.0.2.7"),
        ("64:ff9b::c000:207", "64:ff9b::c000:207", "192.0.2.7"),
        ("2002:c000:207:1::1", "2002:c000:207:1::1", "192.0.2.7"),
        ("2001:db8:0:1::2", "2001:db8:0:1::2", "2001:db8:0:1::/64"),
        ("2001:DB8:0:1:F::", "2001:db8:0:1:f::", "2001:db8:0:1::/64"),
        ("2001:db8:0:2::2", "2001:db8:0:2::2", "2001:db8:0:2::/64"),
        ("fe80::1%eth0", "fe80::1", "fe80::/64"),
        ("::1", "::1", "::/64"),
        ("testclient", "unknown", "unknown"),
    ],
)
def test_an_address_is_written_in_one_way_and_belongs_to_one_customer(host: str, address: str, network: str) -> None:
    assert plain_address(host) == address
    if address != "unknown":
        assert network_of(host) == network


@pytest.mark.parametrize("proxies", ["*", "10.0.0.1/8", "proxy.example.com", "127.0.0.1,"])
def test_proxies_that_are_no_addresses_are_refused(monkeypatch: pytest.MonkeyPatch, proxies: str) -> None:
    monkeypatch.setenv("FORWARDED_ALLOW_IPS", proxies)
    with pytest.raises(SettingsProblem, match=r"^FORWARDED_ALLOW_IPS .* is not a list of addresses and networks"):
        read_settings(ProxySettings)
