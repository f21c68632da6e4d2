"""The Temporal CLI is a portal, too: the contract's plain JSON, and the codec server, are all it takes."""

import asyncio
import base64
import json
import logging
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from temporalio.client import Client

from tests.support.codec_server import TOKEN, Codec, codec_server
from tests.support.encrypting_shop import encrypting_shop
from tests.support.encryption_keys import ring
from tests.support.payload_keys import labels_in
from tests.support.seller import PLAN, PRODUCT, Seller

CLI = str(Path(sys.executable).parent / "temporal")


@pytest.fixture
async def shop(client: Client) -> AsyncIterator[Seller]:
    """One that encrypts."""
    async with encrypting_shop(client) as shop, shop.working():
        yield shop


@pytest.fixture
async def codec() -> AsyncIterator[Codec]:
    async with codec_server(ring(1)) as codec:
        yield codec


async def temporal(shop: Seller, codec: Codec, *words: str) -> dict[str, Any]:
    address = ("--address", shop.client.service_client.config.target_host)
    reading = ["--codec-endpoint", codec.url, "--codec-auth", f"Bearer {TOKEN}"]
    if "--workflow-id" in words:
        reading += ["--codec-header", f"X-Workflow-Id={words[words.index('--workflow-id') + 1]}"]
    process = await asyncio.create_subprocess_exec(
        CLI, *words, *address, *reading, "--output", "json", stdout=asyncio.subprocess.PIPE
    )
    output, _ = await process.communicate()
    assert process.returncode == 0
    answer: dict[str, Any] = json.loads(output or b"{}")
    return answer


async def test_a_purchase_is_started_topped_up_and_looked_at_from_the_command_line(
    shop: Seller, codec: Codec, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "codec_server")
    number = shop.number
    purchase = {"purchase_id": f"P-{number}", "traveler_id": "T-42", "product": PRODUCT, "plan_id": PLAN}
    workflow = ("--workflow-id", f"provision-P-{number}")
    start = ("--type", "ProvisionEsimWorkflow", "--task-queue", shop.task_queue, "--input", json.dumps(purchase))
    await temporal(shop, codec, "workflow", "start", *workflow, *start)
    sold = (await temporal(shop, codec, "workflow", "result", *workflow))["result"]
    assert sold["addon"]["status"] == "provisioned"
    [progress] = (await temporal(shop, codec, "workflow", "query", *workflow, "--type", "progress"))["queryResult"]
    assert progress["step"] == "completed"

    subscription = ("--workflow-id", sold["subscription_id"])
    top_up = json.dumps({"purchase_id": f"P-{number}-2", "product": PRODUCT, "plan_id": PLAN})
    for _ in range(2):
        await temporal(shop, codec, "workflow", "signal", *subscription, "--name", "addon_purchased", "--input", top_up)
    another = json.dumps({"purchase_id": f"P-{number}-3", "product": PRODUCT, "plan_id": PLAN})
    updated = await temporal(
        shop, codec, "workflow", "update", "execute", *subscription, "--name", "purchase_addon", "--input", another
    )
    assert updated["result"]["status"] == "provisioned"
    [found] = (await temporal(shop, codec, "workflow", "query", *subscription, "--type", "subscription"))["queryResult"]
    unique_ids = [addon["unique_id"] for addon in found["addons"]]
    assert unique_ids == [addon.unique_id for addon in shop.platform.endpoint(sold["endpoint_id"]).addons]
    assert len(unique_ids) == 3

    shown = await temporal(shop, codec, "workflow", "show", *workflow)
    [asked] = shown["events"][0]["workflowExecutionStartedEventAttributes"]["input"]["payloads"]
    assert json.loads(base64.b64decode(asked["data"])) == purchase
    assert set(await labels_in(shop.client.get_workflow_handle(workflow[1]))) == {ring(1).newest.label}
    for call in ("encode", "decode"):
        assert f"{call} who=ann namespace=default payloads=1 keys={ring(1).newest.label} not_decrypted=0" in caplog.text
