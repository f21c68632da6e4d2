"""The search attributes that workflows are found by. They are stored in plain text: ids, states and digests only."""

from typing import Final

from temporalio.common import SearchAttributeKey, SearchAttributePair, TypedSearchAttributes

from contract.esim import EsimDigests
from contract.subscription import Subscription, SubscriptionStatus

TRAVELER_ID: Final = SearchAttributeKey.for_keyword("TravelerId")
ENDPOINT_ID: Final = SearchAttributeKey.for_keyword("EndpointId")
STATUS: Final = SearchAttributeKey.for_keyword("SubscriptionStatus")
FIRST_PURCHASE_ID: Final = SearchAttributeKey.for_keyword("FirstPurchaseId")
PURCHASE_STEP: Final = SearchAttributeKey.for_keyword("PurchaseStep")
ICCID_DIGEST: Final = SearchAttributeKey.for_keyword("IccidDigest")
MSISDN_DIGEST: Final = SearchAttributeKey.for_keyword("MsisdnDigest")

SEARCH_ATTRIBUTES: Final = (
    TRAVELER_ID,
    ENDPOINT_ID,
    STATUS,
    FIRST_PURCHASE_ID,
    PURCHASE_STEP,
    ICCID_DIGEST,
    MSISDN_DIGEST,
)


def search_attributes_of(
    subscription: Subscription, first_purchase_id: str, status: SubscriptionStatus, digests: EsimDigests
) -> TypedSearchAttributes:
    """What this subscription is found by; ``status`` need not be its own."""
    return TypedSearchAttributes(
        [
            SearchAttributePair(TRAVELER_ID, subscription.traveler_id),
            SearchAttributePair(ENDPOINT_ID, subscription.endpoint_id),
            SearchAttributePair(STATUS, status),
            SearchAttributePair(FIRST_PURCHASE_ID, first_purchase_id),
            *(SearchAttributePair(key, digest) for key, digest in found_by(digests).items()),
        ]
    )


def found_by(digests: EsimDigests) -> dict[SearchAttributeKey[str], str]:
    """The search attributes that hold these digests."""
    values = ((ICCID_DIGEST, digests.iccid), (MSISDN_DIGEST, digests.msisdn))
    return {key: digest for key, digest in values if digest}
