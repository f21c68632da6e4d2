"""A small world in which every promise was kept, with ways to break one."""

from dataclasses import dataclass, field

from contract.addon import Addon, AddonError, AddonStatus
from contract.audit import Finding as Audited
from contract.esim import FirstAddon, ProvisionedEsim
from contract.failure import ADDON_REJECTED
from contract.progress import Progress, Step
from contract.subscription import Subscription, SubscriptionStatus
from contract.workflow_ids import subscription_id
from tools.chaos.evidence import Evidence, Holding, Recall, Sale, Sent, TakenOver
from tools.chaos.verdict import Finding, findings
from tools.simulator.ledger import AddonRecord, CallRecord, ChangeRecord, EndpointRecord, Ledger

PLAN = "PLAN-WAKANDA-DAILY"


@dataclass
class World:
    """What the portal sent, what the workflows say, and what SFT holds; each can be changed on its own."""

    sent: list[Sent] = field(default_factory=list)
    sales: list[Sale] = field(default_factory=list)
    holdings: list[Holding] = field(default_factory=list)
    endpoints: dict[str, EndpointRecord] = field(default_factory=dict)
    log: list[CallRecord] = field(default_factory=list)
    recalls: list[Recall] = field(default_factory=list)
    audit: list[Audited] = field(default_factory=list)
    taken_over: list[TakenOver] = field(default_factory=list)
    cut_off: set[str] = field(default_factory=set)

    def found(self) -> list[Finding]:
        """What the check finds."""
        ledger = Ledger(endpoints=list(self.endpoints.values()), calls={}, faults={}, log=self.log)
        known = (self.sent, self.sales, self.holdings, ledger, self.recalls, self.audit, self.taken_over)
        return findings(Evidence(*known, frozenset(self.cut_off)))

    def faults(self) -> set[tuple[str, str]]:
        """The findings as (fault, subject)."""
        return {(finding.fault, finding.subject) for finding in self.found()}

    def sell(self, purchase_id: str, endpoint_id: str, unique_id: str, traveler_id: str = "T-1") -> Subscription:
        """An eSIM with its first add-on, sold as it should be."""
        self.send(purchase_id, traveler_id)
        self.claim_sold(purchase_id, endpoint_id, unique_id, traveler_id)
        self.activate(endpoint_id)
        self.instance(endpoint_id, unique_id)
        subscription = self.hold(endpoint_id, traveler_id)
        self.provisioned(subscription, purchase_id, unique_id)
        return subscription

    def take_over(self, endpoint_id: str, addons: dict[str, str], traveler_id: str = "T-old") -> Subscription:
        """An eSIM that was sold elsewhere with these uniqueIds by purchase, taken over as it should be."""
        endpoint = self.endpoint(endpoint_id)
        endpoint["status"] = "Active"
        self._changed(endpoint, "status", "Active", "elsewhere")
        subscription = self.hold(endpoint_id, traveler_id)
        for purchase_id, unique_id in addons.items():
            self.instance(endpoint_id, unique_id, by="elsewhere")
            self.provisioned(subscription, purchase_id, unique_id)
        self.taken_over.append(TakenOver(endpoint_id, traveler_id, addons))
        return subscription

    def top_up(self, subscription: Subscription, purchase_id: str, unique_id: str) -> None:
        """An add-on for an eSIM that was sold before, provisioned as it should be."""
        self.send(purchase_id, subscription.traveler_id, first=False)
        self.instance(subscription.endpoint_id, unique_id)
        self.provisioned(subscription, purchase_id, unique_id)

    def send(self, purchase_id: str, traveler_id: str = "T-1", *, first: bool = True, told: str | None = None) -> None:
        """The portal sent it, and the server took it."""
        self.sent.append(Sent(purchase_id, traveler_id, first, True, frozenset({told} if told else ())))

    def claim_sold(self, purchase_id: str, endpoint_id: str, unique_id: str, traveler_id: str = "T-1") -> None:
        """A run of ProvisionEsimWorkflow says that it sold this."""
        addon = FirstAddon(
            purchase_id=purchase_id, product="Daily", plan_id=PLAN, unique_id=unique_id, status="provisioned"
        )
        sold = ProvisionedEsim(
            subscription_id=subscription_id(endpoint_id),
            traveler_id=traveler_id,
            endpoint_id=endpoint_id,
            iccid="8932",
            activation_code="LPA:1$smdp.example.com$M",
            addon=addon,
        )
        self.sales.append(Sale(purchase_id, f"run-{len(self.sales)}", "completed", sold=sold))

    def waiting(self, purchase_id: str, step: Step, endpoint_id: str | None = None) -> None:
        """A run of ProvisionEsimWorkflow is still at this step."""
        progress = Progress(step=step, endpoint_id=endpoint_id, detail="Waits.")
        self.sales.append(Sale(purchase_id, f"run-{len(self.sales)}", "running", progress=progress))

    def hold(
        self, endpoint_id: str, traveler_id: str = "T-1", status: SubscriptionStatus = "active", *, running: bool = True
    ) -> Subscription:
        """A subscription that holds this endpoint."""
        subscription = Subscription(
            subscription_id=subscription_id(endpoint_id),
            traveler_id=traveler_id,
            endpoint_id=endpoint_id,
            iccid="8932",
            status=status,
        )
        self.holdings.append(Holding(running=running, subscription=subscription))
        return subscription

    def provisioned(
        self,
        subscription: Subscription,
        purchase_id: str,
        unique_id: str | None,
        status: AddonStatus = "provisioned",
    ) -> None:
        """The subscription says that it knows this purchase, in this state."""
        error = AddonError(type=ADDON_REJECTED, message="SFT said no") if status == "failed" else None
        addon = Addon(
            purchase_id=purchase_id, product="Daily", plan_id=PLAN, unique_id=unique_id, status=status, error=error
        )
        subscription.addons.append(addon)

    def endpoint(self, endpoint_id: str) -> EndpointRecord:
        """The endpoint at SFT, Pre-Active if it is new."""
        new = EndpointRecord(
            endpoint_id=endpoint_id, iccid="8932", status="Pre-Active", addons=[], removed_addons=[], history=[]
        )
        return self.endpoints.setdefault(endpoint_id, new)

    def activate(self, endpoint_id: str, by: str = "EndPointLifeCycleChange", fault: str | None = None) -> None:
        """The endpoint was activated, by us or by a stranger; one call of ours about it is in the log."""
        endpoint = self.endpoint(endpoint_id)
        endpoint["status"] = "Active"
        self.call(endpoint_id, fault)
        self._changed(endpoint, "status", "Active", by)

    def suspend(self, endpoint_id: str) -> None:
        """The endpoint was suspended."""
        endpoint = self.endpoint(endpoint_id)
        endpoint["status"] = "Suspended"
        self._changed(endpoint, "status", "Suspended", "EndPointLifeCycleChange")

    def call(self, endpoint_id: str, fault: str | None = None, call: str = "EndPointLifeCycleChange") -> None:
        """A request of ours about the endpoint, to activate it if nothing else is said."""
        self.log.append(
            CallRecord(
                number=len(self.log) + 1,
                call=call,
                endpoint_id=endpoint_id,
                plan_id=None,
                fault=fault,
                done=True,
                status=200,
            )
        )

    def instance(self, endpoint_id: str, unique_id: str, by: str = "SubscribeAddon", plan_id: str = PLAN) -> None:
        """SFT has this instance on the endpoint."""
        endpoint = self.endpoint(endpoint_id)
        endpoint["addons"].append(AddonRecord(unique_id=unique_id, plan_id=plan_id))
        self._changed(endpoint, "addon_added", unique_id, by)

    def remove(self, endpoint_id: str, unique_id: str) -> None:
        """The instance was taken off the endpoint."""
        endpoint = self.endpoint(endpoint_id)
        [instance] = [addon for addon in endpoint["addons"] if addon["unique_id"] == unique_id]
        endpoint["addons"].remove(instance)
        endpoint["removed_addons"].append(instance)
        self._changed(endpoint, "addon_removed", unique_id, "endpoint")

    def _changed(self, endpoint: EndpointRecord, change: str, value: str, by: str) -> None:
        number = None if by == "stranger" else len(self.log)
        endpoint["history"].append(
            ChangeRecord(change=change, value=value, by=by, call_number=number, at="2026-11-21T12:00:00+00:00")
        )
