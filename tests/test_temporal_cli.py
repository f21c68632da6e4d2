"""The Temporal CLI is a portal, too: the contract's plain JSON is all it takes."""

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

from tests.seller import PLAN, PRODUCT, Seller

CLI = str(Path(sys.executable).parent / "temporal")


async def temporal(shop: Seller, *words: str) -> dict[str, Any]:
    address = shop.client.service_client.config.target_host
    process = await asyncio.create_subprocess_exec(
        CLI, *words, "--address", address, "--output", "json", stdout=asyncio.subprocess.PIPE
    )
    output, _ = await process.communicate()
    assert process.returncode == 0
    answer: dict[str, Any] = json.loads(output or b"{}")
    return answer


async def test_a_purchase_is_started_topped_up_and_looked_at_from_the_command_line(shop: Seller) -> None:
    number = shop.number
    purchase = {"purchase_id": f"P-{number}", "traveler_id": "T-42", "product": PRODUCT, "plan_id": PLAN}
    workflow = ("--workflow-id", f"provision-P-{number}")
    start = ("--type", "ProvisionEsimWorkflow", "--task-queue", shop.task_queue, "--input", json.dumps(purchase))
    await temporal(shop, "workflow", "start", *workflow, *start)
    sold = (await temporal(shop, "workflow", "result", *workflow))["result"]
    assert sold["addon"]["status"] == "provisioned"
    [progress] = (await temporal(shop, "workflow", "query", *workflow, "--type", "progress"))["queryResult"]
    assert progress["step"] == "completed"

    subscription = ("--workflow-id", sold["subscription_id"])
    top_up = json.dumps({"purchase_id": f"P-{number}-2", "product": PRODUCT, "plan_id": PLAN})
    for _ in range(2):
        await temporal(shop, "workflow", "signal", *subscription, "--name", "addon_purchased", "--input", top_up)
    another = json.dumps({"purchase_id": f"P-{number}-3", "product": PRODUCT, "plan_id": PLAN})
    updated = await temporal(
        shop, "workflow", "update", "execute", *subscription, "--name", "purchase_addon", "--input", another
    )
    assert updated["result"]["status"] == "provisioned"
    [found] = (await temporal(shop, "workflow", "query", *subscription, "--type", "subscription"))["queryResult"]
    unique_ids = [addon["unique_id"] for addon in found["addons"]]
    assert unique_ids == [addon.unique_id for addon in shop.platform.endpoint(sold["endpoint_id"]).addons]
    assert len(unique_ids) == 3
