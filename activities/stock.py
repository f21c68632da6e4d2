"""The activity that counts the eSIMs that can be sold, and those that were, and says how long the stock lasts."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from temporalio import activity
from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest
from temporalio.client import Client
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError

from activities.failures import as_application_errors
from activities.inventory import WIDER_LOOK, for_sale, is_last_page, is_listed_for_sale
from activities.messages import VISIBILITY_AWAY, Channel, CountedStock
from contract.search_attributes import STATUS
from contract.stock import Stock, StockQuestion
from contract.subscription import SubscriptionStatus
from contract.workflow_ids import PROVISION_TYPE, SUBSCRIPTION_TYPE, endpoint_id_of
from sft.client import SftClient
from temporal.visibility import on_task_queue

MOST_PAGES: Final = 10
"""Of WIDER_LOOK rows each: who asks wants to know whether to order more, not the last digit of thousands."""

MOST_HELD: Final = 5000
"""Endpoints that are held, that are looked through."""

FEW_ESIMS: Final = 10
"""Fewer than that are few, however slowly they are sold."""

DAY: Final = timedelta(days=1)
WEEK: Final = timedelta(days=7)


class StockActivities:
    """Counts at SFT (fetchSIM), which has no call for it, and at Temporal what was sold and what is held.

    ``low_days`` is how many days before its end a stock is low; ``channels`` is whom this worker can tell.
    """

    def __init__(self, sft: SftClient, client: Client, low_days: int = 7, channels: Sequence[Channel] = ()) -> None:
        self._sft = sft
        self._client = client
        self._low = timedelta(days=low_days)
        self._channels = list(channels)

    @activity.defn
    async def count_stock(self, _question: StockQuestion) -> CountedStock:
        """Counts the rows that can be sold, each endpoint once: SFT's list may move on between two pages.

        Raises:
            ApplicationError: ``SftUnavailable``, ``SftUnanswered``, ``SftAuthenticationFailed``, or ``VisibilityAway``
                if Temporal cannot say what was sold and what is held.
        """
        now = datetime.now(UTC)
        try:
            claimed, quarantined, remembered = await asyncio.gather(
                self._held("provisioning"), self._held("quarantined"), self._remembered()
            )
            sold_last_day, sold_last_week = await asyncio.gather(
                *(self._sold_since(now - span) if remembered >= span else _unknown() for span in (DAY, WEEK))
            )
        except RPCError as error:
            raise ApplicationError(
                f"Temporal cannot say what was sold: {error.message}", type=VISIBILITY_AWAY
            ) from error
        endpoints, uninstallable, or_more = await self._listed()
        held = claimed | quarantined
        stock = Stock(
            available=len(endpoints - held),
            or_more=or_more,
            counted_at=datetime.now(UTC),
            held=len(endpoints & held),
            quarantined=len(endpoints & quarantined),
            uninstallable=len(uninstallable),
            sold_last_day=sold_last_day,
            sold_last_week=sold_last_week,
        )
        stock.ends_at = end_of(stock)
        ends_soon = stock.ends_at is not None and stock.ends_at - stock.counted_at < self._low
        stock.is_low = not or_more and (stock.available < FEW_ESIMS or ends_soon)
        return CountedStock(**dict(stock), channels=self._channels, task_queue=activity.info().task_queue)

    async def _listed(self) -> tuple[set[str], set[str], bool]:
        """The endpoints that SFT lists, those that it lists and nobody could install, and whether there are more."""
        endpoints, uninstallable, seen = set[str](), set[str](), set[str | None]()
        with as_application_errors():
            for page in range(1, MOST_PAGES + 1):
                sims = await self._sft.fetch_sims(page=page, per_page=WIDER_LOOK)
                endpoints.update(esim.endpoint_id for sim in sims if (esim := for_sale(sim)))
                uninstallable.update(str(sim.endpoint_id) for sim in sims if is_listed_for_sale(sim))
                if is_last_page(sims, seen):
                    return endpoints, uninstallable - endpoints, False
        return endpoints, uninstallable - endpoints, True

    async def _held(self, status: SubscriptionStatus) -> set[str]:
        """Endpoints that SFT may still list, and that nobody else gets: claimed, and not active yet, or quarantined."""
        query = (
            f"WorkflowType = '{SUBSCRIPTION_TYPE}' AND {STATUS.name} = '{status}' "
            "AND ExecutionStatus NOT IN ('Failed', 'ContinuedAsNew')"
        )
        return {endpoint_id_of(run.id) async for run in self._client.list_workflows(query, limit=MOST_HELD)}

    async def _sold_since(self, moment: datetime) -> int:
        query = (
            f"WorkflowType = '{PROVISION_TYPE}' AND ExecutionStatus = 'Completed' "
            f"AND {on_task_queue(activity.info().task_queue)} AND CloseTime > '{moment.isoformat()}'"
        )
        return (await self._client.count_workflows(query)).count

    async def _remembered(self) -> timedelta:
        """How long Temporal remembers what has ended."""
        request = DescribeNamespaceRequest(namespace=self._client.namespace)
        namespace = await self._client.workflow_service.describe_namespace(request)
        return namespace.config.workflow_execution_retention_ttl.ToTimedelta()


async def _unknown() -> None:
    return None


def end_of(stock: Stock) -> datetime | None:
    """When it ends at the faster of the rates of the last day and the last week, as far as they are known."""
    a_day = max(stock.sold_last_day or 0, (stock.sold_last_week or 0) / WEEK.days)
    if not a_day or stock.or_more:
        return None
    return stock.counted_at + stock.available / a_day * DAY
