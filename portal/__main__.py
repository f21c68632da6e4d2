"""``python -m portal``: reads the settings, listens, and answers until it is told to stop; or changes the keys."""

import asyncio
import ipaddress
import logging
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from temporalio.runtime import Runtime, TelemetryConfig

from observability.log import CORE_LOGS, start_logging
from portal import key_commands
from portal.app import application
from portal.identity import Identity
from portal.key_watch import KeyWatch
from portal.keys import ApiKeys
from portal.settings import PortalServerSettings
from portal.shop import Shop
from process import audit
from process.address import CannotListen, address_of
from process.audit_metrics import shown
from process.exit import leave
from process.memory import keep_in_memory
from process.server import GOODBYE_SECONDS, serving
from process.settings import SettingsProblem, read_settings
from process.stop import told_to_stop
from seller.catalog import CatalogProblem
from seller.catalog_file import CatalogFile
from seller.client import SellerClient
from temporal.api_key import renewing_api_key
from temporal.client import NoTemporalServer, connect

USAGE: Final = """usage: python -m portal                    serve the shop until it is told to stop
       python -m portal keys new NAME      make a key of the REST API, and print it once
       python -m portal keys list          whose keys there are
       python -m portal keys revoke NAME   refuse a key from now on

Settings come from the environment: docs/settings.md lists them. PORTAL_SECRET has no default."""

BEYOND: Final = (
    "%s can be reached from other machines, and this portal speaks plain HTTP: cookies, keys and activation codes "
    "cross the network readable, unless everything comes by a proxy with TLS, and PORTAL_HTTPS=1 says so"
)

PLAINTEXT: Final = (
    "NOTHING IS ENCRYPTED: whoever sees the Temporal namespace can read what is sold here. Set ESIM_ENCRYPTION_KEYS as "
    "the workers have it, and ESIM_REQUIRE_ENCRYPTION=1 so that this cannot happen again"
)

logger = logging.getLogger("portal")


async def run(settings: PortalServerSettings, identity: Identity | None = None) -> None:
    """Runs until SIGTERM or SIGINT, then answers what is under way; raises what it cannot start for."""
    stop = told_to_stop()
    start_logging(settings.log_format, settings.log_level)
    audit.begin("portal", settings.writes())
    address = address_of(settings.portal_address)
    catalog = CatalogFile(settings.esim_catalog, logger)
    runtime = Runtime(telemetry=TelemetryConfig(logging=CORE_LOGS))
    client = await connect(settings.keys(), runtime=runtime)
    shop = Shop(SellerClient(client, settings.esim_task_queue), catalog.now)
    keys = KeyWatch(shop.seller, next(iter(shop.products.values())))
    portal = application(shop, settings, identity)
    if settings.keys() is None:
        logger.warning(PLAINTEXT)
    async with (
        renewing_api_key(client),
        shown(settings.portal_metrics_address, "PORTAL_METRICS_ADDRESS", keys.exposition),
        keys.watching(),
        serving(portal, address.listener_for("PORTAL_ADDRESS"), settings.proxies()),
    ):
        if not ipaddress.ip_address(address.host).is_loopback and not settings.portal_https:
            logger.warning(BEYOND, address)
        logger.info("Portal at http://%s", address)
        _note_start(settings)
        await stop.wait()
        portal.state.is_closing = True
    await portal.state.callbacks.finish(GOODBYE_SECONDS)
    audit.end()
    logger.info("Stopped")


def _note_start(settings: PortalServerSettings) -> None:
    """Leaves a line about what it starts with: names only."""
    keys = settings.keys()
    audit.note(
        "start",
        "done",
        account=audit.account(),
        encryption_keys=list(keys.by_label) if keys else [],
        signing_secrets=len(settings.portal_secrets()),
        api_keys=[key.name for key in ApiKeys(Path(settings.portal_api_keys)).all()],
        operators="password" if settings.portal_operator_password else "none",
    )


def main(arguments: Sequence[str], identity: Identity | None = None) -> int:
    """Runs the portal; 0 after a stop that was asked for, 1 if it could not start, 2 for arguments.

    Travelers are who ``identity`` says; Visitors, where it is None.
    """
    keep_in_memory()
    if arguments[:1] == ["keys"]:
        return key_commands.main(arguments[1:])
    if arguments in (["--help"], ["-h"]):
        print(USAGE)  # noqa: T201
        return 0
    start_logging()
    if arguments:
        print(f"python -m portal takes no arguments but keys …, got {' '.join(arguments)}", file=sys.stderr)  # noqa: T201
        return 2
    try:
        asyncio.run(run(read_settings(PortalServerSettings), identity))
    except (SettingsProblem, CatalogProblem, NoTemporalServer, CannotListen) as problem:
        print(problem, file=sys.stderr)  # noqa: T201
        return 1
    return 0


if __name__ == "__main__":
    leave(main(sys.argv[1:]))
