"""How an eSIM or a purchase stands, in sentences beside the tables: what pending add-ons wait for, what became of mails
and events, how old the readings are, and who ended it."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from contract.addon import Addon
from contract.subscription import ShownSubscription, Subscription
from seller.timeline.fact import Fact, Timeline, What

ENDED: Final = ("closed", "quarantined", "terminated")

ABOUT_SFT: Final[tuple[What, ...]] = ("unanswered", "refused", "looked", "sent_again")


def standing_of(timeline: Timeline, now: datetime, esim: Subscription | None = None) -> list[str]:
    """Sentences about what the histories say and a table does not; ``esim`` is what the run says itself, None for a
    purchase that has none. ``now`` is in UTC."""
    sentences = list(_of_its_end(timeline))
    if esim is not None:
        sentences += [_why_pending(addon, esim, timeline, now) for addon in esim.addons if addon.status == "pending"]
    sentences += _of_mails(timeline)
    if esim is not None:
        sentences += _of_readings(esim, now)
    return sentences


def ago(since: datetime, now: datetime) -> str:
    """How long ago, in the largest unit that fits."""
    passed = now - since
    for unit, length in (("day", timedelta(days=1)), ("hour", timedelta(hours=1)), ("minute", timedelta(minutes=1))):
        if number := int(passed / length):
            return f"{number} {unit}{'s' if number > 1 else ''} ago"
    return "just now"


def _of_its_end(timeline: Timeline) -> Iterator[str]:
    """Who ended a run from outside that nothing has followed since."""
    latest = {run.workflow_id: run for run in timeline.runs}
    for fact in timeline.facts:
        run = latest.get(fact.run)
        if fact.what == "terminated" and run and run.status in ("terminated", "timed_out") and fact.at >= run.started:
            yield f"At {_at(fact)}: {fact.said}"


def _why_pending(addon: Addon, esim: Subscription, timeline: Timeline, now: datetime) -> str:
    waits = f"Purchase {addon.purchase_id}"
    if isinstance(esim, ShownSubscription) and esim.status == "terminated":
        return f"{waits} waits until the eSIM is restored"
    if esim.status == "suspended":
        return f"{waits} waits since the eSIM was suspended{_suspended(timeline)}"
    told = [fact for fact in timeline.facts if fact.about == addon.purchase_id and fact.what in ABOUT_SFT]
    if not told:
        return f"{waits} waits for its turn since {_since(addon, now)}"
    first = next((fact for fact in told if fact.what == "unanswered"), told[0])
    last = "now" if told[-1].is_open else f"at {_at(told[-1])}"
    looked = f"; last, {last}: {told[-1].said}" if told[-1] != first else ""
    return f"{waits} waits for SFT since {_at(first)} ({ago(first.at, now)}): {first.said}{looked}"


def _since(addon: Addon, now: datetime) -> str:
    return f"{addon.bought_at:%Y-%m-%d %H:%M} UTC ({ago(addon.bought_at, now)})" if addon.bought_at else "it was bought"


def _suspended(timeline: Timeline) -> str:
    """When, by whom and why it was suspended last."""
    for fact in reversed(timeline.facts):
        if fact.what == "ordered" and "to suspend it" in fact.said:
            by = fact.said.partition(", by ")[2].removesuffix(".")
            return f" at {_at(fact)} by {by}: resume it, and it is provisioned by itself; or pay it back"
        if fact.what == "suspended" and "by itself" in fact.said:
            return f" at {_at(fact)} by itself, with nothing left on it: SFT is asked to make it active again for this"
    return ": resume it, and it is provisioned by itself"


def _of_mails(timeline: Timeline) -> Iterator[str]:
    """What became of the mails, the newest of each kind; and that events are not taken by the portal."""
    newest: dict[str, Fact] = {}
    for fact in timeline.facts:
        if fact.what in ("told", "not_told") and (kind := _kind(fact)):
            newest[kind] = fact
    for kind, fact in newest.items():
        if kind == "mail" or fact.what == "not_told":
            yield fact.said if fact.is_open else f"At {_at(fact)}: {fact.said}"


def _kind(fact: Fact) -> str | None:
    said = fact.said.casefold()
    if "by email" in said or "mail " in said:
        return "mail"
    return "webhook" if "webhook" in said else None


def _of_readings(esim: Subscription, now: datetime) -> Iterator[str]:
    """When each add-on was read; one sentence where all were at once."""
    read = [(addon, addon.usage.as_of) for addon in esim.addons if addon.usage and addon.status != "failed"]
    anew = f". What was used since then is not in it: starter.py usage {esim.subscription_id} reads anew"
    anew = "" if esim.status in ENDED else anew
    if len({moment for _, moment in read}) == 1:
        yield f"Read {_moment(read[0][1])}, {ago(read[0][1], now)}{anew}"
        return
    for addon, moment in read:
        yield f"Purchase {addon.purchase_id}: read {_moment(moment)}, {ago(moment, now)}{anew}"


def _at(fact: Fact) -> str:
    return _moment(fact.at)


def _moment(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"
