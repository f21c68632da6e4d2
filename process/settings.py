"""Settings from the environment: each package declares its own, and each process composes what it needs."""

import ipaddress
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, TypeVar, get_args

from pydantic import AfterValidator, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, EnvSettingsSource, PydanticBaseSettingsSource, SettingsConfigDict

from contract.environment import cleaned, fault_of, quotes_around
from contract.guarded_file import Unguarded, read_guarded
from contract.text import text_of
from process.address import checked_address

ListeningAddress = Annotated[str, AfterValidator(checked_address)]
"""An address of this machine, as host:port."""


class EnvironmentSettings(BaseSettings):
    """The base of all settings: a field's variable is its name in capitals, and an empty variable counts as not set.
    A secret may be in a file instead, which the variable with ``_FILE`` behind its name names.

    A line break at the end of a variable, as files have it, is not part of it; one inside is refused, and so are
    quotation marks around it, unless it is a secret in a file. No number may be infinite, or none (``nan``).
    """

    model_config = SettingsConfigDict(env_ignore_empty=True, hide_input_in_errors=True, allow_inf_nan=False)

    @field_validator("*", mode="before")
    @classmethod
    def _is_one_line(cls, value: Any, info: ValidationInfo) -> Any:
        if isinstance(value, _Unread):
            raise ValueError(value.why)
        if isinstance(value, str):
            is_secret = _is_secret(cls.model_fields[str(info.field_name)].annotation)
            if fault := fault_of(value) or (None if is_secret else quotes_around(value)):
                raise ValueError(fault)
        return value

    @classmethod
    def settings_customise_sources(
        cls, settings_cls: type[BaseSettings], *sources: PydanticBaseSettingsSource, **more: PydanticBaseSettingsSource
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Called by pydantic-settings: arguments first, and then the environment."""
        return (more["init_settings"], _Environment(settings_cls))


class _Unread(str):
    """In the place of a secret that is in no file where it should be, or cannot be meant so: empty, so that nobody
    takes it for one."""

    why: str

    def __new__(cls, why: str) -> "_Unread":
        unread = super().__new__(cls)
        unread.why = why
        return unread


class _Environment(EnvSettingsSource):
    """The environment, but for what files leave around a value; and the files that it names secrets to be in."""

    def _load_env_vars(self) -> Mapping[str, str | None]:
        variables = super()._load_env_vars()
        values: dict[str, str] = {}
        for name, field in self.settings_cls.model_fields.items():
            is_secret = _is_secret(field.annotation)
            values[name] = cleaned(variables.get(name) or "", is_secret=is_secret)
            if is_secret and (why := quotes_around(values[name])):
                values[name] = _Unread(
                    f"{name.upper()}: {why}, or, if they are meant, name a file: {name.upper()}_FILE"
                )
            file = cleaned(variables.get(f"{name}_file") or "")
            if is_secret and file:
                values[name] = _in_file(
                    name.upper(), file, is_set=isinstance(values[name], _Unread) or bool(values[name])
                )
        return {name: value for name, value in values.items() if value or isinstance(value, _Unread)}


def _in_file(variable: str, file: str, *, is_set: bool) -> str:
    """The secret in this file; or why there is none."""
    if is_set:
        return _Unread(f"{variable} and {variable}_FILE are both set: which of the two is it?")
    named = f"{variable}_FILE names {file}, which"
    try:
        secret = cleaned(text_of(read_guarded(Path(file))), is_secret=True)
    except Unguarded as unguarded:
        return _Unread(f"{variable}_FILE: {unguarded}")
    except OSError as error:
        return _Unread(f"{named} cannot be read: {error.strerror}")
    except ValueError:
        return _Unread(f"{named} is no text")
    return secret or _Unread(f"{named} is empty")


class ProxySettings(EnvironmentSettings):
    """Which machines in front of a server of ours are believed when they say who calls."""

    forwarded_allow_ips: str | None = None

    @field_validator("forwarded_allow_ips")
    @classmethod
    def _are_addresses_and_networks(cls, proxies: str | None) -> str | None:
        try:
            for proxy in listed(proxies) if proxies else ():
                ipaddress.ip_network(proxy)
        except ValueError:
            raise ValueError(
                "is not a list of addresses and networks, such as 10.0.0.7,10.1.0.0/16; * would believe every caller"
            ) from None
        return proxies


class SettingsProblem(Exception):
    """The environment cannot be used. The message has a line for each variable that is wrong."""


Settings = TypeVar("Settings", bound=EnvironmentSettings)


def read_settings(kind: type[Settings]) -> Settings:
    """Reads and checks the environment.

    Raises:
        SettingsProblem: with one line a problem, which names the variable, its value unless that is a secret, and what
            is wrong with it.
    """
    try:
        return kind()
    except ValidationError as error:
        problem = _lines(kind, error)
    # Raised out here: pydantic's error, which would be its context, has the secrets in it.
    raise SettingsProblem(problem)


def listed(text: str) -> list[str]:
    """What stands between the commas of a variable that may name several."""
    return [part.strip() for part in text.split(",")]


def _lines(kind: type[EnvironmentSettings], error: ValidationError) -> str:
    faults = error.errors(include_url=False, include_context=False)
    return "\n".join(_line(kind, str((*fault["loc"], "")[0]), fault) for fault in faults)


def _line(kind: type[EnvironmentSettings], field: str, fault: ErrorDetails) -> str:
    message = fault["msg"].removeprefix("Value error, ")
    if not field or field.upper() in fault["msg"]:
        return message
    if fault["type"] == "missing":
        return f"{field.upper()} is not set: nothing starts without it"
    is_secret = _is_secret(kind.model_fields[field].annotation) or "@" in str(
        fault["input"]
    )  # a URL may have a password in it
    value = "" if is_secret else f" ({fault['input']!r})"
    return f"{field.upper()}{value}: {message}"


def _is_secret(annotation: Any) -> bool:
    return SecretStr in (annotation, *get_args(annotation))
