"""The contract as JSON Schema (2020-12): a document for each payload, and for each event, made from the messages.

They compile where a validator is strict (Ajv's strict mode): no keyword that JSON Schema does not know, no pattern that
is not one to a browser, no type that is left open.
"""

from typing import Any, Final, Literal, get_args

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema

from contract.addon import Addon
from contract.adoption import Adopted, Adoption, FoundEndpoints, IccidQuestion
from contract.audit import AuditProgress, AuditReport, SuspendedUnowned, UnownedEndpoint
from contract.esim import ProvisionedEsim
from contract.event import Event, EventType
from contract.order import LifecycleOrder, Refund, RefundOrder, RemovalOrder, ResendOrder
from contract.plan import PlanAnswer, PlanQuestion
from contract.profile import ProfileReport
from contract.progress import Progress
from contract.purchase import AddonPurchase, EsimPurchase, PlanAmendment, PurchaseReference
from contract.recording import Recorded
from contract.restoration import Restoration
from contract.sale_entry import PurchasesFrom, SaleEntry
from contract.stock import Stock, StockQuestion
from contract.subscription import Naming, SetAsideReference, Subscription
from contract.variants import VARIANTS, Schema, narrowed, split

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
DEFS: Final = "#/$defs/"

LEFT_OUT: Final = ("title", "default", "readOnly")
"""Of fields: a title is the name again, what is written has no defaults, and nobody but us writes it."""

ABOUT: Final = ("sale", "stock", "addon", "profile")
"""What an event may be about: of these parts, it has one at most."""


FROM_PORTALS: Final[dict[type[BaseModel], str]] = {
    EsimPurchase: "input of ProvisionEsimWorkflow",
    PlanAmendment: "update amend_plan",
    AddonPurchase: "update purchase_addon, signal addon_purchased",
    PurchaseReference: "query addon",
    PurchasesFrom: "query purchases",
    LifecycleOrder: "updates suspend, resume, close and their signals",
    RemovalOrder: "update remove_addon",
    RefundOrder: "update refund",
    ResendOrder: "update resend",
    Naming: "update name_esim",
    ProfileReport: "signal profile_changed",
    SetAsideReference: "update drop_set_aside",
    StockQuestion: "input of CountStockWorkflow",
    PlanQuestion: "input of LookUpPlanWorkflow",
    UnownedEndpoint: "input of SuspendUnownedWorkflow",
    Adoption: "input of AdoptEsimWorkflow",
    IccidQuestion: "input of FindEndpointsWorkflow",
}
"""What portals send, and where."""

TO_PORTALS: Final[dict[type[BaseModel], str]] = {
    ProvisionedEsim: "result of ProvisionEsimWorkflow, query esim",
    Progress: "query progress of ProvisionEsimWorkflow, update amend_plan",
    Addon: "updates purchase_addon and remove_addon, query addon",
    Subscription: "queries subscription and purchases, updates suspend, resume, close, resend, name_esim, "
    "refresh_usage",
    Refund: "update refund",
    Restoration: "query restoration",
    SaleEntry: "a line of the record of sales",
    Recorded: "result of RecordSalesWorkflow",
    Stock: "result of CountStockWorkflow",
    PlanAnswer: "result of LookUpPlanWorkflow",
    AuditReport: "result of AuditWorkflow",
    AuditProgress: "query progress of AuditWorkflow",
    SuspendedUnowned: "result of SuspendUnownedWorkflow",
    Adopted: "result of AdoptEsimWorkflow",
    FoundEndpoints: "result of FindEndpointsWorkflow",
    Event: "an event, of any type",
}
"""What they are answered, or told."""


class PlainSchemas(GenerateJsonSchema):
    """Schemas without what is noise in a document for other languages."""

    def generate(self, schema: Any, mode: Literal["validation", "serialization"] = "validation") -> Schema:
        """The schema of a message."""
        made = super().generate(schema, mode)
        for part in (made, *made.get("$defs", {}).values()):
            fields = part.get("properties", {})
            left_out = LEFT_OUT if mode == "serialization" else LEFT_OUT[:1]
            for name, field in fields.items():
                fields[name] = {key: value for key, value in field.items() if key not in left_out}
            for one in (part, *fields.values()):
                if "description" in one:
                    one["description"] = " ".join(one["description"].replace("``", "`").split())
        return made


def schema_of(model: type[BaseModel]) -> Schema:
    """The schema of one of these messages, complete in itself."""
    mode: Literal["validation", "serialization"] = "validation" if model in FROM_PORTALS else "serialization"
    made = model.model_json_schema(mode=mode, schema_generator=PlainSchemas)
    whole = {model.__name__: made, **made.pop("$defs", {})}
    split(whole, VARIANTS, DEFS)
    for one in whole.values():
        one.pop("discriminator", None)  # OpenAPI's: JSON Schema does not know it
    return _with_parts({"$schema": DIALECT, **whole[model.__name__]}, whole)


def schema_of_event(event_type: EventType) -> Schema:
    """The schema of an event of this type, complete in itself."""
    parts = schema_of(Event)["$defs"]
    told_by, each = VARIANTS["Event"]
    [(name, variant)] = [one for one in each.items() if event_type in one[1].words]
    made = narrowed(parts[name], told_by, variant._replace(words=(event_type,))) | {"title": event_type}
    made["properties"] |= {part: {"type": "null"} for part in ABOUT if part not in variant.there}
    return _with_parts({"$schema": DIALECT, **made}, parts)


def _with_parts(made: Schema, parts: dict[str, Schema]) -> Schema:
    """A schema with those parts that it refers to, or that one of them does."""
    needed, found = set[str](), _named_in(made)
    while found:
        needed |= found
        found = {name for part in found for name in _named_in(parts[part])} - needed
    return made | ({"$defs": {name: parts[name] for name in sorted(needed)}} if needed else {})


def _named_in(part: Any) -> set[str]:
    if isinstance(part, dict):
        own = {part["$ref"].removeprefix(DEFS)} if "$ref" in part else set[str]()
        return own.union(*map(_named_in, part.values()))
    return set[str]().union(*map(_named_in, part)) if isinstance(part, list) else set()


def documents() -> dict[str, Schema]:
    """Every document, by its path: ``EsimPurchase.json``, ``events/addon_used_up.json``; and the list of all."""
    of = {model.__name__: model for model in (*FROM_PORTALS, *TO_PORTALS)}
    payloads = {f"{name}.json": schema_of(model) for name, model in of.items()}
    events = {f"events/{name}.json": schema_of_event(name) for name in get_args(EventType)}
    index: Schema = {
        "from_portals": {f"{model.__name__}.json": where for model, where in FROM_PORTALS.items()},
        "to_portals": {f"{model.__name__}.json": where for model, where in TO_PORTALS.items()},
        "events": list(events),
    }
    return {"index.json": index, **payloads, **events}
