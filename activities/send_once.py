"""Keeps a request from going out twice in one activity: a later attempt says "unanswered" instead of sending again.

The policy of such an activity (``ONCE``, workflows/policies.py) has one attempt. But ``temporal activity`` makes the
server begin another: ``pause`` with ``unpause`` or ``reset`` cuts the first one off in mid-call, and
``update-options --retry-maximum-attempts`` lets it be retried. What the first one sent may be done at SFT by then.

How a later attempt is told from the first, at no cost: its number is higher, unless ``reset`` began the numbers anew.
But it was scheduled later than the activity was, also after a reset, and whatever became of its heartbeat details.
A first attempt that was paused before it began looks the same: it is settled in vain, and then sent.
"""

from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities.failures import SFT_UNANSWERED


def refuse_to_send_again(request: str) -> None:
    """Comes first in an activity that sends this request, whose workflow looks whether an unanswered one was done.

    Raises:
        ApplicationError: ``SftUnanswered``, final, in any attempt but the first.
    """
    info = activity.info()
    if info.attempt > 1 or info.current_attempt_scheduled_time != info.scheduled_time:
        raise ApplicationError(
            f"an earlier attempt may have sent {request}: it is not sent again before somebody looked",
            type=SFT_UNANSWERED,
            non_retryable=True,
        )
