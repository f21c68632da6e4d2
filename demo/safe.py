"""What a demo keeps secret: the key that everything in its database is encrypted with, and who may read it."""

import base64
import json
import secrets
from pathlib import Path
from typing import Final

from pydantic import BaseModel, SecretStr, ValidationError

from cli.problem import REFUSED, Problem
from cli.secret_file import write_secret

KEY_BYTES: Final = 32
TOKEN_BYTES: Final = 24


class Safe(BaseModel):
    """A key as ``ESIM_ENCRYPTION_KEYS`` has it, and the codec server's tokens for the Web UI and for a terminal."""

    encryption_keys: SecretStr
    web_ui_token: SecretStr
    terminal_token: SecretStr

    @property
    def tokens(self) -> str:
        """As ``CODEC_SERVER_TOKENS`` has them."""
        return f"web-ui:{self.web_ui_token.get_secret_value()},terminal:{self.terminal_token.get_secret_value()}"


def open_safe(directory: Path) -> Safe:
    """The safe of this directory, filled when it is first opened: what was encrypted stays readable.

    Raises:
        Problem: ``NotWritten`` or ``NotRead`` if that can not be done.
    """
    file = directory / "secrets.json"
    try:
        if not file.exists():
            write_secret(file, _filled())
        return Safe.model_validate_json(file.read_bytes())
    except (OSError, ValidationError):
        what = f"{file} can not be read; without it the database beside it can not either: delete both to begin anew"
        raise Problem("NotRead", what, REFUSED) from None


def _filled() -> bytes:
    safe = {
        "encryption_keys": f"demo:{base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()}",
        "web_ui_token": secrets.token_hex(TOKEN_BYTES),
        "terminal_token": secrets.token_hex(TOKEN_BYTES),
    }
    return json.dumps(safe).encode()
