"""What the newest audit found, for operators, and beginning one."""

import logging
from http import HTTPStatus
from typing import Final

from starlette.responses import RedirectResponse, Response

from portal.operators.office import Visit
from portal.shop import Shop
from seller.audits import command_of

logger = logging.getLogger("portal.operators")

PAGE: Final = "/operators/audit"

MOST_SHOWN: Final = 500
"""Findings on one page: a terminal shows, and writes for a spreadsheet, all of them."""


class AuditPage:
    """The page of the audit."""

    def __init__(self, shop: Shop) -> None:
        self._audits = shop.seller.audits

    async def show(self, visit: Visit) -> Response:
        """What the newest one found, each with its command, and whether another is under way."""
        report = await self._audits.newest()
        return visit.show(
            "audit.html",
            report=report,
            findings=report.findings[:MOST_SHOWN] if report else [],
            found=sum(report.counts.values()) if report else 0,
            progress=await self._audits.under_way(),
            command_of=command_of,
            address=PAGE,
        )

    async def begin(self, visit: Visit) -> Response:
        """Begins one; where one is under way, that is it."""
        await self._audits.start()
        logger.info("An operator began an audit")
        return RedirectResponse(PAGE, HTTPStatus.SEE_OTHER)
