"""What a status says of the other fields, for schemas: a union of variants that are told apart by one word, in which
what is always there for that word may not be null.

The messages themselves are one class each: a workflow changes the status of an add-on, and not its class.
"""

import copy
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from contract.event import EventType

Schema = dict[str, Any]


class Variant(NamedTuple):
    """The words that say that it is this one, and the fields that are not null then."""

    words: tuple[str, ...]
    there: tuple[str, ...] = ()


class Variants(NamedTuple):
    """The field that tells them apart, and each by its name."""

    told_by: str
    each: Mapping[str, Variant]


SALES: Final[tuple[EventType, ...]] = ("sale_waiting_for_stock", "sale_needs_attention", "sale_failed")
ADDONS: Final[tuple[EventType, ...]] = (
    *("esim_provisioned", "addon_provisioned", "addon_failed", "addon_removed"),
    *("addon_used_80_percent", "addon_used_up", "addon_expires_soon", "addon_expired"),
)
SUBSCRIPTIONS: Final[tuple[EventType, ...]] = (
    *("subscription_suspends_soon", "subscription_suspended", "subscription_resumed"),
    *("subscription_closed", "subscription_refunded"),
)
PROFILES: Final[tuple[EventType, ...]] = (
    *("esim_downloaded", "esim_installed", "esim_enabled", "esim_disabled", "esim_deleted", "esim_error"),
)
OF_AN_ESIM: Final = ("subscription_id", "traveler_id", "endpoint_id")

VARIANTS: Final[dict[str, Variants]] = {
    "Addon": Variants(
        "status",
        {
            "PendingAddon": Variant(("pending",)),
            "ProvisionedAddon": Variant(("provisioned",), ("unique_id",)),
            "FailedAddon": Variant(("failed",), ("error",)),
            "RemovedAddon": Variant(("removed",), ("removed_at",)),
        },
    ),
    "Event": Variants(
        "type",
        {
            "SaleEvent": Variant(SALES, ("traveler_id", "sale")),
            "StockEvent": Variant(("stock_low",), ("stock",)),
            "AddonEvent": Variant(ADDONS, (*OF_AN_ESIM, "addon")),
            "SubscriptionEvent": Variant(SUBSCRIPTIONS, OF_AN_ESIM),
            "ProfileEvent": Variant(PROFILES, (*OF_AN_ESIM, "profile")),
            "TestEvent": Variant(("test",)),
        },
    ),
}
"""Of messages of the contract, by their names."""


def narrowed(schema: Schema, told_by: str, variant: Variant) -> Schema:
    """The schema of an object for one of its variants."""
    schema = copy.deepcopy(schema)
    fields = schema["properties"]
    fields[told_by] = {name: part for name, part in fields[told_by].items() if name == "description"}
    fields[told_by] |= {"type": "string", "enum": list(variant.words)}
    for name in variant.there:
        if "anyOf" in fields[name]:
            others = {key: part for key, part in fields[name].items() if key != "anyOf"}
            fields[name] = next(one for one in fields[name]["anyOf"] if one != {"type": "null"}) | others
    return schema


def split(schemas: dict[str, Schema], variants: Mapping[str, Variants], folder: str) -> None:
    """Has each of the schemas that has variants be one of them. ``folder`` is where they all are, as references say."""
    for name in [name for name in schemas if name in variants]:
        whole, (told_by, each) = schemas[name], variants[name]
        for variant_name, variant in each.items():
            schemas[variant_name] = narrowed(whole, told_by, variant) | {"title": variant_name}
        mapping = {word: f"{folder}{one}" for one, variant in each.items() for word in variant.words}
        schemas[name] = {key: part for key, part in whole.items() if key in ("title", "description")} | {
            "oneOf": [{"$ref": f"{folder}{one}"} for one in each],
            "discriminator": {"propertyName": told_by, "mapping": mapping},
        }
