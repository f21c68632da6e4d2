"""The one check in the client that a purchase id stands for one purchase. The workflows have their own."""

from contract.addon import Addon
from contract.purchase import AddonPurchase, EsimPurchase
from seller.errors import Conflict


def refuse_another_purchase(known: EsimPurchase | Addon, asked: EsimPurchase | AddonPurchase) -> None:
    """Raises Conflict if what is known under a purchase id is not what is asked for now.

    A first purchase is compared by traveler, product and plan; an add-on, whose eSIM is known, by product and plan.
    """
    if isinstance(known, EsimPurchase) and isinstance(asked, EsimPurchase):
        is_another = known.conflicts_with(asked)
    else:
        is_another = (known.product, known.plan_id) != (asked.product, asked.plan_id)
    if is_another:
        what = f"{known.product} ({known.plan_id})"
        made = f"was made as {what}"
        if isinstance(known, EsimPurchase):
            made = f"was started as {what} for traveler {known.traveler_id}"
        raise Conflict(f"Purchase {known.purchase_id} {made}; another purchase needs another purchase id")
