"""The search attributes that workflows are found by. They are stored in plain text: ids and states only."""

from typing import Final

from temporalio.common import SearchAttributeKey, SearchAttributePair, TypedSearchAttributes

from contract.subscription import Subscription, SubscriptionStatus

TRAVELER_ID: Final = SearchAttributeKey.for_keyword("TravelerId")
ENDPOINT_ID: Final = SearchAttributeKey.for_keyword("EndpointId")
STATUS: Final = SearchAttributeKey.for_keyword("SubscriptionStatus")
PURCHASE_STEP: Final = SearchAttributeKey.for_keyword("PurchaseStep")

SEARCH_ATTRIBUTES: Final = (TRAVELER_ID, ENDPOINT_ID, STATUS, PURCHASE_STEP)


def search_attributes_of(subscription: Subscription, status: SubscriptionStatus | None = None) -> TypedSearchAttributes:
    """What this subscription is found by; ``status`` if not by its own."""
    return TypedSearchAttributes(
        [
            SearchAttributePair(TRAVELER_ID, subscription.traveler_id),
            SearchAttributePair(ENDPOINT_ID, subscription.endpoint_id),
            SearchAttributePair(STATUS, status or subscription.status),
        ]
    )
