"""What Temporal's Web UI shows about a subscription."""

from temporalio.api.sdk.v1 import WorkflowMetadata

from tests.support.seller import PLAN, PRODUCT, Seller


async def test_the_web_ui_shows_the_addons_as_a_table(shop: Seller) -> None:
    sold = await shop.sell()
    metadata = await shop.run_of(sold.endpoint_id).query("__temporal_workflow_metadata", result_type=WorkflowMetadata)
    row = f"| {sold.addon.purchase_id} | {PRODUCT} | {PLAN} | {sold.addon.unique_id} | provisioned |"
    assert row in metadata.current_details
    description = await shop.run_of(sold.endpoint_id).describe()
    assert "T-42" in (await description.static_summary() or "")
