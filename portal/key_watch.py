"""Warns loudly while no worker can read what this portal writes: it was given a key in front that none has."""

import asyncio
import logging
import socket
from contextlib import AbstractAsyncContextManager
from typing import Final

from seller.client import SellerClient
from seller.errors import RAISED
from seller.key_check import why_unread
from temporal.beside import beside
from temporal.data_converter import first_key

UNREAD: Final = "esim_key_unread"

AGAIN_SECONDS: Final = 60.0

REMEDY: Final = (
    "WHAT IS SOLD HERE HANGS: %s. Put that key behind the current one in ESIM_ENCRYPTION_KEYS of every worker and "
    "restart them, or take it out here: docs/operations.md#keys"
)

logger = logging.getLogger("portal")


class KeyWatch:
    """Asks at the start, and every minute for as long as no worker can."""

    def __init__(self, seller: SellerClient, plan_id: str, again_seconds: float = AGAIN_SECONDS) -> None:
        self._seller = seller
        self._plan_id = plan_id
        self._again_seconds = again_seconds
        self._is_unread = False

    def exposition(self) -> str:
        """Whether it is so, as Prometheus reads it."""
        client = self._seller.client
        labels = {
            "worker": client.identity,
            "queue": self._seller.server.task_queue,
            "host": socket.gethostname(),
            "key": first_key(client.data_converter) or "none",
        }
        written = ",".join(f'{name}="{value}"' for name, value in labels.items())
        described = f"# HELP {UNREAD} 1 while no worker can read what this portal writes\n# TYPE {UNREAD} gauge"
        return f"{described}\n{UNREAD}{{{written}}} {int(self._is_unread)}\n"

    def watching(self) -> AbstractAsyncContextManager[None]:
        """Asks beside whatever the block does."""
        return beside(self.keep_asking())

    async def keep_asking(self) -> None:
        """Returns once a worker can. What is not known, because no worker has tried, is asked again."""
        while True:
            try:
                why = await why_unread(self._seller.server, self._plan_id)
            except RAISED as error:
                logger.warning("Whether a worker can read what is written here is not known: %s", error)
            else:
                if why is None:
                    break
                logger.error(REMEDY, why)
                self._is_unread = True
            await asyncio.sleep(self._again_seconds)
        if self._is_unread:
            logger.info("A worker can read what is written here again")
        self._is_unread = False
