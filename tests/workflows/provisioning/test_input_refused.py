"""Input of a purchase that is refused before anything is touched, and what an error does not repeat of it."""

from typing import Any

import pytest
from temporalio.api.common.v1 import Payload
from temporalio.common import RawValue

from contract.workflow_ids import provision_id
from tests.support.sales import failure, start_carelessly
from tests.support.seller import PLAN, PRODUCT, Run, Seller


async def test_a_purchase_under_another_workflow_id_is_refused(shop: Seller) -> None:
    purchase = shop.purchase()
    refused = await failure(await start_carelessly(shop, purchase, f"mine-{purchase.purchase_id}"))
    assert refused.type == "InvalidRequest"
    assert provision_id(purchase.purchase_id) in refused.message
    assert shop.platform.calls["fetchSIM"] == 0
    run = shop.client.get_workflow_handle(f"mine-{purchase.purchase_id}")
    assert (await shop.progress(run)).step == "failed"


VALID = {"purchase_id": "P-1", "traveler_id": "T-42", "product": PRODUCT, "plan_id": PLAN}


@pytest.mark.parametrize(
    ("args", "says"),
    [
        ([], "expected one input, got none"),
        ([None], "input"),
        (["P-1"], "input"),
        ([VALID, VALID], "expected one input, got 2"),
        ([[VALID]], "input"),
        *[([{key: value for key, value in VALID.items() if key != left_out}], left_out) for left_out in VALID],
        *[([VALID | {field: ""}], field) for field in VALID],
        *[([VALID | {field: 7}], field) for field in VALID],
        *[([VALID | {field: "x" * 201}], field) for field in VALID],
        *[([VALID | {field: "a\x07b"}], field) for field in VALID],
        ([VALID | {"purchase_id": "P 1"}], "purchase_id"),
        ([VALID | {"purchase_id": "P-1\n"}], "purchase_id"),
        ([VALID | {"email": "nobody"}], "email"),
        ([VALID | {"email": "a@b.example\r\nBcc: c@d.example"}], "email"),
        ([VALID | {"stock_wait_seconds": -1}], "stock_wait_seconds"),
        ([VALID | {"stock_wait_seconds": "60"}], "stock_wait_seconds"),
        ([RawValue(Payload(metadata={"encoding": b"json/plain"}, data=b"{bro"))], "input"),
        ([RawValue(Payload(metadata={"encoding": b"of/another-world"}, data=b"x"))], "decoded"),
        ([RawValue(Payload(data=b"x"))], "decoded"),
    ],
)
async def test_bad_input_is_refused_before_anything_is_touched(open_shop: Seller, args: list[Any], says: str) -> None:
    run: Run = await open_shop.client.start_workflow(
        "ProvisionEsimWorkflow", args=args, id=f"provision-{next(open_shop.numbers)}", task_queue=open_shop.task_queue
    )
    refused = await failure(run)
    assert refused.type == "InvalidRequest"
    assert says in refused.message
    assert open_shop.platform.calls.total() == 0


async def test_an_address_is_not_repeated_in_an_error(shop: Seller) -> None:
    refused = await failure(await start_carelessly(shop, VALID | {"email": "jo@@home"}, f"provision-{shop.number}"))
    assert "email" in refused.message
    assert "jo@" not in refused.message


async def test_an_address_in_an_input_of_the_wrong_shape_is_not_repeated_either(shop: Seller) -> None:
    refused = await failure(await start_carelessly(shop, [{"email": "jo@example.com"}], f"provision-{shop.number}"))
    assert "jo@" not in refused.message


async def test_unknown_fields_are_ignored(shop: Seller) -> None:
    purchase = shop.purchase()
    run = await start_carelessly(
        shop, purchase.model_dump(exclude_none=True) | {"color": "blue"}, provision_id(purchase.purchase_id)
    )
    assert (await run.result()).addon.status == "provisioned"
