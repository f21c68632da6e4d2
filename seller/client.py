"""Everything that a seller's program asks of Temporal, behind one object."""

from collections.abc import Callable, Iterable

from temporalio.client import Client

from contract.sale_entry import Period, SaleEntry
from contract.subscription import Subscription
from seller.addons import Addons
from seller.adoptions import Adoptions
from seller.audits import Audits
from seller.checks import Checks
from seller.diagnosis import Explanation, explain, why_silent
from seller.erasing import Erased, erase
from seller.errors import NoAnswer
from seller.key_uses import KeyUses, key_uses
from seller.lookup import look_up
from seller.operators import Operators
from seller.records import Records
from seller.renewals import Renewals
from seller.repayments import Repayments
from seller.restoring import CHECK_SECONDS, Restored, restore
from seller.sale_list import SaleList, sale_list
from seller.sales import PurchaseStatus, Sales
from seller.search import FoundSubscriptions, Search, find
from seller.server import Server, usual_patience
from seller.stock import StockCounter
from seller.subscriptions import Subscriptions
from seller.timeline.fact import Timeline
from seller.timeline.gathering import timeline
from seller.timeline.told import After, ToldEvents, told
from seller.updates import SubscriptionRun, subscription_run
from temporal.digests import WITHOUT_KEYS, Digests


class SellerClient:
    """Sells eSIMs and add-ons, looks after them, and tells how they stand.

    ``task_queue`` is that of the workers (their ESIM_TASK_QUEUE). ``patience`` says how many seconds the next answer of
    the server is waited for; that of a worker, too, unless ``worker_seconds`` are given. Errors are those of
    seller/errors.py.
    """

    def __init__(
        self,
        client: Client,
        task_queue: str = "esim-provisioning",
        *,
        patience: Callable[[], float] = usual_patience,
        worker_seconds: float | None = None,
    ) -> None:
        self.client = client
        self.server = Server(client, task_queue, patience, worker_seconds)
        self.sales = Sales(self.server)
        self.subscriptions = Subscriptions(self.server)
        self.addons = Addons(self.server)
        self.repayments = Repayments(self.server)
        self.renewals = Renewals(self.server)
        self.adoptions = Adoptions(self.server)
        self.stock = StockCounter(self.server)
        self.checks = Checks(self.server, self.stock)
        self.records = Records(self.server)
        self.operators = Operators(self.server)
        self.audits = Audits(self.server)

    async def look_up(self, name: str, digests: Digests = WITHOUT_KEYS) -> PurchaseStatus | Subscription:
        """What a purchase id, a subscription id or an endpoint id stands for; where two would fit, it is the purchase.
        Also the eSIM of a top-up, an ICCID, a traveler or an address, if that is one. ``digests`` are made with the
        keys that eSIMs were sold under.

        Raises a SellerError: ``NotFound`` if the server knows nothing by that name, ``InvalidRequest`` if it is of
        several eSIMs.
        """
        return await look_up(self.server, self.sales, self.subscriptions, name, digests)

    async def find(self, search: Search, limit: int) -> FoundSubscriptions:
        """The newest subscriptions that match, at most ``limit``; visibility can lag some moments behind.

        Raises a SellerError, ``NotRegistered``, if the namespace does not know the search attributes.
        """
        return await find(self.server, search, limit)

    async def explain(self, name: str, digests: Digests = WITHOUT_KEYS) -> Explanation:
        """What the run of a purchase, a subscription or an endpoint waits for, as the server knows it without a worker;
        also of any other workflow id, and of what a top-up, a traveler, an ICCID or an address belongs to. ``digests``
        are made with the keys that eSIMs were sold under.

        Raises a SellerError, ``NotFound``, if the server knows nothing by that name.
        """
        return await explain(self.server, name, digests)

    async def why_silent(self, name: str, silence: NoAnswer) -> NoAnswer:
        """That nobody answers about a run, with the causes that the server knows."""
        return await why_silent(self.server, name, silence)

    async def history(self, name: str, digests: Digests = WITHOUT_KEYS) -> Timeline:
        """What happened to a purchase (also of a top-up), an eSIM (by its subscription, endpoint or ICCID) or a
        traveler (by their id or address), as the server knows it without a worker. ``digests`` are made with the keys
        that eSIMs were sold under.

        Raises a SellerError, ``NotFound``, if the server knows nothing by that name.
        """
        return await timeline(self.server, name, digests)

    async def told(
        self, after: After, limit: int, traveler_id: str | None = None, endpoint_id: str | None = None
    ) -> ToldEvents:
        """Which events the portal and travelers were told after that, ``limit`` at most: of everybody, of a traveler,
        or of one eSIM of theirs; as the server knows it without a worker.
        """
        return await told(self.server, after, limit, traveler_id, endpoint_id)

    async def restore(self, name: str, seconds: float = CHECK_SECONDS) -> Restored:
        """Brings back a subscription or a purchase that was ended from outside.

        What a subscription finds then is waited for so many seconds.

        Raises a SellerError: ``NotFound`` if the server knows nothing by that name (any more), ``InvalidRequest`` if
        there is nothing to restore.
        """
        return await restore(self.server, name, seconds)

    async def sale_list(self, period: Period, recorded: Iterable[SaleEntry] = ()) -> SaleList:
        """What became of every purchase in this period: what was recorded, and what Temporal knows beside that.

        Raises NoAnswer, ``NoWorker``, if nobody can tell.
        """
        return await sale_list(self.server, period, recorded)

    async def erase(self, traveler_id: str, replaced_by: str | None = None) -> Erased:
        """Removes what is personal of a traveler from what lives, and from what Temporal keeps of what is over; their
        id, too, if another is to stand in its place. What was sold stays sold. Repeating it does what was left.

        Raises NoAnswer, ``NoWorker``, if nobody can do it.
        """
        return await erase(self.server, traveler_id, replaced_by)

    async def key_uses(self, *, thorough: bool = False) -> KeyUses:
        """Which encryption keys are still needed by what Temporal keeps. With ``thorough``, every history is read."""
        return await key_uses(self.server, thorough=thorough)

    def subscription_run(self, name: str) -> SubscriptionRun:
        """The run of a subscription, by its id or that of its endpoint, whether there is one or not."""
        return subscription_run(self.client, name)
