"""What a worker does with more looks than it has places for, at a slow SFT: they have to wait in the queue."""

import asyncio
import itertools
from datetime import UTC, datetime
from typing import Final

from contract.addon import Addon
from contract.purchase import EsimPurchase
from contract.workflow_ids import SUBSCRIPTION_TYPE
from tools.bench.inside import settings_for, working
from tools.bench.looking import Looking
from tools.bench.scene import Scene
from tools.bench.sft import PLAN
from tools.bench.side import PRODUCT, carried_over
from tools.bench.size import Size
from tools.bench.table import Goal, Row, over
from tools.simulator.fault import Fault
from tools.simulator.platform import Platform
from tools.simulator.server import serving

GROUP: Final = "An overloaded worker"

NONE: Final = Goal(0, "at most")

LOOKS: Final = 30
"""Due at once: half as many more as a worker has places for."""

FIRST_ENDPOINT: Final = 800_000_001
LOOK_SECONDS: Final = 0.05
TIMEOUT_SECONDS: Final = 30
"""Of a call to SFT: longer than it takes to answer."""

_endpoints: Final = itertools.count(FIRST_ENDPOINT, LOOKS)


async def put_back(scene: Scene, size: Size) -> list[Row]:
    """How many looks were begun more often than once."""
    again = [await _begun_again(scene, size) for _ in range(size.few_rounds)]
    return [over(GROUP, f"looks that are put back, of {LOOKS} at once", "", again, NONE)]


async def _begun_again(scene: Scene, size: Size) -> int:
    client, looking = await scene.connect(), Looking()
    platform = Platform(esims=LOOKS, first_endpoint=next(_endpoints))
    queue = f"looks-{platform.endpoints[0].endpoint_id}"
    ids = []
    for endpoint in platform.endpoints:
        platform.set_status(endpoint.endpoint_id, "Active")
        bought = {"purchase_id": f"B-{endpoint.endpoint_id}", "product": PRODUCT, "plan_id": PLAN}
        addon = Addon(**bought, unique_id="7000000", status="provisioned")
        purchase = EsimPurchase(**bought, traveler_id="T-1")
        state = carried_over(endpoint.endpoint_id, purchase, [addon], endpoint.iccid)
        state.next_look = datetime.now(UTC)
        ids.append(state.subscription.subscription_id)
        await client.start_workflow(SUBSCRIPTION_TYPE, state, id=ids[-1], task_queue=queue)
    slow = Fault(call="GetEndPointProfile", kind="delay", delay_seconds=size.slow_seconds, times=LOOKS)
    platform.order(slow)
    async with serving(platform) as address:
        patience = {"sft_timeout_seconds": TIMEOUT_SECONDS, "sft_slow_timeout_seconds": TIMEOUT_SECONDS}
        async with working(client, settings_for(queue, address, **patience), [looking], runtime=scene.quiet):
            while platform.calls["GetEndPointProfile"] < LOOKS or looking.in_hand:  # noqa: ASYNC110
                await asyncio.sleep(LOOK_SECONDS)
            begun = looking.begun
    for workflow_id in ids:
        await client.get_workflow_handle(workflow_id).terminate()
    return begun - LOOKS
