"""First purchases as Temporal knows them without a worker: what was bought, how far its run is, and what was sold.

What a run was started with, and what it has returned, never changes: it is read once. Every look asks the server anew
which run is the latest and how it stands, and whether the latest run of the subscription says the same of what was
sold: what was ended, erased or forgotten meanwhile is not told from what is kept here.
"""

from dataclasses import dataclass

from temporalio.client import Client, WorkflowExecutionDescription, WorkflowExecutionStatus, WorkflowHandle

from contract.esim import ProvisionedEsim
from contract.message import Message
from contract.progress import Progress
from contract.purchase import ClaimedFor, EsimPurchase
from contract.workflow_ids import provision_id
from seller.failing_task import answer_of
from seller.kept import Kept
from seller.own_runs import known_claim, purchase_of
from seller.server import Server
from seller.updates import NO_RESULT, subscription_run

SaleRun = WorkflowHandle[object, ProvisionedEsim]


@dataclass(frozen=True)
class KnownSale:
    """The latest run of a first purchase, and what was bought; what was sold, once it has completed."""

    run: SaleRun
    description: WorkflowExecutionDescription
    purchase: EsimPurchase
    esim: ProvisionedEsim | None


class _Stood(Message):
    """What a worker told of a run when its history was at least so long."""

    events: int
    progress: Progress


def sale_run(client: Client, purchase_id: str, run_id: str | None = None) -> SaleRun:
    """A run of a purchase, whether there is one or not: the latest unless ``run_id`` says which."""
    return client.get_workflow_handle(provision_id(purchase_id), run_id=run_id, result_type=ProvisionedEsim)


class KnownSales:
    """The first purchases of one seller. Its methods raise NoAnswer, RPCError and Undecipherable."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._purchases = Kept[EsimPurchase]()
        self._sold = Kept[ProvisionedEsim]()
        self._claims = Kept[ClaimedFor]()
        self._stood = Kept[_Stood]()

    async def latest(self, purchase_id: str) -> KnownSale | None:
        """The latest run of a purchase; None if Temporal knows none, none any more, or one that is no sale of ours."""
        description = await self._server.description(sale_run(self._server.client, purchase_id))
        if description is None:
            return None
        run = sale_run(self._server.client, purchase_id, description.run_id)
        if (purchase := await self._purchase_of(run, description.run_id)) is None:
            return None
        esim = None
        if description.status == WorkflowExecutionStatus.COMPLETED:
            esim = await self.sold_by(run, purchase)
            if esim is None:
                return None
        return KnownSale(run, description, purchase, esim)

    async def sold_by(self, run: SaleRun, purchase: EsimPurchase) -> ProvisionedEsim | None:
        """What a certain run that completed sold; None unless the subscription was sold as that."""
        run_id = run.run_id or ""
        if esim := self._sold.get(run_id):
            return esim if await self.is_held(purchase, esim) else None
        try:
            esim = await self._server.answers(run.result())
        except NO_RESULT:
            return None
        if not await self.is_held(purchase, esim):
            return None
        self._sold.keep(run_id, esim)
        return esim

    async def is_held(self, purchase: EsimPurchase, esim: ProvisionedEsim) -> bool:
        """Whether the subscription says the same: that this traveler has bought this eSIM with this purchase."""
        if not isinstance(esim, ProvisionedEsim) or esim.addon.purchase_id != purchase.purchase_id:
            return False
        claim = await self._claim_on(esim.endpoint_id)
        return claim is not None and claim.was_sold_as(esim) and not claim.purchase.conflicts_with(purchase)

    async def progress(self, known: KnownSale, seconds: float | None) -> Progress:
        """How far a run has come, for which a worker has so many seconds to tell. Where nothing has happened in it
        since one told, that still holds, and none is asked."""
        run_id, events = known.description.run_id, known.description.history_length
        stood = self._stood.get(run_id)
        if stood and stood.events == events:
            return stood.progress
        asked = known.run.query("progress", result_type=Progress)
        progress: Progress = await answer_of(self._server, known.run, asked, seconds)
        self._stood.keep(run_id, _Stood(events=events, progress=progress))
        return progress

    async def _purchase_of(self, run: SaleRun, run_id: str) -> EsimPurchase | None:
        if kept := self._purchases.get(run_id):
            return kept
        if purchase := await purchase_of(self._server, run):
            self._purchases.keep(run_id, purchase)
        return purchase

    async def _claim_on(self, endpoint_id: str) -> ClaimedFor | None:
        """What the latest run of a subscription was started with; None if there is none, or if it is no run of ours."""
        latest = subscription_run(self._server.client, endpoint_id)
        if (description := await self._server.description(latest)) is None:
            return None
        if kept := self._claims.get(description.run_id):
            return kept
        run = subscription_run(self._server.client, endpoint_id, description.run_id)
        if claim := await known_claim(self._server, run):
            self._claims.keep(description.run_id, claim)
        return claim
