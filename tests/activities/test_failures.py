"""What Temporal is told of a call to SFT that did not succeed, and when it tries again."""

from datetime import timedelta

import pytest
from temporalio.exceptions import ApplicationError

from activities.failures import as_application_errors
from contract.failure import ACTIVATION_REJECTED, SFT_UNAVAILABLE, FailureType
from sft.errors import AuthenticationFailed, Malformed, NotSent, Rejected, SftError, Unanswered
from tests.support.activity import refusal

NOT_SENT = NotSent("fetchSIM", "no connection to SFT")


async def failure(
    error: SftError, number: int = 1, rejected_as: FailureType = SFT_UNAVAILABLE, slowness: float = 1
) -> ApplicationError:
    """What the activity fails with in which the call fails so."""

    async def call() -> None:
        with as_application_errors(rejected_as, slowness=slowness):
            raise error

    return await refusal(call, number=number)


async def pause(error: SftError, number: int = 1, slowness: float = 1) -> timedelta:
    delay = (await failure(error, number, slowness=slowness)).next_retry_delay
    assert delay is not None
    return delay


@pytest.mark.parametrize(
    ("error", "type"),
    [
        (Rejected("fetchSIM", "6420", "No"), "SftUnavailable"),
        (AuthenticationFailed("fetchSIM", "No"), "SftAuthenticationFailed"),
        (NotSent("fetchSIM", "No"), "SftUnavailable"),
        (Unanswered("fetchSIM", "No"), "SftUnanswered"),
        (Malformed("fetchSIM", "body"), "SftUnanswered"),
    ],
    ids=lambda value: type(value).__name__,
)
async def test_what_may_have_been_done_is_told_from_what_was_certainly_not(error: SftError, type: str) -> None:
    told = await failure(error)
    assert (told.type, told.message, told.non_retryable) == (type, str(error), False)
    assert told.__suppress_context__


async def test_a_refusal_that_means_something_here_is_final() -> None:
    told = await failure(Rejected("SubscribeAddon", "6110", "Invalid plan"), rejected_as=ACTIVATION_REJECTED)
    assert (told.type, told.non_retryable, told.next_retry_delay) == ("ActivationRejected", True, None)
    assert (await failure(NOT_SENT, rejected_as=ACTIVATION_REJECTED)).type == "SftUnavailable"


async def test_pauses_grow_to_a_minute_and_no_two_are_alike() -> None:
    first, late, far = await pause(NOT_SENT), await pause(NOT_SENT, 60), await pause(NOT_SENT, 100_000)
    assert timedelta(seconds=1) <= first <= timedelta(seconds=2)
    for grown in (late, far):
        assert timedelta(seconds=30) <= grown <= timedelta(seconds=60)
    assert late != far


async def test_a_retry_comes_after_what_sft_asks_for_but_for_an_hour_at_most() -> None:
    asked = NotSent("fetchSIM", "429", retry_after_seconds=100)
    assert timedelta(seconds=101) <= await pause(asked) <= timedelta(seconds=102)
    mistaken = NotSent("fetchSIM", "429", retry_after_seconds=86_400)
    assert timedelta(seconds=3601) <= await pause(mistaken) <= timedelta(seconds=3602)


async def test_the_workflow_is_told_what_sft_asked_for() -> None:
    assert (await failure(NotSent("fetchSIM", "429", retry_after_seconds=7))).details[0] == {"retry_after_seconds": 7}
    assert (await failure(Unanswered("fetchSIM", "No"))).details[0] == {"retry_after_seconds": None}
    answered = Unanswered("fetchSIM", "the operation timed out")
    answered.status = 504
    assert (await failure(answered)).details[0] == {"retry_after_seconds": None, "http_status": 504}


async def test_what_is_not_urgent_pauses_longer_but_not_longer_than_sft_asks() -> None:
    assert timedelta(seconds=30) <= await pause(NOT_SENT, slowness=30) <= timedelta(seconds=60)
    asked = NotSent("GetEndPointProfile", "429", retry_after_seconds=100)
    assert timedelta(seconds=130) <= await pause(asked, slowness=30) <= timedelta(seconds=160)
