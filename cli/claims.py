"""Whether an eSIM of the stock is somebody's already, by what Temporal knows."""

from collections.abc import Sequence

from temporalio.service import RPCError

from cli.connection import connect_to_server
from cli.problem import Problem
from cli.settings import CliSettings
from contract.workflow_ids import subscription_id
from seller.client import SellerClient
from seller.errors import SellerError
from temporal.client import NoTemporalServer


class ClaimCheck:
    """Asks the Temporal server of these settings, if it can be reached. ``sentence`` says what it knew."""

    def __init__(self, settings: CliSettings) -> None:
        self._settings = settings
        self.sentence = "Temporal was not asked"

    async def first_free(self, endpoint_ids: Sequence[str]) -> str:
        """The first of these endpoints that no subscription holds; the very first where Temporal cannot be asked.

        Raises a Problem: ``WorkersPoll`` if workers could sell it at the same time, ``AllHeld`` if each is held.
        """
        try:
            return await self._first_free(await connect_to_server(self._settings), endpoint_ids)
        except Problem:
            raise
        except (SellerError, NoTemporalServer, RPCError):
            self.sentence = (
                "Temporal could not be asked: whether a subscription holds this eSIM, or workers could sell it "
                "meanwhile, is not known here"
            )
            return endpoint_ids[0]

    async def _first_free(self, seller: SellerClient, endpoint_ids: Sequence[str]) -> str:
        queue = self._settings.esim_task_queue
        if await seller.server.answers(seller.server.workers_poll()):
            raise Problem(
                "WorkersPoll",
                f"Workers poll the task queue {queue}, and could sell this eSIM at the same time: stop them first "
                "(one that died is listed for up to 5 minutes)",
            )
        for endpoint_id in endpoint_ids:
            if not await self._is_held(seller, endpoint_id):
                self.sentence = f"By Temporal, no subscription holds this eSIM, and no worker polls {queue}"
                return endpoint_id
        raise Problem("AllHeld", "A subscription holds each eSIM that SFT lists as free: add some to the stock")

    async def _is_held(self, seller: SellerClient, endpoint_id: str) -> bool:
        run = seller.client.get_workflow_handle(subscription_id(endpoint_id))
        return await seller.server.description(run) is not None
