"""Descriptions of the types and fields of the REST API, for its OpenAPI document and the page made from that."""

from typing import Any, Final

TYPES: Final = {
    "Addon": "An add-on: one purchase of one plan, on one eSIM. The same plan bought twice is two of them.",
    "AddonError": "Why an add-on failed.",
    "CarriedOutOrder": "An order about the eSIM, and what became of it.",
    "EsimProfile": "What became of the eSIM on a device, as SFT tells: the answer to whether it is installed.",
    "Failure": "Why a purchase failed.",
    "FirstAddon": "The add-on that was bought together with the eSIM.",
    "HiddenEsim": "An eSIM that there is, and that cannot be read at the moment.",
    "LifecycleOrder": "The order to suspend, resume or close an eSIM.",
    "NewAddon": "An add-on to buy, for an eSIM that was sold before.",
    "NewPurchase": "A first purchase: an eSIM with one add-on, for a traveler who has paid.",
    "ProblemDetails": "Why a call is not answered as asked, as RFC 9457 has it.",
    "ProductOnSale": "A product of the catalog.",
    "ProvisionedEsim": "The eSIM that was sold, with what it is installed with.",
    "Purchase": "A first purchase, and what has become of it.",
    "Refund": "Whether an eSIM may be paid back, and why or why not. If it may, it is closed.",
    "RefundOrder": "The order to give a whole eSIM back that was never used.",
    "Removal": "The order to take an add-on off.",
    "ShownSubscription": "An eSIM of a traveler, with its add-ons.",
    "Usage": "What an add-on had left when SFT was last asked. SFT counts in batches, and lags behind.",
    "WaitingMessage": "A message that was set aside, because no worker has had its key so far.",
}

FIELDS: Final = {
    "activation_code": "A secret: whoever installs it first has the eSIM. Empty for a key that is shown none.",
    "addon": "What was bought with it.",
    "addons": "In order of purchase.",
    "archived": "How many older add-ons are not in the list; each can still be asked for by its `purchase_id`.",
    "as_of": "UTC; when SFT was asked.",
    "at": "UTC, by SFT's clock.",
    "attempt": "How often it was tried: one more each time that it failed and was posted again.",
    "delivery": "What became of each channel that was asked for, such as `email`.",
    "detail": "One sentence for your operators.",
    "email": "Where the QR code is sent to, if anywhere.",
    "endpoint_id": "SFT's id of the eSIM, which stands in its address here.",
    "error": "There if it failed.",
    "esim": "There once it is completed.",
    "expires_at": "UTC; null while SFT has not set an end.",
    "failure": "What to decide by.",
    "granted_bytes": "How much there was.",
    "iccid": "The number of the eSIM.",
    "key": "The name of the key that it waits for.",
    "left": "In words, as travelers read it; empty where it is not known how much there was.",
    "message": "One sentence for your operators.",
    "msisdn": "Its phone number, if it has one.",
    "number": "Its number, by which an operator can drop it.",
    "plan_id": "SFT's planId of the product.",
    "order": "What was ordered.",
    "ordered_by": "Who ordered it, as you call them. The name of your key is noted beside it.",
    "orders": "The newest 50, oldest first.",
    "outcome": "`done`, or why it could not be done.",
    "product": "Its name in the catalog.",
    "profile": "Null until SFT tells: it does where its callbacks are set up.",
    "purchase_id": "Yours, one for each payment: it is bought once, however often it is sent.",
    "reason": "What SFT records as the reason.",
    "refund": "There if it was paid back.",
    "refundable": "Whether it may be paid back: then it is closed, and nothing is left on it.",
    "remaining_bytes": "How much is left.",
    "removed_at": "UTC; there if it was taken off on order.",
    "removed_because": "The reason that was given.",
    "set_aside": "Messages that wait for a key; your operators see which.",
    "set_aside_lost": "How many more messages came under unknown keys, and were not kept.",
    "since": "UTC; when it came.",
    "started_at": "UTC; when it was first taken, or last tried again.",
    "starts_at": "UTC; null while it waits for its first use.",
    "state": "Go by this rather than by the bytes: SFT may drop an add-on with bytes left.",
    "status": "How it stands.",
    "step": "How far it has come. Null while no worker answers: it goes on once one does.",
    "stock_wait_seconds": "How long to wait if no eSIM is in stock; a day if absent.",
    "subscription_id": "The id of its workflow, for your operators.",
    "surplus_removed": "Instances that SFT made once too often, and that were removed. Nobody paid for them.",
    "title": "What kind of problem it is, in words.",
    "traveler_id": "Yours: whose eSIM it is.",
    "type": "What to decide by.",
    "units": "What a GB is: `decimal` 1,000,000,000 bytes, `binary` 1,073,741,824.",
    "unique_id": "SFT's id of this instance; null until it is provisioned.",
    "unmatched": "Instances that SFT has on this eSIM and that nobody bought here.",
    "unreadable": "Why, in one sentence.",
    "usage": "Null until it is read for the first time.",
    "NewAddon.plan_id": "SFT's planId; that of the catalog if absent.",
    "NewAddon.product": "Its name in the catalog; any other, if there is a `plan_id`.",
    "NewPurchase.plan_id": "SFT's planId; that of the catalog if absent.",
    "NewPurchase.product": "Its name in the catalog; any other, if there is a `plan_id`.",
    "EsimProfile.status": "The last that happened.",
    "ProblemDetails.status": "The same as that of the answer.",
    "ProblemDetails.type": "A link to where it is explained, relative to the address of the portal.",
    "Purchase.detail": "One sentence for your operators; null while `step` is.",
    "CarriedOutOrder.at": "UTC; when that was known.",
    "CarriedOutOrder.reason": "The reason that was given.",
    "CarriedOutOrder.purchase_id": "Of the add-on that it was about.",
    "Refund.at": "UTC; when it was decided.",
    "Refund.addons": "As SFT told them just before.",
    "Refund.reason": "One sentence for your operators.",
    "RefundOrder.reason": "Why, in your words.",
    "Removal.reason": "Why, in your words.",
    "ShownSubscription.status": "How it stands; `terminated` if it was ended from outside, until it is restored.",
    "WaitingMessage.message": "Which signal it is.",
}
"""By name; and by type and name, where a name means something else than elsewhere."""

EXAMPLES: Final[dict[str, dict[str, Any]]] = {
    "NewPurchase": {"purchase_id": "P-3001", "traveler_id": "T-45", "product": "Wakanda 30Days / 30GB"},
    "NewAddon": {"purchase_id": "P-3003", "product": "Wakanda Daily"},
    "LifecycleOrder": {"reason": "non_payment"},
    "Removal": {"reason": "bought twice by mistake", "ordered_by": "anna"},
    "RefundOrder": {"reason": "the trip was cancelled", "ordered_by": "anna"},
}
"""Of each body."""


def explain(schemas: dict[str, Any]) -> None:
    """Puts them into the schemas of an OpenAPI document."""
    for name, schema in schemas.items():
        schema["description"] = TYPES[name]
        if name in EXAMPLES:
            schema["examples"] = [EXAMPLES[name]]
        for field, about in schema["properties"].items():
            about["description"] = FIELDS.get(f"{name}.{field}") or FIELDS[field]
