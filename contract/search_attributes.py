"""The search attributes that workflows are found by. They are stored in plain text: ids and states only."""

from typing import Final

from temporalio.common import SearchAttributeKey, SearchAttributePair, TypedSearchAttributes

from contract.subscription import Subscription, SubscriptionStatus

TRAVELER_ID: Final = SearchAttributeKey.for_keyword("TravelerId")
ENDPOINT_ID: Final = SearchAttributeKey.for_keyword("EndpointId")
STATUS: Final = SearchAttributeKey.for_keyword("SubscriptionStatus")
FIRST_PURCHASE_ID: Final = SearchAttributeKey.for_keyword("FirstPurchaseId")
PURCHASE_STEP: Final = SearchAttributeKey.for_keyword("PurchaseStep")

SEARCH_ATTRIBUTES: Final = (TRAVELER_ID, ENDPOINT_ID, STATUS, FIRST_PURCHASE_ID, PURCHASE_STEP)


def search_attributes_of(
    subscription: Subscription, first_purchase_id: str, status: SubscriptionStatus
) -> TypedSearchAttributes:
    """What this subscription is found by; ``status`` need not be its own."""
    return TypedSearchAttributes(
        [
            SearchAttributePair(TRAVELER_ID, subscription.traveler_id),
            SearchAttributePair(ENDPOINT_ID, subscription.endpoint_id),
            SearchAttributePair(STATUS, status),
            SearchAttributePair(FIRST_PURCHASE_ID, first_purchase_id),
        ]
    )
