"""The check: what SFT's ledger holds, against what the workflows say and what the portal was told.

It is a pure function of the three, and trusts none of them: every purchase that was accepted has to be found as exactly
one add-on instance on one endpoint, or as a visible failure, and every instance and every active endpoint has to be
accounted for by exactly one purchase.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal, NamedTuple, get_args

from contract.addon import Addon
from contract.subscription import Subscription
from contract.workflow_ids import provision_id, subscription_id
from tools.chaos.evidence import Evidence, Holding, Sale, Sent
from tools.simulator.call import ACTIVATING_CALLS, ADDON_CALLS
from tools.simulator.ledger import AddonRecord, CallRecord, EndpointRecord, Ledger

Fault = Literal["lost", "duplicated", "shared", "dangling", "forgotten", "unreported", "disturbed"]

WAITING: Final = ("waiting_for_stock", "needs_attention")
"""Steps at which a purchase visibly waits for somebody."""

STRANGER: Final = "stranger"

TELLING: Final = ("rate_limited", "expired_http", "expired_envelope")
"""Faults that tell the caller for certain that nothing was done."""


class Finding(NamedTuple):
    """One broken promise, and which workflow to look at."""

    fault: Fault
    subject: str
    sentence: str
    workflow_id: str


@dataclass
class _Claims:
    """Which instances the workflows say that a purchase became: (endpoint, uniqueId), wherever it is said."""

    sales: defaultdict[str, set[tuple[str, str]]] = field(default_factory=lambda: defaultdict(set))
    holdings: defaultdict[str, set[tuple[str, str]]] = field(default_factory=lambda: defaultdict(set))
    plans: dict[tuple[str, str], str] = field(default_factory=dict)
    removed: set[tuple[str, str]] = field(default_factory=set)
    """Those that were taken off on order."""

    def of(self, purchase_id: str) -> set[tuple[str, str]]:
        return self.sales[purchase_id] | self.holdings[purchase_id]


def findings(evidence: Evidence) -> list[Finding]:
    """Every promise that was not kept; empty is what the product promises."""
    claims = _claims(evidence)
    endpoints = {endpoint["endpoint_id"]: endpoint for endpoint in evidence.ledger["endpoints"]}
    return [
        *(finding for sent in _purchases(evidence) for finding in _of_purchase(sent, evidence, claims, endpoints)),
        *_claimed_twice(claims),
        *(finding for endpoint in endpoints.values() for finding in _of_endpoint(endpoint, evidence, claims)),
        *_orphaned_claims(evidence),
        *_forgotten(evidence),
        *_of_audit(evidence, endpoints),
        *_disturbed(evidence),
    ]


def counts(found: Iterable[Finding]) -> dict[str, int]:
    """How many findings there are of each kind, with the zeros."""
    by_fault = Counter(finding.fault for finding in found)
    faults: tuple[Fault, ...] = get_args(Fault)
    return {fault: by_fault[fault] for fault in faults}


def undecidable(ledger: Ledger) -> list[str]:
    """Endpoints that a stranger activated after a request of ours that SFT had not answered.

    Ours may have been done late: nobody can tell the two apart, and the product takes it for its own.
    """
    return [e["endpoint_id"] for e in ledger["endpoints"] if _activated_by_stranger(e, ledger["log"]) == "undecidable"]


def _purchases(evidence: Evidence) -> Iterator[Sent]:
    """What the portal sent, and what eSIMs that were sold elsewhere came with, which has to be theirs as before."""
    yield from evidence.sent
    for taken in evidence.taken_over:
        for purchase_id, unique_id in taken.addons.items():
            yield Sent(purchase_id, taken.traveler_id, first=False, accepted=True, told=frozenset({unique_id}))


def _claims(evidence: Evidence) -> _Claims:
    claims = _Claims()
    for sale in evidence.sales:
        if sale.sold is not None and sale.sold.addon.unique_id is not None:
            instance = (sale.sold.endpoint_id, sale.sold.addon.unique_id)
            claims.sales[sale.purchase_id].add(instance)
            claims.plans[instance] = sale.sold.addon.plan_id
    for holding in evidence.holdings:
        for addon in holding.subscription.addons:
            if addon.status in ("provisioned", "removed") and addon.unique_id is not None:
                instance = (holding.subscription.endpoint_id, addon.unique_id)
                if addon.status == "removed":
                    claims.removed.add(instance)
                claims.holdings[addon.purchase_id].add(instance)
                claims.plans[instance] = addon.plan_id
    return claims


def _of_purchase(
    sent: Sent, evidence: Evidence, claims: _Claims, endpoints: Mapping[str, EndpointRecord]
) -> Iterator[Finding]:
    instances = claims.of(sent.purchase_id)
    where = provision_id(sent.purchase_id) if sent.first else _subscription_of(sent, evidence)
    if not instances:
        if sent.accepted and (trouble := _invisible(sent, evidence)):
            yield Finding("lost", sent.purchase_id, trouble, where)
        return
    if len(instances) > 1:
        said = ", ".join(f"{unique_id} on {endpoint_id}" for endpoint_id, unique_id in sorted(instances))
        yield Finding("duplicated", sent.purchase_id, f"became more than one instance: {said}", where)
    for endpoint_id, unique_id in sorted(instances):
        where = subscription_id(endpoint_id)
        plan_id, is_removed = claims.plans[endpoint_id, unique_id], (endpoint_id, unique_id) in claims.removed
        if not is_removed and (trouble := _not_delivered(endpoints.get(endpoint_id), unique_id, plan_id)):
            yield Finding("lost", sent.purchase_id, trouble, where)
        if not claims.holdings[sent.purchase_id]:
            yield Finding("lost", sent.purchase_id, f"was sold, but {where} does not know it", where)
    if wrong := sent.told - {unique_id for _, unique_id in instances}:
        yield Finding("duplicated", sent.purchase_id, f"the portal was told {', '.join(sorted(wrong))}", where)


def _subscription_of(sent: Sent, evidence: Evidence) -> str:
    for holding in evidence.holdings:
        if holding.subscription.traveler_id == sent.traveler_id:
            return holding.subscription.subscription_id
    return "(no subscription of this traveler)"


def _invisible(sent: Sent, evidence: Evidence) -> str | None:
    """What is wrong with a purchase that became no instance; None if it has visibly failed, or visibly waits."""
    if sent.first:
        return _invisible_sale([sale for sale in evidence.sales if sale.purchase_id == sent.purchase_id])
    known = [
        addon
        for holding in evidence.holdings
        for addon in holding.subscription.addons
        if addon.purchase_id == sent.purchase_id
    ]
    return _invisible_addon(known)


def _invisible_sale(runs: Sequence[Sale]) -> str | None:
    if not runs:
        return "was accepted, but there is no run of it"
    if any(run.outcome == "running" and run.progress and run.progress.step in WAITING for run in runs):
        return None
    for run in runs:
        if run.outcome == "running":
            step = f"{run.progress.step} ({run.progress.detail})" if run.progress else "a query that is not answered"
            return f"its run has not ended: it is stuck at {step}"
        if run.outcome != "failed":
            return f"its run {run.run_id} ended as {run.outcome}, without an eSIM"
    return None


def _invisible_addon(known: Sequence[Addon]) -> str | None:
    if not known:
        return "was accepted, but no subscription knows it"
    if any(addon.status == "removed" or (addon.status == "failed" and addon.error) for addon in known):
        return None
    return f"is {known[0].status} for ever"


def _not_delivered(endpoint: EndpointRecord | None, unique_id: str, plan_id: str) -> str | None:
    if endpoint is None:
        return f"instance {unique_id} is said to be on an endpoint that SFT does not have"
    if unique_id in _made_by_stranger(endpoint):
        return f"was given instance {unique_id}, which somebody else put on endpoint {endpoint['endpoint_id']}"
    plans = {addon["unique_id"]: addon["plan_id"] for addon in endpoint["addons"]}
    if unique_id not in plans:
        return f"instance {unique_id} is not on endpoint {endpoint['endpoint_id']}"
    if plans[unique_id] != plan_id:
        return f"instance {unique_id} is of plan {plans[unique_id]} instead of {plan_id}"
    return None


def _claimed_twice(claims: _Claims) -> Iterator[Finding]:
    owners: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    for said in (claims.sales, claims.holdings):
        for purchase_id, instances in said.items():
            for instance in instances:
                owners[instance].add(purchase_id)
    for (endpoint_id, unique_id), purchases in owners.items():
        for purchase_id in sorted(purchases)[1:]:
            sentence = f"has instance {unique_id} in common with {min(purchases)}"
            yield Finding("lost", purchase_id, sentence, subscription_id(endpoint_id))


def _of_endpoint(endpoint: EndpointRecord, evidence: Evidence, claims: _Claims) -> Iterator[Finding]:
    endpoint_id = endpoint["endpoint_id"]
    where = subscription_id(endpoint_id)
    holding = next((h for h in evidence.holdings if h.subscription.endpoint_id == endpoint_id), None)
    sold = {
        sale.purchase_id: sale.sold for sale in evidence.sales if sale.sold and sale.sold.endpoint_id == endpoint_id
    }

    for addon in _unaccounted(endpoint, claims):
        by = next(c for c in endpoint["history"] if (c["change"], c["value"]) == ("addon_added", addon["unique_id"]))
        sentence = f"instance {addon['unique_id']} of {addon['plan_id']} (call {by['call_number']}) nobody bought"
        yield Finding("duplicated", endpoint_id, sentence, where)
    if trouble := _silently_removed(endpoint, holding):
        yield Finding("unreported", endpoint_id, trouble, where)

    sold_elsewhere = {taken.traveler_id for taken in evidence.taken_over if taken.endpoint_id == endpoint_id}
    owners = {esim.traveler_id for esim in sold.values()} | sold_elsewhere
    travelers = owners | ({holding.subscription.traveler_id} if holding else set())
    if len(sold) + len(sold_elsewhere) > 1 or (owners and len(travelers) > 1):
        sentence = f"purchases {', '.join(sorted(sold))}, travelers {', '.join(sorted(travelers))}"
        yield Finding("shared", endpoint_id, sentence, where)
    cut_off = evidence.cut_off.union(*(sale.cut_off for sale in evidence.sales))
    if sold and endpoint_id not in cut_off and _activated_by_stranger(endpoint, evidence.ledger["log"]) == "yes":
        yield Finding("shared", endpoint_id, "sold although somebody else had activated it", where)

    active = endpoint["status"] == "Active"
    if active and not _owned(endpoint_id, holding, evidence) and _last_activated_by(endpoint) != STRANGER:
        state = holding.subscription.status if holding else "not claimed"
        yield Finding("dangling", endpoint_id, f"active at SFT without an owner ({state})", where)
    if not active and holding and holding.running and holding.subscription.status == "active":
        for purchase_id in sold:
            yield Finding("lost", purchase_id, f"endpoint {endpoint_id} was sold, but is {endpoint['status']}", where)


def _of_audit(evidence: Evidence, endpoints: Mapping[str, EndpointRecord]) -> Iterator[Finding]:
    """What the audit found, but for what strangers did, which it has to find."""
    for found in evidence.audit:
        endpoint = endpoints[found.endpoint_id or ""]
        is_a_strangers = found.at_sft is not None and _last_activated_by(endpoint) == STRANGER
        if found.kind in ("active_without_owner", "active_though_quarantined") and is_a_strangers:
            continue
        if found.kind == "unmatched" and _made_by_stranger(endpoint).issuperset(found.unique_ids):
            continue
        sentence = f"the audit found: {found.kind} ({found.here} here, {found.at_sft} at SFT)"
        yield Finding("dangling", endpoint["endpoint_id"], sentence, subscription_id(endpoint["endpoint_id"]))


def _unaccounted(endpoint: EndpointRecord, claims: _Claims) -> list[AddonRecord]:
    theirs = _made_by_stranger(endpoint)
    return [
        addon
        for addon in endpoint["addons"]
        if addon["unique_id"] not in theirs and (endpoint["endpoint_id"], addon["unique_id"]) not in claims.plans
    ]


def _silently_removed(endpoint: EndpointRecord, holding: Holding | None) -> str | None:
    removed = {addon["unique_id"] for addon in endpoint["removed_addons"]}
    if theirs := removed & _made_by_stranger(endpoint):
        return f"removed {', '.join(sorted(theirs))}, which somebody else had put there"
    said = _said_removed(holding.subscription) if holding else set()
    if silent := removed - said:
        return f"removed {', '.join(sorted(silent))} without saying so"
    if absent := said - removed:
        return f"says that it removed {', '.join(sorted(absent))}, which is not so"
    return None


def _said_removed(subscription: Subscription) -> set[str]:
    on_order = {addon.unique_id for addon in subscription.addons if addon.status == "removed" and addon.unique_id}
    return on_order | set(subscription.surplus_removed)


def _made_by_stranger(endpoint: EndpointRecord) -> set[str]:
    return {c["value"] for c in endpoint["history"] if c["change"] == "addon_added" and c["by"] == STRANGER}


def _last_activated_by(endpoint: EndpointRecord) -> str | None:
    by = [c["by"] for c in endpoint["history"] if (c["change"], c["value"]) == ("status", "Active")]
    return by[-1] if by else None


def _activated_by_stranger(endpoint: EndpointRecord, log: Sequence[CallRecord]) -> Literal["no", "yes", "undecidable"]:
    """A stranger acts just before a call of ours, the one whose fault is ``already_active``."""
    if not any((c["change"], c["value"], c["by"]) == ("status", "Active", STRANGER) for c in endpoint["history"]):
        return "no"
    ours = [call for call in log if call["call"] in ACTIVATING_CALLS and call["endpoint_id"] == endpoint["endpoint_id"]]
    for call in ours:
        if call["fault"] == "already_active":
            break
        if call["fault"] not in TELLING:
            return "undecidable"
    return "yes"


def _owned(endpoint_id: str, holding: Holding | None, evidence: Evidence) -> bool:
    if holding is None or not holding.running:
        return False
    if holding.subscription.status == "active":
        sold = [sale.sold.endpoint_id for sale in evidence.sales if sale.sold is not None]
        return endpoint_id in (*sold, *(taken.endpoint_id for taken in evidence.taken_over))
    return _claimant(endpoint_id, evidence.sales) is not None


def _claimant(endpoint_id: str, sales: Sequence[Sale]) -> Sale | None:
    running = [sale for sale in sales if sale.outcome == "running" and sale.progress is not None]
    return next((sale for sale in running if sale.progress and sale.progress.endpoint_id == endpoint_id), None)


def _orphaned_claims(evidence: Evidence) -> Iterator[Finding]:
    for holding in evidence.holdings:
        subscription = holding.subscription
        claimed = holding.running and subscription.status == "provisioning"
        if claimed and _claimant(subscription.endpoint_id, evidence.sales) is None:
            sentence = "claimed, but the run that claimed it has ended"
            yield Finding("dangling", subscription.endpoint_id, sentence, subscription.subscription_id)


def _forgotten(evidence: Evidence) -> Iterator[Finding]:
    for recall in evidence.recalls:
        for way, code in recall.answers.items():
            if code != recall.code:
                sentence = f"{way} answers {'another activation code' if code else 'no activation code'}"
                yield Finding("forgotten", recall.purchase_id, sentence, recall.subscription_id)


def _disturbed(evidence: Evidence) -> Iterator[Finding]:
    """What was sent to SFT for eSIMs that were taken over: nothing but the add-ons that were bought afterwards."""
    customers = {sent.traveler_id for sent in evidence.sent}
    ordered = {taken.endpoint_id: taken.traveler_id in customers for taken in evidence.taken_over}
    for call in evidence.ledger["log"]:
        endpoint_id, changing = call["endpoint_id"], (*ACTIVATING_CALLS, *ADDON_CALLS)
        if endpoint_id not in ordered or call["call"] not in changing:
            continue
        if not (ordered[endpoint_id] and call["call"] in ADDON_CALLS):
            sentence = f"was taken over, and call {call['number']} ({call['call']}) was made that nobody ordered"
            yield Finding("disturbed", endpoint_id, sentence, subscription_id(endpoint_id))
