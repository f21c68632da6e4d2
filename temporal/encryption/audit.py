"""The log of the codec server: who had how much decrypted, and who was refused. No tokens, no paths, no contents."""

import logging
import re
from collections.abc import Sequence
from typing import Final

from temporalio.api.common.v1 import Payload

from temporal.encryption.sealed import label_of

NAMESPACE: Final = re.compile(r"[A-Za-z0-9._-]{1,255}")
CLIENT: Final = re.compile(r"[A-Za-z0-9.:%]{1,64}")
"""An address. A proxy on this machine passes on what the caller says in X-Forwarded-For."""

logger = logging.getLogger("codec_server")


def note_call(call: str, who: str, namespace: str, before: Sequence[Payload], after: Sequence[Payload]) -> None:
    """One line for a call that was answered."""
    encrypted, left = (before, [p for p in after if label_of(p) is not None]) if call == "decode" else (after, [])
    labels = {label for payload in encrypted if (label := label_of(payload)) is not None}
    logger.info(
        "%s who=%s namespace=%s payloads=%d keys=%s not_decrypted=%d",
        *(call, who, _plain(NAMESPACE, namespace), len(before), ",".join(sorted(labels)) or "none", len(left)),
    )


def note_refusal(status: int, why: str, client: str) -> None:
    """One line for a call that was refused."""
    logger.warning("refused status=%d from=%s why=%r", status, _plain(CLIENT, client), why)


def _plain(form: re.Pattern[str], text: str) -> str:
    """The text as it is, unless somebody put something else into it than belongs there."""
    return text if form.fullmatch(text) else "unreadable"
