"""What a demo keeps secret: the key that its database is encrypted with, who may read it, and what its shop needs."""

import base64
import json
import secrets
from pathlib import Path
from typing import Final

from pydantic import BaseModel, Field, SecretStr, ValidationError

from cli.problem import Problem
from cli.secret_file import write_secret
from contract.guarded_file import Unguarded, read_guarded
from delivery.webhook_secrets import PREFIX

KEY_BYTES: Final = 32
TOKEN_BYTES: Final = 24


def _made() -> SecretStr:
    return SecretStr(secrets.token_hex(TOKEN_BYTES))


def webhook_secret() -> SecretStr:
    """A new one, as ``PORTAL_WEBHOOK_SECRET`` has it."""
    return SecretStr(f"{PREFIX}{base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()}")


class Safe(BaseModel):
    """A key as ``ESIM_ENCRYPTION_KEYS`` has it, the codec server's token for a terminal, the secrets of the shop and
    what events are signed with, which an earlier version's safe lacks.
    """

    encryption_keys: SecretStr
    terminal_token: SecretStr
    portal_secret: SecretStr = Field(default_factory=_made)
    operator_password: SecretStr = Field(default_factory=_made)
    callback_secret: SecretStr = Field(default_factory=_made)
    webhook_secret: SecretStr = Field(default_factory=webhook_secret)


def open_safe(directory: Path) -> Safe:
    """The safe of this directory, filled when it is first opened: what was encrypted stays readable.

    Raises:
        Problem: ``NotWritten`` or ``NotRead`` if that cannot be done.
    """
    file = directory / "secrets.json"
    try:
        safe = Safe.model_validate_json(read_guarded(file) if file.exists() else _filled())
        if safe.model_fields_set != set(Safe.model_fields):
            _keep(safe, file)
        return safe
    except (OSError, ValidationError):
        what = f"{file} cannot be read; without it the database beside it cannot either: delete both to begin anew"
        raise Problem("NotRead", what) from None
    except Unguarded as unguarded:
        raise Problem("NotRead", str(unguarded)) from None


def _filled() -> bytes:
    safe = {
        "encryption_keys": f"demo:{base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()}",
        "terminal_token": secrets.token_hex(TOKEN_BYTES),
    }
    return json.dumps(safe).encode()


def _keep(safe: Safe, file: Path) -> None:
    """All at once: the key must not be lost on the way."""
    new = file.with_suffix(".new")
    write_secret(new, json.dumps({name: secret.get_secret_value() for name, secret in safe}).encode())
    new.replace(file)
