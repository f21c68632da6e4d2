"""The search attributes that a subscription is found by. They hold ids and nothing else: everybody may see them."""

from typing import Final

from temporalio.common import SearchAttributeKey, SearchAttributePair, TypedSearchAttributes

from domain.subscription import Subscription

TRAVELER_ID: Final = SearchAttributeKey.for_keyword("TravelerId")
ENDPOINT_ID: Final = SearchAttributeKey.for_keyword("EndpointId")
STATUS: Final = SearchAttributeKey.for_keyword("SubscriptionStatus")

SEARCH_ATTRIBUTES: Final = (TRAVELER_ID, ENDPOINT_ID, STATUS)


def search_attributes_of(subscription: Subscription) -> TypedSearchAttributes:
    """What this subscription is found by."""
    return TypedSearchAttributes(
        [
            SearchAttributePair(TRAVELER_ID, subscription.traveler_id),
            SearchAttributePair(ENDPOINT_ID, subscription.endpoint_id),
            SearchAttributePair(STATUS, subscription.status),
        ]
    )
