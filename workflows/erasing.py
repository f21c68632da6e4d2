"""Forgetting the traveler of an eSIM that goes on: its next run knows nothing personal, and the ones before can go."""

from temporalio import workflow
from temporalio.exceptions import ApplicationError

from contract.erasure import Erasure, forgotten
from contract.failure import INVALID_REQUEST
from contract.subscription import Subscription
from workflows.part import Part, Shared
from workflows.state import SubscriptionState


class Erasing(Part):
    """An operator's order to forget, which is carried out by continuing as new as soon as nothing is under way."""

    def __init__(self, shared: Shared) -> None:
        super().__init__(shared)
        self._order: Erasure | None = None
        # Here, and not in the class of the workflow: it is an operator's, and no portal's.
        workflow.set_update_handler("forget", self._take, validator=self._refuse)

    @property
    def is_wanted(self) -> bool:
        """Whether to continue as new for it."""
        return self._order is not None

    def carried_on(self) -> SubscriptionState:
        """What the next run is to know."""
        if self._order is None:
            return self._state
        return SubscriptionState.model_validate(forgotten(self._state.model_dump(mode="json"), self._order))

    async def _take(self, order: Erasure) -> Subscription:
        self._order = order
        return self._state.subscription

    def _refuse(self, _order: Erasure) -> None:
        if not self._state.is_sold:
            raise ApplicationError(
                "it is just being sold, given back or closed: it can be erased once that is over",
                type=INVALID_REQUEST,
                non_retryable=True,
            )
