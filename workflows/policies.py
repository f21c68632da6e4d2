"""How long each activity may take, how a dead worker is noticed, and who tries again: all of it, in one table.

==================  ==========  ===============================================================================
activity            retried by  because
==================  ==========  ===============================================================================
find_esim           policy      it only reads; SFT reserves nothing
wait_for_stock      policy      completed by the hand-out; a place that nobody serves is taken anew
hand_out_stock      policy      its failing is the waiting: after 5 s, growing to 60 s, once for all who wait
activate_esim       workflow    an unanswered activation is looked up first, and a stranger's must be told from ours
look_at_endpoint    policy      it only reads
provision_addon     workflow    every success is one more add-on: look, send once, settle (addon_protocol.py)
settle_addon        policy      its failing is the looking again
remove_surplus      policy      it looks anew before it removes
remove_addon        policy      the same
suspend_esim        policy      suspending twice is suspending once
change_lifecycle    workflow    an unanswered one is looked up first: SFT may be about to do it
read_usage          policy      it only reads; whoever waits for it asks again
watch_usage         policy      its failing is the waiting: for the next look, until one finds something new
read_esim           policy      it only reads
find_sim            policy      it only reads
post_event          policy      for a day: a portal may be down for as long
send_notice         policy      for a day
count_stock         policy      it only reads; whoever waits for it asks again
list_sims           policy      it only reads
list_subscriptions  policy      it only reads
check_finding       policy      it only reads; what cannot be checked is counted
suspend_unowned     policy      it looks anew before it suspends, and suspending twice is suspending once
look_up_plan        policy      the same
look_at_owner       policy      it only reads
is_released         policy      it only reads
look_at_holder      policy      it only reads
open_message        policy      its failing is the waiting: for a worker that has the key
read_last_state     policy      it only reads; whoever restores a run asks again
read_before_reset   policy      it only reads; its failing is the waiting: for a worker that can replay the run
record_sales        policy      what is in the record already is not added again
wait_until_listed   policy      it only reads; 4 times at most: a visibility that is away is not worth holding up a sale
deliver_esim        policy      for a day; a setting that has to be mended is waited for (esim_mail.py)
==================  ==========  ===============================================================================

Where SFT did not answer as it should, the activity itself says after how long it is to be tried again, and Temporal
goes by that instead of the intervals here (activities/failures.py): 1 to 2 s at first, growing to 30 to 60 s, at
random, after what SFT asks for in Retry-After; 30 times that for a look in the background, growing to half the time to
the next, 3 h at most. So does post_event, where the portal refused: 1 to 2 s, growing to 150 to 300 s.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from temporalio.common import RetryPolicy

from activities.messages import MAIL_NOT_SENT, MAIL_WAITS_FOR_OPERATOR
from contract.failure import SFT_AUTHENTICATION_FAILED

ATTEMPT: Final = timedelta(minutes=15)
"""More than the client's own limits can add up to (login, refresh, two calls): it is the client that gives up."""

HEARTBEAT: Final = timedelta(seconds=12)
"""Activities beat three times as often: a dead worker is noticed within 15 seconds, however long a call may take."""

OUTAGE: Final = timedelta(hours=24)
"""How long a purchase waits for an SFT that does not answer before it fails as SftUnavailable."""

OWNER_LOOK: Final = timedelta(hours=1)
"""How often a subscription that was never handed over looks whether the run that claimed it still lives. The timer for
that is the timer for the first look at usage, once it is handed over."""

WATCH: Final = timedelta(hours=24)
"""How long what SFT did not answer is watched for, in case it does it late: after the settle window first, and then at
ever doubled intervals."""

SURPLUS: Final = timedelta(minutes=5)
"""How long purchases wait for the removal of a surplus, before it is left to the next look."""

LONGEST_PAUSE: Final = timedelta(seconds=60)
"""Between two attempts of an activity that Temporal retries."""

LONGEST_PAUSE_BETWEEN_WRITES: Final = timedelta(minutes=30)
"""Between two requests of which the first was not done, or not answered."""


@dataclass(frozen=True)
class Policy:
    """How one activity is retried, and how long one attempt may take."""

    retry: RetryPolicy
    attempt: timedelta = ATTEMPT
    heartbeat: timedelta | None = HEARTBEAT

    @property
    def ends_by_itself(self) -> bool:
        """Whether the number of attempts is limited."""
        return self.retry.maximum_attempts > 0


