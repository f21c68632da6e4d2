"""The codec server: reads the settings, listens, and answers until it is told to stop."""

import asyncio
import ipaddress
import logging
import sys
from collections.abc import Sequence
from typing import Final

from process import audit
from process.address import CannotListen, address_of
from process.audit_metrics import shown
from process.memory import keep_in_memory
from process.server import serving
from process.settings import SettingsProblem, read_settings
from process.stop import told_to_stop
from temporal.encryption.server import application
from temporal.encryption.settings import CodecServerSettings

BEYOND: Final = (
    "%s can be reached from other machines, and this server speaks plain HTTP: tokens and what is decrypted cross the "
    "network readable, unless everything comes by a proxy with TLS"
)

logger = logging.getLogger("codec_server")


async def run(settings: CodecServerSettings) -> None:
    """Runs until SIGTERM or SIGINT, then answers what is under way; raises CannotListen if it cannot start."""
    stop = told_to_stop()
    address = address_of(settings.codec_server_address)
    audit.begin("codec server", settings.writes())
    keys, tokens = settings.key_ring(), settings.tokens()
    answering = application(
        keys,
        tokens,
        settings.origins(),
        encodes=settings.codec_server_encode,
        own_user=settings.codec_server_own_user,
    )
    listener = address.listener_for("CODEC_SERVER_ADDRESS")
    async with (
        shown(settings.codec_server_metrics_address, "CODEC_SERVER_METRICS_ADDRESS"),
        serving(answering, listener, settings.forwarded_allow_ips or ""),
    ):
        if not ipaddress.ip_address(address.host).is_loopback:
            logger.warning(BEYOND, address)
        logger.info("Codec server at http://%s, for the Web UI at %s", address, " or ".join(settings.origins()))
        who = {"account": audit.account(), "operators": list(tokens.digests)}
        audit.note("start", "done", **who, encryption_keys=list(keys.by_label))
        await stop.wait()
    audit.end()
    logger.info("Stopped")


def main(arguments: Sequence[str]) -> int:
    """Runs the codec server; 0 after a stop that was asked for, 1 if it could not start, 2 for arguments."""
    keep_in_memory()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    if arguments:
        print(f"python -m temporal.codec_server takes no arguments, got {' '.join(arguments)}", file=sys.stderr)  # noqa: T201
        return 2
    try:
        asyncio.run(run(read_settings(CodecServerSettings)))
    except (SettingsProblem, CannotListen) as problem:
        print(problem, file=sys.stderr)  # noqa: T201
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
