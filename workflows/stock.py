"""Counts the eSIMs that can be sold, for a portal: it has no credentials for SFT, and the workers have."""

from temporalio import workflow
from temporalio.exceptions import ActivityError, ApplicationError

with workflow.unsafe.imports_passed_through():
    from activities.stock import StockActivities
    from contract.failure import SFT_AUTHENTICATION_FAILED, SFT_UNAVAILABLE
    from contract.stock import Stock, StockQuestion
    from workflows.outcome import type_of, words_of
    from workflows.policies import BRISK
    from workflows.sft_calls import call


@workflow.defn
class CountStockWorkflow:
    """Asks SFT once for everybody who wants to know at the same time: they are given the same run."""

    @workflow.run
    async def run(self, question: StockQuestion) -> Stock:
        """What SFT lists right now.

        Raises:
            ApplicationError: ``SftUnavailable`` or ``SftAuthenticationFailed`` if it does not say after a few tries.
        """
        try:
            return await call(StockActivities.count_stock, question, BRISK, "Count the available eSIMs")
        except ActivityError as error:
            raise ApplicationError(
                f"SFT does not say how many eSIMs are available ({words_of(error)}); ask again later",
                type=SFT_AUTHENTICATION_FAILED if type_of(error) == SFT_AUTHENTICATION_FAILED else SFT_UNAVAILABLE,
                non_retryable=True,
            ) from error
