"""The activity that counts the eSIMs that SFT lists as available."""

from datetime import UTC, datetime
from typing import Final

from temporalio import activity

from activities.failures import as_application_errors
from activities.inventory import WIDER_LOOK, for_sale
from contract.stock import Stock, StockQuestion
from sft.client import SftClient

MOST_PAGES: Final = 10
"""Of WIDER_LOOK rows each: who asks wants to know whether to order more, not the last digit of thousands."""


class StockActivities:
    """Counts at SFT (fetchSIM), which has no call for it."""

    def __init__(self, client: SftClient) -> None:
        self._client = client

    @activity.defn
    async def count_stock(self, _question: StockQuestion) -> Stock:
        """Counts the rows that can be sold, each endpoint once: SFT's list may move on between two pages.

        Raises:
            ApplicationError: ``SftUnavailable``, ``SftUnanswered`` or ``SftAuthenticationFailed``.
        """
        endpoints: set[str] = set()
        has_more = True
        with as_application_errors():
            for page in range(1, MOST_PAGES + 1):
                sims = await self._client.fetch_sims(page=page, per_page=WIDER_LOOK)
                endpoints.update(esim.endpoint_id for sim in sims if (esim := for_sale(sim)))
                has_more = len(sims) >= WIDER_LOOK
                if not has_more:
                    break
        return Stock(available=len(endpoints), or_more=has_more, counted_at=datetime.now(UTC))