BRISK: Final = Policy(
    RetryPolicy(
        initial_interval=timedelta(seconds=1),
        maximum_attempts=3,
        non_retryable_error_types=[SFT_AUTHENTICATION_FAILED],
    )
)
"""The first few tries, after which the workflow says what it is waiting for."""

PATIENT: Final = Policy(RetryPolicy(initial_interval=timedelta(seconds=5), maximum_interval=LONGEST_PAUSE))
"""All tries after that: for as long as it takes."""

ONCE: Final = Policy(RetryPolicy(maximum_attempts=1))
"""For calls whose outcome the workflow has to look at before anything is sent again. That an operator can make the
server begin another attempt all the same is what activities/send_once.py is for."""

STOCK: Final = Policy(
    RetryPolicy(
        initial_interval=timedelta(seconds=5),
        backoff_coefficient=1.5,
        maximum_interval=LONGEST_PAUSE,
        non_retryable_error_types=[SFT_AUTHENTICATION_FAILED],
    )
)

QUEUED: Final = Policy(
    RetryPolicy(
        initial_interval=timedelta(seconds=5),
        maximum_interval=LONGEST_PAUSE,
        non_retryable_error_types=[SFT_AUTHENTICATION_FAILED],
    ),
    attempt=timedelta(hours=1),
    heartbeat=None,
)
"""No worker is busy with it while it waits: none could beat, and each attempt and each beat is a billed action."""

SETTLE: Final = Policy(
    RetryPolicy(
        initial_interval=timedelta(seconds=1),
        maximum_interval=timedelta(seconds=15),
        non_retryable_error_types=[SFT_AUTHENTICATION_FAILED],
    )
)

LOOK: Final = Policy(RetryPolicy(initial_interval=timedelta(minutes=1), maximum_interval=timedelta(minutes=10)))
"""Without end, and for weeks. The activity says itself when the next look is due: these intervals are for a worker that
died while it looked."""

EVENT: Final = Policy(
    RetryPolicy(initial_interval=timedelta(seconds=5), maximum_interval=timedelta(minutes=10)),
    attempt=timedelta(minutes=2),
)
EVENT_LIMIT: Final = timedelta(hours=24)
"""How long it is tried to send an event, from when it happened."""

OPEN: Final = Policy(
    RetryPolicy(initial_interval=timedelta(seconds=1), maximum_interval=timedelta(minutes=5)),
    attempt=timedelta(minutes=2),
)
"""Without end. A worker with the key takes up what waits for it within the longest interval."""

REPLAY: Final = Policy(
    RetryPolicy(initial_interval=timedelta(seconds=1), backoff_coefficient=1.5, maximum_attempts=5),
    attempt=timedelta(minutes=1),
)
"""A worker that cannot replay a run leaves it to the next one, which may be of another build."""

RECORD: Final = Policy(
    RetryPolicy(initial_interval=timedelta(seconds=1), maximum_interval=LONGEST_PAUSE), timedelta(hours=4)
)
"""A worker that keeps no record leaves it to the next one."""

RECORD_LIMIT: Final = timedelta(hours=20)
"""How long it is tried to bring the record of sales up to date, before it is left to the next day."""

LISTING: Final = Policy(
    RetryPolicy(initial_interval=timedelta(seconds=2), maximum_attempts=4), attempt=timedelta(minutes=2)
)

MAIL_AT_FIRST: Final = Policy(
    RetryPolicy(
        initial_interval=timedelta(seconds=5),
        maximum_attempts=3,
        non_retryable_error_types=[MAIL_WAITS_FOR_OPERATOR],
    ),
    attempt=EVENT.attempt,
)
"""The first few tries, after which the subscription says why its mail is not sent yet."""

MAIL: Final = Policy(
    RetryPolicy(
        initial_interval=timedelta(seconds=20),
        maximum_interval=timedelta(minutes=10),
        non_retryable_error_types=[MAIL_WAITS_FOR_OPERATOR],
    ),
    attempt=EVENT.attempt,
)
"""All tries after that, within EVENT_LIMIT. A server that does greylisting takes a mail after some five minutes."""

MAIL_WAITS: Final = Policy(
    RetryPolicy(
        initial_interval=timedelta(seconds=30),
        maximum_interval=timedelta(minutes=10),
        non_retryable_error_types=[MAIL_NOT_SENT],
    ),
    attempt=EVENT.attempt,
)
"""Without end, until a setting is mended: then the mail goes out, or has the rest of its day."""
