"""Reads which Temporal cluster the environment names: address, namespace, credentials and certificates."""

import os
import re
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

from temporalio.envconfig import ClientConfigProfile, ClientConfigTLS, ClientConnectConfig
from temporalio.service import TLSConfig

from contract.environment import cleaned, fault_of, quotes_around
from contract.guarded_file import Unguarded, check_guarded, read_guarded
from contract.text import text_of

KEY_FILE: Final = "TEMPORAL_API_KEY_FILE"
"""Ours: the SDK knows no such variable."""

ADDRESS: Final = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[^\s:/@\[\]]+):[0-9]{1,5}")


class _Text(str):
    """Text that shows in no repr, so in no traceback with locals either; to the SDK it is text like any other."""

    def __repr__(self) -> str:
        return "'**********'"


class _Bytes(bytes):
    """Bytes that show in no repr, so in no traceback with locals either; to the SDK they are bytes like any other."""

    def __repr__(self) -> str:
        return "b'**********'"


def read_cluster() -> ClientConnectConfig | str:
    """The arguments for ``Client.connect`` by ``TEMPORAL_*`` or a ``temporal.toml`` profile, an empty variable being
    none; or one sentence that says why they cannot be used.

    A sentence instead of an exception: that would carry frames along in which keys are still in the open.
    """
    variables = _variables()
    for name, value in variables.items():
        is_line = name.startswith("TEMPORAL_") and not name.endswith("_DATA")
        if is_line and (fault := fault_of(value) or quotes_around(value)):
            return f"{name}: {fault}"
    file = variables.get("TEMPORAL_CONFIG_FILE")
    if file and not Path(file).exists():
        return f"TEMPORAL_CONFIG_FILE names {file}, which does not exist"
    if unguarded := _unguarded("TEMPORAL_CONFIG_FILE", Path(file) if file else _usual_file(variables)):
        return unguarded
    try:
        profile = ClientConfigProfile.load(override_env_vars=variables)
    except Exception as error:  # the SDK's ConfigError is not exported
        return f"The configuration of the Temporal client cannot be used: {_said(error)}"
    key = _read_api_key(variables)
    if isinstance(key, str) and not isinstance(key, _Text):
        return key
    profile = replace(profile, api_key=key) if key else profile
    try:
        config = profile.to_client_connect_config()
    except OSError as error:
        return (
            f"{_variable(profile.tls, error.filename)} names {error.filename}, which cannot be read: {error.strerror}"
        )
    for variable, source in _sources(profile.tls).items():
        if isinstance(source, Path) and (unguarded := _unguarded(variable, source)):
            return unguarded
    config.setdefault("target_host", "localhost:7233")
    return _fault(config) or _hidden(config)


def api_key_file() -> Path | None:
    """The file that the API key is from, if one is used: that of TEMPORAL_API_KEY_FILE, or a ``temporal.toml``; None if
    the variable TEMPORAL_API_KEY has the key itself."""
    variables = _variables()
    if "TEMPORAL_API_KEY" in variables:
        return None
    named = variables.get(KEY_FILE) or variables.get("TEMPORAL_CONFIG_FILE")
    return Path(named) if named else _usual_file(variables)


def _variables() -> dict[str, str]:
    return {name: value for name, given in os.environ.items() if (value := _cleaned(name, given))}


def _read_api_key(variables: Mapping[str, str]) -> _Text | str | None:
    """The key in the file of TEMPORAL_API_KEY_FILE, if that is set; or one sentence that says why it cannot be read."""
    if KEY_FILE not in variables:
        return None
    if "TEMPORAL_API_KEY" in variables:
        return f"TEMPORAL_API_KEY and {KEY_FILE} are both set: which of the two is it?"
    file = Path(variables[KEY_FILE])
    try:
        key = _Text(text_of(read_guarded(file)).strip())
    except Unguarded as unguarded:
        return f"{KEY_FILE}: {unguarded}"
    except OSError as error:
        return f"{KEY_FILE} names {file}, which cannot be read: {error.strerror}"
    except ValueError:
        return f"{KEY_FILE} names {file}, which is no text"
    return key or f"{KEY_FILE} names {file}, which is empty"


def _cleaned(name: str, value: str) -> str:
    return cleaned(value, is_secret=True) if name.startswith("TEMPORAL_") else value


def _said(error: Exception) -> str:
    """Of a TOML error only where it is: its other words may quote a key."""
    words = " ".join(str(error).split())
    place = re.search(r"TOML parse error at line \d+, column \d+", words)
    return f"{place[0]} (TEMPORAL_CONFIG_FILE)" if place else words


def _sources(tls: ClientConfigTLS | None) -> dict[str, Path | str | bytes | None]:
    if tls is None:
        return {}
    return {
        "TEMPORAL_TLS_SERVER_CA_CERT_PATH": tls.server_root_ca_cert,
        "TEMPORAL_TLS_CLIENT_CERT_PATH": tls.client_cert,
        "TEMPORAL_TLS_CLIENT_KEY_PATH": tls.client_private_key,
    }


def _variable(tls: ClientConfigTLS | None, file: str) -> str:
    return next(name for name, source in _sources(tls).items() if str(source) == file)


def _usual_file(variables: Mapping[str, str]) -> Path:
    """Where the SDK looks for a temporal.toml that nobody names."""
    if sys.platform == "darwin":
        return Path.home() / "Library/Application Support/temporalio/temporal.toml"
    return Path(variables.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "temporalio" / "temporal.toml"


def _unguarded(variable: str, file: Path) -> str | None:
    """Why this file cannot be trusted, if others may change it: to whom we connect is in it, or as whom."""
    try:
        if file.is_file():  # not os.devnull, or a pipe
            check_guarded(file)
    except Unguarded as unguarded:
        return f"{variable}: {unguarded}"
    except OSError:
        return None  # the SDK says so
    return None


def _fault(config: ClientConnectConfig) -> str | None:
    """What is wrong with it that the SDK would pass over in silence, or say in words of its own."""
    if not ADDRESS.fullmatch(config["target_host"]):
        return f"TEMPORAL_ADDRESS is not of the form host:port, say localhost:7233: {config['target_host']!r}"
    if not re.fullmatch(r"[\x21-\x7e]*", config.get("api_key", "")):
        where = KEY_FILE if os.environ.get(KEY_FILE) else "TEMPORAL_API_KEY"
        return f"{where} has a blank, a line break or another character in it that no API key has"
    tls = config.get("tls")
    if isinstance(tls, TLSConfig) and (tls.client_cert is None) != (tls.client_private_key is None):
        there, missing = ("CERT", "KEY") if tls.client_cert else ("KEY", "CERT")
        return (
            f"TEMPORAL_TLS_CLIENT_{there}_PATH is set, but TEMPORAL_TLS_CLIENT_{missing}_PATH is not: both are needed"
        )
    return None


def _hidden(config: ClientConnectConfig) -> ClientConnectConfig:
    if "api_key" in config:
        config["api_key"] = _Text(config["api_key"])
    if "rpc_metadata" in config:
        config["rpc_metadata"] = {name: _Text(value) for name, value in config["rpc_metadata"].items()}
    tls = config.get("tls")
    if isinstance(tls, TLSConfig) and tls.client_private_key is not None:
        tls.client_private_key = _Bytes(tls.client_private_key)
    return config
