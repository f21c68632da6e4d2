"""The report: one table that says what was done, and one that says what became of it."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tools.chaos.evidence import Evidence
from tools.chaos.forces.record import Force, Record
from tools.chaos.stage import Toll
from tools.chaos.tally import Tally
from tools.chaos.verdict import Finding, counts, undecidable


@dataclass(frozen=True)
class Report:
    """Everything that a run found."""

    seed: int
    seconds: float
    evidence: Evidence
    findings: Sequence[Finding]
    tally: Tally
    loops: Sequence[str]
    toll: Toll
    answers: Mapping[str, int]
    deliveries: int
    record: Record
    unanswered: Mapping[str, str]
    """Runs that could not answer a query, and why."""
    unserved: Sequence[str]
    """Travelers whose calls to the Temporal server had not all been answered when time was up."""

    @property
    def is_clean(self) -> bool:
        """Whether every promise was kept."""
        return not any(self._promises().values())

    def text(self) -> str:
        """Two Markdown tables."""
        return "\n\n".join((_table("promise", self._promises()), _table("what happened", self._happened())))

    def complaints(self, directory: Path) -> str:
        """What is wrong, with which ids, and how to look at it."""
        lines = [f"{finding.fault}: {finding.subject} {finding.sentence}" for finding in self.findings]
        lines += [
            f"{finding}"
            for finding in (*self.tally.broken_tasks, *self.loops, *self.toll.ended_by_themselves, *self.unserved)
        ]
        lines += [f"{workflow_id} could not answer a query: {why}" for workflow_id, why in self.unanswered.items()]
        lines += [*self.record.broken, *(f"did not happen once: {force}" for force in self._missing)]
        workflows = ", ".join(dict.fromkeys(finding.workflow_id for finding in self.findings))
        return "\n".join(
            (
                *lines,
                "",
                f"Workflows to look at: {workflows or 'none'}",
                *_shown_by(directory / "temporal.db"),
                f"{directory / 'ledger.json'} is what SFT did, call by call;",
                "the logs of the processes are beside it.",
            )
        )

    def _promises(self) -> dict[str, int]:
        return {
            **counts(self.findings),
            "workflow tasks failed or in a loop": len(self.tally.broken_tasks) + len(self.loops),
            "processes that ended by themselves": len(self.toll.ended_by_themselves),
            "travelers not served in time": len(self.unserved),
            "runs that could not answer a query": len(self.unanswered),
            "answers other than promised": len(self.record.broken),
            "forces that did not happen": len(self._missing),
        }

    @property
    def _missing(self) -> list[Force]:
        """A run without a force shows nothing about it."""
        return [force for force, count in self.record.counts().items() if not count]

    def _happened(self) -> dict[str, object]:
        evidence, ledger, tally = self.evidence, self.evidence.ledger, self.tally
        accepted = [sent for sent in evidence.sent if sent.accepted]
        addons = [addon for holding in evidence.holdings for addon in holding.subscription.addons]
        statuses = Counter(holding.subscription.status for holding in evidence.holdings)
        calls, faults = sum(ledger["calls"].values()), sum(ledger["faults"].values())
        return {
            "purchases accepted": f"{len(accepted)} by {len({sent.traveler_id for sent in accepted})} travelers",
            "deliveries of them": self.deliveries,
            "eSIMs sold": len({sale.purchase_id for sale in evidence.sales if sale.sold}),
            "add-ons provisioned": sum(addon.status == "provisioned" for addon in addons),
            "add-ons visibly failed": sum(addon.status == "failed" for addon in addons),
            "first purchases visibly waiting": sum(sale.outcome == "running" for sale in evidence.sales),
            "eSIMs quarantined": statuses["quarantined"],
            "subscriptions closed": statuses["closed"],
            "subscriptions continued as new": tally.continued,
            "worker and server kills": _listed(self.toll.killed),
            **{str(force): count for force, count in self.record.counts().items()},
            "paused or reset in mid-call, looked up and not sent again": tally.not_sent_again,
            "calls to SFT": calls,
            "of them with a fault": f"{faults} ({100 * faults / max(1, calls):.0f} %)",
            "faults by kind": _listed(ledger["faults"]),
            "SubscribeAddons by outcome": _listed(tally.subscribes),
            "of them unanswered": tally.unanswered,
            "unanswered and adopted": tally.adopted,
            "unanswered and sent again": tally.sent_again,
            "removed as surplus": sum(len(endpoint["removed_addons"]) for endpoint in ledger["endpoints"]),
            "strangers not to be told from us": len(undecidable(ledger)),
            "answers to the portal": _listed(self.answers),
            "seconds": f"{self.seconds:.0f}",
        }


def _shown_by(database: Path) -> list[str]:
    """How to look at the workflows; nothing of a cluster that was given, which has forgotten them."""
    if not database.exists():
        return [f"They are deleted; their histories are in {database.parent}."]
    command = f".venv/bin/temporal server start-dev --db-filename {database}"
    return [command, "shows them at http://localhost:8233."]


def _table(title: str, rows: Mapping[str, object]) -> str:
    return "\n".join((f"| {title} | |", "|---|---|", *(f"| {name} | {value} |" for name, value in rows.items())))


def _listed(numbers: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {numbers[name]}" for name in sorted(numbers))
