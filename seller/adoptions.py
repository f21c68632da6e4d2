"""Taking over eSIMs that were sold before this product came, and finding their endpoints."""

import uuid
from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol, TypeVar

from temporalio.client import WorkflowFailureError, WorkflowHandle
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy

from contract.adoption import Adopted, Adoption, FoundEndpoints, IccidQuestion
from contract.failure import INVALID_REQUEST
from contract.workflow_ids import ADOPT_TYPE, FIND_ENDPOINTS_TYPE, adoption_id, subscription_id
from seller.errors import Conflict, SellerError, failed, not_found
from seller.server_client import ServerClient
from seller.updates import NO_RESULT
from temporal.holder import Holder, holder_of

Answer = TypeVar("Answer")


class Asking(Protocol):
    """Asks the server, as often as somebody likes: each call may be repeated."""

    async def __call__(self, call: Callable[[], Awaitable[Answer]], /) -> Answer:
        """What the call answers."""


async def once(call: Callable[[], Awaitable[Answer]]) -> Answer:
    """Asks the server once."""
    return await call()


class Adoptions(ServerClient):
    """Takes over eSIMs, each as often as somebody likes: it is done once.

    Its methods raise NoAnswer, RPCError and Undecipherable, too: see ServerClient.
    """

    async def adopt(self, adoption: Adoption, asking: Asking = once) -> Adopted:
        """Takes over an eSIM, and returns it once that is done, which takes as long as SFT takes. One that its traveler
        has here already is returned as ``known``, without asking SFT or a worker; one that ``asking`` asked for again
        because an answer was lost is ``adopted`` all the same.

        Raises:
            SellerError: ``InvalidRequest`` if it cannot be taken over, which the message says why; ``SftUnavailable``
                if SFT did not answer for a day.
        """
        if holder := await asking(lambda: self._holder(adoption)):
            return _known(adoption, holder)
        begin = self._begin(adoption, await asking(lambda: self._last_run(adoption)))
        run = await asking(begin)
        try:
            adopted = await asking(run.result)
        except WorkflowFailureError as failure:
            raise failed(f"Taking over endpoint {adoption.endpoint_id}", failure.cause) from None
        except NO_RESULT:
            raise not_found(run.id) from None
        if (adopted.traveler_id, adopted.endpoint_id) != (adoption.traveler_id, adoption.endpoint_id):
            raise Conflict(f"Endpoint {adoption.endpoint_id} was just taken over for traveler {adopted.traveler_id}")
        # Without a holder, what was joined was no run of ours.
        if not adoption.dry_run and await asking(lambda: self._holder(adoption)) is None:
            raise not_found(subscription_id(adoption.endpoint_id))
        return adopted

    async def endpoints_of(self, iccids: Sequence[str]) -> dict[str, str]:
        """The endpoints of these SIMs, MOST_ICCIDS at most, by ICCID, as SFT says; those that it does not know are
        missing. It takes as long as SFT takes.

        Raises a SellerError, ``SftUnavailable``, if SFT did not answer for a day.
        """
        run: WorkflowHandle[object, FoundEndpoints] = await self._server.answers(
            self._client.start_workflow(
                FIND_ENDPOINTS_TYPE,
                IccidQuestion(iccids=list(iccids)),
                id=f"find-endpoints-{uuid.uuid4()}",  # that nobody else can have started, to tell something else
                task_queue=self._server.task_queue,
                result_type=FoundEndpoints,
            )
        )
        try:
            return (await run.result()).endpoints
        except WorkflowFailureError as failure:
            raise failed("Looking for endpoints by ICCID", failure.cause) from None

    async def _holder(self, adoption: Adoption) -> Holder | None:
        """The subscription that holds the endpoint for this traveler; None if none does, an error if another's does."""
        holder = await self._server.answers(holder_of(self._client, adoption.endpoint_id, self._server.task_queue))
        if holder and (why := holder.why_not(adoption.traveler_id)):
            raise SellerError(INVALID_REQUEST, f"endpoint {adoption.endpoint_id} is not taken over: {why}")
        return holder

    def _begin(
        self, adoption: Adoption, before: str | None
    ) -> Callable[[], Awaitable[WorkflowHandle[object, Adopted]]]:
        """What begins it: asked again, it finds what it has begun, also if that is over by then. ``before`` is the last
        run that was there before.
        """
        asked = False

        async def begin() -> WorkflowHandle[object, Adopted]:
            nonlocal asked
            if asked and (last := await self._last_run(adoption)) != before:
                return self._run(adoption, last)
            asked = True
            return await self._server.answers(self._started(adoption))

        return begin

    async def _last_run(self, adoption: Adoption) -> str | None:
        last = await self._server.description(self._run(adoption))
        return last.run_id if last else None

    def _run(self, adoption: Adoption, run_id: str | None = None) -> WorkflowHandle[object, Adopted]:
        workflow_id = adoption_id(adoption.endpoint_id, dry_run=adoption.dry_run)
        return self._client.get_workflow_handle(workflow_id, run_id=run_id, result_type=Adopted)

    async def _started(self, adoption: Adoption) -> WorkflowHandle[object, Adopted]:
        return await self._client.start_workflow(
            ADOPT_TYPE,
            adoption,
            id=adoption_id(adoption.endpoint_id, dry_run=adoption.dry_run),
            task_queue=self._server.task_queue,
            result_type=Adopted,
            id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            static_summary=f"For traveler {adoption.traveler_id}",
        )


def _known(adoption: Adoption, holder: Holder) -> Adopted:
    return Adopted(
        outcome="known",
        subscription_id=holder.subscription_id,
        traveler_id=adoption.traveler_id,
        endpoint_id=adoption.endpoint_id,
    )
