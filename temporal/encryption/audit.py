"""The log of the codec server, and its lines in the audit log: who had how much decrypted, who was refused, and who
read an activation code. No tokens, no paths, no contents.
"""

import logging
import re
from collections.abc import Sequence
from typing import Final

from temporalio.api.common.v1 import Payload

from process import audit
from temporal.encryption.sealed import is_hopeless, label_of

NAMESPACE: Final = re.compile(r"[A-Za-z0-9._-]{1,255}")

CODE: Final = b"LPA:1$"
"""How an activation code begins (GSMA SGP.22)."""

ABOUT: Final = re.compile(rb'"(?:endpoint_id|purchase_id)": ?"([A-Za-z0-9._-]{1,64})"')

logger = logging.getLogger("codec_server")


def note_call(call: str, who: str, namespace: str, before: Sequence[Payload], after: Sequence[Payload]) -> None:
    """One line for a call that was answered."""
    encrypted, left = (before, [p for p in after if label_of(p) is not None]) if call == "decode" else (after, [])
    labels = {label for payload in encrypted if (label := label_of(payload)) is not None}
    plain = namespace if NAMESPACE.fullmatch(namespace) else "unreadable"
    logger.info(
        "%s who=%s namespace=%s payloads=%d keys=%s not_decrypted=%d",
        *(call, who, plain, len(before), ",".join(sorted(labels)) or "none", len(left)),
    )

    audit.calling(operator=who)
    counted = {"payloads": len(before), "not_decrypted": len(left), "altered": sum(is_hopeless([one]) for one in left)}
    refused = counted["altered"] > 0
    audit.note("codec", "refused" if refused else "done", call=call, **counted, keys=sorted(labels))
    if call == "decode" and (codes := [payload for payload in after if CODE in payload.data]):
        about = {found.decode() for payload in codes for found in ABOUT.findall(payload.data)}
        audit.note("activation_code", "done", payloads=len(codes), about=sorted(about), shown="decoded")


def note_refusal(status: int, why: str, client: str) -> None:
    """One line for a call that was refused. The client is an address, as ``process.server`` writes it."""
    audit.calling(address=client)
    audit.note("codec", "refused", status=status)
    logger.warning("refused status=%d from=%s why=%r", status, client, why)
