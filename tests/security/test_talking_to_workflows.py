"""Nonsense, sent by somebody who may write to the namespace, in plain text and encrypted: to every handler that a
workflow has."""

import asyncio
from typing import Any

import pytest
from temporalio.api.common.v1 import Payload
from temporalio.client import WorkflowHandle, WorkflowQueryFailedError, WorkflowUpdateFailedError
from temporalio.common import RawValue
from temporalio.service import RPCError

from contract.workflow_ids import provision_id
from tests.security.index import HANDLERS
from tests.support.attacked import Attacked
from tests.support.ciphertext_thief import without_keys
from tests.support.telling import long_but


def raw(data: bytes, encoding: bytes = b"json/plain") -> RawValue:
    return RawValue(Payload(metadata={"encoding": encoding}, data=data))


NONSENSE: list[list[Any]] = [
    [],
    [None],
    [raw(b"7")],
    [raw(b'"../../x"')],
    [raw(b"{}")],
    [raw(b"{bro")],
    [raw(b"\xff\xfe")],
    [raw(b"[" * 30_000 + b"]" * 30_000)],
    [raw(b'{"purchase_id": "\\ud800", "product": "x", "plan_id": "y", "reason": "\\ud800"}')],
    [raw(b'{"purchase_id": "P 1", "product": "a\\r\\nb", "plan_id": "", "reason": 7, "addon": {}}')],
    [raw(b"x", b"of/another-world")],
    [raw(b"{}"), raw(b"{}"), raw(b"{}")],
]

FOR_OTHERS: list[list[Any]] = [[raw(b"x" * 40, b"binary/encrypted")], [raw(b'{"written_by": "1.0"}')]]
"""Under a key that nobody has, and of a build that nobody runs. A signal like that is kept for who can read it: what
becomes of it is not tried here."""

NEED_NOTHING = (
    *("query subscription", "query progress", "query esim", "query last_state", "query restoration"),
    *("update refresh_usage", "signal look_soon", "signal look_again"),
)
"""What any input is right for: these take none."""

TELLING = (
    "ProvisionEsimWorkflow update amend_plan",
    "TravelerSubscriptionWorkflow query addon",
    "TravelerSubscriptionWorkflow signal addon_purchased",
    "TravelerSubscriptionWorkflow update suspend",
)


@pytest.mark.parametrize("handler", long_but(TELLING, HANDLERS))
async def test_nonsense_to_a_handler_is_refused_and_changes_nothing(attacked: Attacked, handler: str) -> None:
    kind, what, name = handler.split()
    before = await attacked.now()
    run: WorkflowHandle[Any, Any] = attacked.shop.run_of(attacked.sold.endpoint_id)
    if kind == "ProvisionEsimWorkflow":
        run = attacked.shop.client.get_workflow_handle(provision_id(attacked.ids["purchase_id"]))
    if kind == "AuditWorkflow":
        run = await start_audit(attacked)
    sent = NONSENSE if what == "signal" else NONSENSE + FOR_OTHERS
    plain: WorkflowHandle[Any, Any] = without_keys(attacked.shop.client).get_workflow_handle(run.id)
    answers = await asyncio.gather(*(say(by, what, name, nonsense) for by in (run, plain) for nonsense in sent))
    if f"{what} {name}" not in NEED_NOTHING:
        assert answers == [None] * 2 * len(sent)
    assert await attacked.now() == before


async def start_audit(attacked: Attacked) -> WorkflowHandle[Any, Any]:
    """One that is over."""
    shop = attacked.shop
    run = await shop.client.start_workflow(
        "AuditWorkflow", id=f"audit-{next(shop.numbers)}", task_queue=shop.task_queue
    )
    await run.result()
    return run


async def say(run: WorkflowHandle[Any, Any], what: str, name: str, args: list[Any]) -> object:
    """The answer; None for a refusal, and to a signal."""
    try:
        match what:
            case "query":
                return await run.query(name, args=args)
            case "update":
                return await run.execute_update(name, args=args)
        await run.signal(name, args=args)
    except (WorkflowQueryFailedError, WorkflowUpdateFailedError, RPCError):
        return None
    except KeyError:  # encrypted, for who has no keys
        return "an answer"
    return None
