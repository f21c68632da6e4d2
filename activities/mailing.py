"""What every mail has in common, whichever activity sends it: how failures are told, and that attempts are counted."""

import asyncio
from collections.abc import Coroutine
from typing import Final, Literal, NoReturn

from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities.messages import MAIL_NOT_SENT, MAIL_WAITS_FOR_OPERATOR, Untaken, unnoticed
from delivery.mailer import Fault, MailNotSent

MAILS: Final = "esim_mails"
MAILS_DESCRIPTION: Final = "Attempts to hand a mail to the mail server, by what it is about and what became of it"

Kind = Literal["esim", "notice"]
"""The mail with an eSIM, or one about an add-on."""

MAILED_BY: Final[dict[Kind, str]] = {"esim": "deliver_esim", "notice": "send_notice"}
"""The activity that sends each."""

MAIL_OUTCOMES: Final[dict[Fault, str]] = {"passing": "later", "operator": "operator", "mail": "refused"}
"""What becomes of an attempt that fails."""


async def mailed(kind: Kind, sending: Coroutine[None, None, object], untaken: Untaken = unnoticed) -> None:
    """Sends a mail. Cancelled while it is under way, it is finished all the same. ``untaken`` is told if it is refused.

    Raises:
        ApplicationError: ``MailNotSent``, not to be retried if no server will ever take this mail;
            ``MailWaitsForOperator`` if a setting has to be mended first.
    """
    try:
        await finished(sending)
    except MailNotSent as error:
        _count(kind, MAIL_OUTCOMES[error.fault])
        untaken("email", MAIL_OUTCOMES[error.fault])
        type_ = MAIL_WAITS_FOR_OPERATOR if error.fault == "operator" else MAIL_NOT_SENT
        raise ApplicationError(error.reason, type=type_, non_retryable=error.fault == "mail") from None
    _count(kind, "sent")


def no_server(kind: Kind) -> NoReturn:
    """Raises the failure of a mail that this worker has no mail server for: another one may have."""
    _count(kind, "operator")
    raise ApplicationError("this worker has no SMTP_URL", type=MAIL_WAITS_FOR_OPERATOR)


async def finished(sending: Coroutine[None, None, object]) -> None:
    """Lets it end in spite of a cancellation, within its own time limit: what is half sent would have to be sent again.

    If it succeeds, so does the activity (for the SDK a return is a success, cancelled or not); if it fails, the
    activity was cancelled. A worker that has to stop does not wait for it.
    """
    task = asyncio.ensure_future(sending)
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        details = activity.cancellation_details()
        if details is None or details.worker_shutdown:
            task.cancel()
        await asyncio.wait([task])
        if task.cancelled() or task.exception() is not None:
            raise


def _count(kind: Kind, outcome: str) -> None:
    activity.metric_meter().create_counter(MAILS, MAILS_DESCRIPTION).add(1, {"kind": kind, "outcome": outcome})
