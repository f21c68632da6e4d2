"""Puts what the SDK raises while connecting into one sentence, which names the setting to look at."""

import re
from collections.abc import Callable
from typing import Final

from temporalio.envconfig import ClientConnectConfig
from temporalio.service import RPCError, TLSConfig

ALERT: Final = re.compile(r"(?:AlertReceived\(|fatal alert: )(\w+)")
CLOSED: Final = re.compile(
    r"handshake eof|UnexpectedEof|BrokenPipe|ConnectionReset|ConnectionAborted|after connection: .* source: Some"
)
"""How the SDK's core puts it that the other side broke off, with TLS 1.3 only when it is first read from."""

UNREADABLE: Final = re.compile(r"ParseError|NoCertificatesPresented|UnknownIssuer|InvalidCertificate|InconsistentKeys")


def refusal(error: Exception, config: ClientConnectConfig) -> str:
    """The sentence for what the SDK raised while connecting with ``config``; no secret is in it."""
    address, said = config["target_host"], str(error)
    if status := _status(error):
        code, message = status
        if code == "NOTFOUND":
            namespace = config.get("namespace", "default")
            return f"The Temporal server at {address} has no namespace {namespace}: look at TEMPORAL_NAMESPACE"
        if code in ("UNAUTHENTICATED", "PERMISSIONDENIED"):
            return f"The Temporal server at {address} refuses {_credentials(config, message)}"
    tls = config.get("tls")
    if isinstance(tls, TLSConfig) and UNREADABLE.search(said) and (variable := _unreadable(tls)):
        return f"{variable} does not hold what it should, in PEM form"
    if "InconsistentKeys" in said:
        return "TEMPORAL_TLS_CLIENT_KEY_PATH is not the key of the certificate in TEMPORAL_TLS_CLIENT_CERT_PATH"
    if "InvalidCertificate" in said:
        return f"The certificate of the Temporal server at {address} {_certificate(said)}"
    if "InvalidMessage" in said:
        return (
            f"The server at {address} does not speak TLS: look at TEMPORAL_ADDRESS, or set TEMPORAL_TLS=false "
            "(TEMPORAL_API_KEY and TEMPORAL_TLS_… switch TLS on)"
        )
    if "Invalid URI" in said:
        return "TEMPORAL_TLS_SERVER_NAME or TEMPORAL_ADDRESS is not the name of a host"
    alert = ALERT.search(said)
    if alert or CLOSED.search(said):
        why = f" ({alert[1]})" if alert else ""
        return f"The server at {address} closes the connection{why}: {_advice(config)}"
    return f"No Temporal server answers at {address} ({_reason(error)}): start one, or set TEMPORAL_ADDRESS"


def _status(error: Exception) -> tuple[str, str] | None:
    """A gRPC status and its message, also where the core has wrapped them."""
    if isinstance(error, RPCError):
        return error.status.name.replace("_", ""), error.message
    wrapped = re.search(r'Status \{ code: (\w+), message: "((?:[^"\\]|\\.)*)"', str(error))
    return (wrapped[1].upper(), wrapped[2]) if wrapped else None


def _credentials(config: ClientConnectConfig, message: str) -> str:
    key, tls, namespace = config.get("api_key"), config.get("tls"), config.get("namespace", "default")
    words = " ".join((message.replace(key, "[secret]") if key else message).split()).rstrip(".")
    where = f"for namespace {namespace} ({words}): look at"
    if key:
        return f"the API key {where} TEMPORAL_API_KEY and TEMPORAL_NAMESPACE"
    if isinstance(tls, TLSConfig) and tls.client_cert:
        return f"the client certificate {where} TEMPORAL_TLS_CLIENT_CERT_PATH and TEMPORAL_NAMESPACE"
    return f"us {where} TEMPORAL_API_KEY, TEMPORAL_TLS_CLIENT_CERT_PATH and TEMPORAL_NAMESPACE"


def _unreadable(tls: TLSConfig) -> str | None:
    """The variable whose certificate or key nobody can read: the core does not say which, or takes no notice."""
    # Here, because only whoever names certificates needs cryptography, and only when the server turns them down.
    from cryptography.hazmat.primitives.serialization import load_pem_private_key
    from cryptography.x509 import load_pem_x509_certificates

    readers: list[tuple[str, bytes | None, Callable[[bytes], object]]] = [
        ("TEMPORAL_TLS_SERVER_CA_CERT_PATH", tls.server_root_ca_cert, load_pem_x509_certificates),
        ("TEMPORAL_TLS_CLIENT_CERT_PATH", tls.client_cert, load_pem_x509_certificates),
        ("TEMPORAL_TLS_CLIENT_KEY_PATH", tls.client_private_key, lambda key: load_pem_private_key(key, None)),
    ]
    for variable, pem, read in readers:
        try:
            if pem is not None:
                read(pem)
        except (ValueError, TypeError):  # TypeError: the key is encrypted
            return variable
    return None


def _certificate(said: str) -> str:
    if "NotValidForName" in said:
        expected, _, presented = said.partition("presented:")
        names = ", ".join(_names(presented)) or "no name"
        return f"is for {names}, not for {', '.join(_names(expected))}: look at TEMPORAL_TLS_SERVER_NAME"
    if "UnknownIssuer" in said:
        return "is not signed by an authority that is trusted here: look at TEMPORAL_TLS_SERVER_CA_CERT_PATH"
    why = re.search(r"InvalidCertificate\((\w+)", said)
    return f"cannot be trusted ({why[1] if why else 'unknown why'}): have it renewed, or look at TEMPORAL_ADDRESS"


def _names(said: str) -> list[str]:
    addresses = re.findall(r"V4\(Ipv4Addr\(\[([\d, ]+)\]", said)
    return [address.replace(", ", ".") for address in addresses] or re.findall(
        r'(?:DnsName|IpAddress)\(\\?"?([^\\")]+)', said
    )


def _advice(config: ClientConnectConfig) -> str:
    tls = config.get("tls")
    if not tls:
        return "if it expects TLS, set TEMPORAL_TLS=true, TEMPORAL_API_KEY or TEMPORAL_TLS_…"
    if isinstance(tls, TLSConfig) and tls.client_cert:
        return "most likely it does not accept the client certificate, TEMPORAL_TLS_CLIENT_CERT_PATH"
    return "most likely it demands a client certificate, TEMPORAL_TLS_CLIENT_CERT_PATH and TEMPORAL_TLS_CLIENT_KEY_PATH"


def _reason(error: Exception) -> str:
    """The words of the system, which the SDK wraps in its own structures."""
    words = re.search(r'(?:message|error): "([^"]+)"', str(error))
    return words[1] if words else "timed out" if isinstance(error, TimeoutError) else "the connection failed"
