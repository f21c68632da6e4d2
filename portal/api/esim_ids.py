"""The endpoint id in an address."""

from contract.ids import PurchaseId

EndpointId = PurchaseId  # SFT's, as long as any id of ours may be
