"""Why nothing can be checked at all, in one sentence that says what to do and quotes neither secret nor person."""

import json
import re
from typing import Final
from urllib.parse import urlsplit

from sft.codes import BAD_CREDENTIALS, BLOCKED, INCORRECT_VALUE, NOT_ENTERPRISE, TIMED_OUT, login_refusal
from sft.errors import AuthenticationFailed, SftError
from sft.exchange import Exchange
from sft.way_out import proxy_to
from sft_check.evidence import fit, paths_of, written

PROXY: Final = "a proxy or a sign-on page is in between (HTTPS_PROXY, NO_PROXY)"

UNCONNECTED: Final[tuple[tuple[str, str], ...]] = (
    ("407", "The proxy in between wants a login (407): put it into HTTPS_PROXY, or set NO_PROXY={host}"),
    ("ProxyError", "The proxy in between leads nowhere: look at HTTPS_PROXY, or set NO_PROXY={host}"),
    (
        "CERTIFICATE_VERIFY_FAILED",
        "{host} shows a certificate that this machine does not trust: a proxy that opens TLS is in between (have its "
        "authority trusted by SSL_CERT_FILE), or SFT_BASE_URL names another host",
    ),
    ("WRONG_VERSION_NUMBER", "{host} speaks no TLS at that port: look at https, http and the port in SFT_BASE_URL"),
    ("SSL", "{host} takes no TLS connection: a proxy that opens TLS is in between, or SFT_BASE_URL names another host"),
    ("Timeout", "{host} cannot be reached: a firewall is in between, or SFT_BASE_URL names another host"),
    ("attempts failed", "Nothing listens at {host}: look at the host and the port in SFT_BASE_URL"),
    ("ConnectError", "There is no way to {host}: look at its name in SFT_BASE_URL, and at this machine's network"),
)
"""What the client's error has in it, and what that means; the first that fits."""

REFUSED_LOGINS: Final = {
    **dict.fromkeys(
        BLOCKED,
        "The account is blocked ({code}), after too many refused logins: only a reset of its password at SFT helps. "
        "Stop the workers first, and set SFT_PASSWORD before they start again",
    ),
    BAD_CREDENTIALS: "SFT refuses the login ({code}): look at SFT_USERNAME and SFT_PASSWORD before the next try, "
    "because too many refused logins block the account",
    INCORRECT_VALUE: "SFT refuses a value of the login ({code}): look at SFT_USERNAME, SFT_PASSWORD and "
    "SFT_TARGET_ACCOUNT_ID before the next try, because too many refused logins block the account",
}
REFUSED_LOGIN: Final = (
    "SFT refuses the login (code {code}): look at SFT_USERNAME, SFT_PASSWORD and SFT_TARGET_ACCOUNT_ID before the next "
    "try, because too many refused logins block the account"
)


AWAY: Final = ("attempts failed", "ConnectError", "Timeout")
PROXY_AWAY: Final = "The proxy on the way to {host} cannot be reached: look at HTTPS_PROXY, or set NO_PROXY={host}"


def trouble(error: SftError, last: Exchange | None, base_url: str) -> str:
    """What is wrong, from the error that a call ended with and the last exchange that there was."""
    address = urlsplit(base_url)
    host = address.netloc
    if last is None or last.status is None:
        return _unconnected(error, host, is_proxied=proxy_to(base_url) is not None)
    if last.status == 407:
        return UNCONNECTED[0][1].format(host=host)
    if 300 <= last.status < 400:
        return f"{host} sends elsewhere (HTTP {last.status}): SFT_BASE_URL is not the address of the API, or {PROXY}"
    if NOT_ENTERPRISE.casefold() in last.answer.casefold():
        return (
            "The account is no Enterprise account (SFT says 'Authorisation Failure'), and no other reaches the calls "
            "that sell: have SFT make it one, or set the credentials of one that is"
        )
    if re.match(r"\s*(<\?xml|<!doctype|<html)", last.answer, re.IGNORECASE):
        return f"{host} answers with a web page (HTTP {last.status}): SFT_BASE_URL is not the API's address, or {PROXY}"
    if last.call == "login" and (code := login_refusal(last.answer)):  # with whatever status
        return REFUSED_LOGINS.get(code, REFUSED_LOGIN).format(code=code)
    if last.status >= 500:
        return f"SFT is out of order, or what stands in front of it (HTTP {last.status}): try again later"
    if last.status == 429:
        return "SFT takes no more calls for now (429): too many came from this account; try again later"
    if last.call == "login" and isinstance(error, AuthenticationFailed):
        return _refused_login(last)
    if last.call == "login" and (last.status == 408 or TIMED_OUT.search(last.answer)):
        return "SFT says that the login timed out, and not that it refuses it: try again later"
    if last.call == "login" and not _codes(last.answer):
        return f"What answers the login is not SFT: SFT_BASE_URL is not the address of the API, or {PROXY}"
    return f"The check cannot go on: {fit(str(error))}"


def _unconnected(error: SftError, host: str, *, is_proxied: bool) -> str:
    words = str(error)
    for part, sentence in UNCONNECTED:
        if part in words:
            return (PROXY_AWAY if is_proxied and part in AWAY else sentence).format(host=host)
    return f"{host} takes the connection, but does not answer: SFT is away, or a firewall is in between"


def _refused_login(last: Exchange) -> str:
    if last.status in (404, 405):
        return f"There is no login at this address (HTTP {last.status}): SFT_BASE_URL is not the address of the API"
    codes = [code for code in _codes(last.answer) if code not in ("0", "1")]
    return REFUSED_LOGIN.format(code=codes[0] if codes else last.status)


def _codes(answer: str) -> list[str]:
    """The result codes in an answer, outer before inner."""
    try:
        body = json.loads(answer.removeprefix("\ufeff"))
    except ValueError:
        return []
    codes = [written(value) for path, value in paths_of(body) if path.casefold().endswith("resultcode")]
    return [code for code in codes if re.fullmatch("[0-9]{1,6}", code)]
