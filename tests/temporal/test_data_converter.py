"""What the data converter lets through, refuses and seals, without a server."""

import json
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError
from temporalio import workflow
from temporalio.api.common.v1 import Payload
from temporalio.api.failure.v1 import Failure
from temporalio.contrib.pydantic import PydanticPayloadConverter
from temporalio.converter import DataConverter
from temporalio.exceptions import ApplicationError

from contract.addon import Addon
from contract.message import RELEASE, HandlerInput, StartInput
from contract.purchase import AddonPurchase, EsimPurchase
from contract.stock import StockQuestion
from temporal.data_converter import StrictPayloadConverter, data_converter, data_converter_with, has_key, open_input
from temporal.encryption.sealed import EncryptedInput, Undecipherable, label_of
from temporal.unread_input import UnreadInput, WrittenByAnotherBuild
from tests.support.encryption_keys import ring
from workflows.adoption import AdoptEsimWorkflow
from workflows.endpoint_search import FindEndpointsWorkflow
from workflows.handover import CleanedUp, HandOver
from workflows.last_state import ReadLastStateWorkflow
from workflows.pinned import PinnedProvisioning
from workflows.plan import LookUpPlanWorkflow
from workflows.provisioning import ProvisionEsimWorkflow
from workflows.state import SubscriptionState
from workflows.stock import CountStockWorkflow
from workflows.stock_queue import HandOutStockWorkflow
from workflows.subscription import TravelerSubscriptionWorkflow

WORKFLOWS: list[type] = [
    ProvisionEsimWorkflow,
    PinnedProvisioning,
    TravelerSubscriptionWorkflow,
    AdoptEsimWorkflow,
    FindEndpointsWorkflow,
    CountStockWorkflow,
    HandOutStockWorkflow,
    LookUpPlanWorkflow,
    ReadLastStateWorkflow,
]

ADDON = AddonPurchase(purchase_id="P-1", product="Wakanda 30Days / 30GB", plan_id="PLAN-1")
ESIM = EsimPurchase(**ADDON.model_dump(), traveler_id="T-42", email="traveler@example.com")
CODE = "LPA:1$smdp.example.com$MATCHING-ID"


async def read(payloads: list[Payload], *hints: Any, converter: DataConverter = data_converter) -> list[Any]:
    return await converter.decode(payloads, list(hints) or None)


async def refusal(*values: object, hint: Any) -> ApplicationError:
    """Why these values are no input of the type."""
    with pytest.raises(ApplicationError) as refused:
        await read(await data_converter.encode(values), hint)
    assert refused.value.type == "InvalidRequest"
    assert refused.value.non_retryable
    assert refused.value.message.endswith("; correct the request and send it again")
    return refused.value


async def sealed(value: object, *, altered: bool = False) -> list[Payload]:
    """What another process sent under a key that only it has, or that was altered on the way."""
    payloads = await data_converter_with(ring(1)).encode([value])
    if altered:
        payloads[0].data = payloads[0].data[:-1] + bytes([payloads[0].data[-1] ^ 1])
    return payloads


def definition(kind: type) -> Any:
    return workflow._Definition.must_from_class(kind)


def test_what_our_workflows_are_started_with_is_marked_as_such() -> None:
    for kind in WORKFLOWS:
        [hint] = definition(kind).arg_types
        assert hint == SubscriptionState | None or issubclass(hint, StartInput), kind


def test_what_comes_to_a_handler_of_ours_is_marked_as_such_if_it_needs_it() -> None:
    hints = [
        hint
        for kind in WORKFLOWS
        for handlers in (definition(kind).signals, definition(kind).updates, definition(kind).queries)
        for handler in handlers.values()
        for hint in handler.arg_types or []
    ]
    assert [hint for hint in hints if hint is not object and not issubclass(hint, HandlerInput)] == []
    assert {AddonPurchase, CleanedUp} <= set(hints)


@pytest.mark.parametrize("message", [ADDON, ESIM, StockQuestion(), CleanedUp(subscription_id="subscription-1")])
async def test_a_message_is_read_as_it_was_sent(message: BaseModel) -> None:
    assert await read(await data_converter.encode([message]), type(message)) == [message]


async def test_fields_that_nobody_knows_are_left_out() -> None:
    payloads = await data_converter.encode([ADDON.model_dump() | {"color": "blue"}])
    assert await read(payloads, AddonPurchase) == [ADDON]


NO_ID = "must be 1 to 64 of A-Z a-z 0-9 . _ -, and not full stops alone"


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"purchase_id": "P 1"}, f"purchase_id: {NO_ID}, got 'P 1'"),
        ({"purchase_id": ".."}, f"purchase_id: {NO_ID}, got '..'"),
        ({"plan_id": 7}, "plan_id: Input should be a valid string, got 7"),
        ({"plan_id": "x" * 300}, f"plan_id: String should have at most 200 characters, got '{'x' * 76}..."),
        ({"plan_id": {"id": 7}}, "plan_id: Input should be a valid string"),
        (
            {"product": "", "plan_id": ""},
            "product: String should have at least 1 character, got ''; "
            "plan_id: String should have at least 1 character, got ''",
        ),
    ],
)
async def test_each_field_that_is_wrong_is_named_with_what_it_holds(changes: dict[str, Any], sentence: str) -> None:
    refused = await refusal(ADDON.model_dump() | changes, hint=AddonPurchase)
    assert refused.message == f"{sentence}; correct the request and send it again"


async def test_of_a_field_that_is_missing_the_rest_of_the_message_is_not_shown() -> None:
    refused = await refusal({"purchase_id": "P-1", "product": "Wakanda"}, hint=AddonPurchase)
    assert refused.message == "plan_id: Field required; correct the request and send it again"


@pytest.mark.parametrize(
    "changes",
    [
        {"email": "traveler@"},
        {"email": "traveler in Brussels"},
        {"email": ["traveler@example.com"]},
        {"purchase_id": "traveler@example.com"},
        {"purchase_id": CODE},
        {"plan_id": {"email": "traveler@example.com", "code": CODE}},
        {"stock_wait_seconds": [CODE]},
    ],
)
async def test_nothing_personal_or_secret_is_quoted_in_whatever_field_it_is(changes: dict[str, Any]) -> None:
    refused = await refusal(ESIM.model_dump() | changes, hint=EsimPurchase)
    assert next(iter(changes)) in refused.message
    assert not any(secret in f"{refused!r} {refused.__cause__!r}" for secret in ("traveler", "MATCHING", "LPA:"))
    assert refused.__cause__ is None


@pytest.mark.parametrize("hint", [AddonPurchase, EsimPurchase, SubscriptionState | None])
@pytest.mark.parametrize("value", [None, b"bytes", "text", 7, [ESIM.model_dump()]], ids=repr)
async def test_what_is_no_object_is_refused(value: object, hint: Any) -> None:
    await refusal(value, hint=hint)


@pytest.mark.parametrize(
    "payload",
    [
        Payload(metadata={"encoding": b"json/plain"}, data=b"{bro"),
        Payload(metadata={"encoding": b"of/another-world"}, data=b"x"),
        Payload(data=b"x"),
    ],
    ids=["broken JSON", "another encoding", "no encoding"],
)
async def test_what_cannot_be_decoded_at_all_is_refused(payload: Payload) -> None:
    with pytest.raises(ApplicationError) as refused:
        await read([payload], AddonPurchase)
    assert refused.value.type == "InvalidRequest"


async def test_more_inputs_than_one_are_refused() -> None:
    with pytest.raises(ApplicationError, match="expected one input, got 2") as refused:
        await read(await data_converter.encode([ADDON, ADDON]))  # the SDK drops the hints where they do not fit
    assert refused.value.type == "InvalidRequest"


async def test_a_result_that_cannot_be_read_is_not_somebodys_bad_request() -> None:
    with pytest.raises(ValidationError):
        await read(await data_converter.encode([{"purchase_id": "P-1"}]), Addon)


async def test_what_is_no_message_is_read_as_the_sdk_does() -> None:
    values = ["text", {"a": 1}, None]
    assert await read(await data_converter.encode(values), str, dict[str, int], type(None)) == values
    assert await read(await data_converter.encode([{"a": 1}])) == [{"a": 1}]


@pytest.mark.parametrize("message", [HandOver, SubscriptionState | None], ids=str)
async def test_what_only_another_build_can_read_waits_for_it_and_no_value_is_shown(message: Any) -> None:
    payloads = await data_converter.encode(
        [{"written_by": "9.9", "addon": {"status": CODE}, "subscription": {"status": CODE}}]
    )
    if message is HandOver:
        [unread] = await read(payloads, message)
        assert isinstance(unread, UnreadInput)
        why = unread.why
    else:
        with pytest.raises(WrittenByAnotherBuild) as waits:
            await read(payloads, message)
        assert waits.value.__cause__ is None
        why = str(waits.value)
    assert "was written by release 9.9 and this build cannot read it (" in why
    assert ".status: Input should be " in why
    assert "MATCHING" not in why


@pytest.mark.parametrize("mark", [{}, {"written_by": None}, {"written_by": 1}], ids=str)
async def test_what_lacks_the_mark_of_our_workflows_is_refused_whether_or_not_it_can_be_read(mark: Any) -> None:
    message = CleanedUp(subscription_id="subscription-1").model_dump(exclude={"written_by"})
    await refusal(message | mark, hint=CleanedUp)
    await refusal(mark, hint=CleanedUp)


async def test_what_is_carried_on_is_marked_by_who_carries_it_on() -> None:
    payloads = await data_converter.encode([{"written_by": "0.9", "subscription_id": "subscription-1"}])
    [message] = await read(payloads, CleanedUp)
    assert json.loads((await data_converter.encode([message]))[0].data)["written_by"] == RELEASE


async def test_a_field_that_only_another_build_knows_is_kept_and_never_shown() -> None:
    sent = {"written_by": "9.9", "subscription_id": "subscription-1", "secret_of_9_9": CODE}
    [message] = await read(await data_converter.encode([sent]), CleanedUp)
    assert "MATCHING" not in f"{message} {message!r}"
    assert json.loads((await data_converter.encode([message]))[0].data)["secret_of_9_9"] == CODE


def test_without_keys_nothing_is_encrypted() -> None:
    assert data_converter_with(None) is data_converter


async def test_with_keys_every_payload_is_sealed_and_read_again() -> None:
    converter = data_converter_with(ring(2, 1))
    payloads = await converter.encode([ESIM])
    assert [label_of(payload) for payload in payloads] == [ring(2).newest.label]
    assert b"traveler@" not in payloads[0].SerializeToString()
    for sent in (payloads, await sealed(ESIM)):  # under the newest key, and under the older one
        [found] = await read(sent, EsimPurchase, converter=converter)
        assert found.model_dump() == ESIM.model_dump()


async def test_with_keys_what_was_sent_without_is_read_and_refused_as_ever() -> None:
    converter = data_converter_with(ring(1))
    assert await read(await data_converter.encode([ADDON]), AddonPurchase, converter=converter) == [ADDON]
    [found] = await read(await sealed({"purchase_id": "P-1", "product": "W"}), AddonPurchase, converter=converter)
    with pytest.raises(ApplicationError, match="plan_id: Field required"):
        open_input(found, converter.payload_converter)


async def test_a_failure_says_what_it_says_only_to_who_has_the_key() -> None:
    failure, converter = Failure(), data_converter_with(ring(1))
    await converter.encode_failure(ApplicationError("the code is 1234", {"code": 1234}, type="Rejected"), failure)
    assert b"1234" not in failure.SerializeToString()
    read_again = await converter.decode_failure(failure)
    assert isinstance(read_again, ApplicationError)
    assert (read_again.message, read_again.type) == ("the code is 1234", "Rejected")


@pytest.mark.parametrize("keys", [None, ring(2)], ids=["no key", "another key"])
async def test_a_failure_under_a_missing_key_names_that_key(keys: Any) -> None:
    failure = Failure()
    await data_converter_with(ring(1)).encode_failure(ApplicationError("secret", {"code": 1}, type="Rejected"), failure)
    unread = await data_converter_with(keys).decode_failure(failure)
    assert isinstance(unread, ApplicationError)
    assert f"The reason is encrypted with key {ring(1).newest.label}" in unread.message
    assert (unread.type, list(unread.details)) == ("Rejected", [])


@pytest.mark.parametrize("keys", [None, ring(2), ring(1)], ids=["no key", "another key", "the key"])
async def test_what_comes_encrypted_to_a_handler_is_handed_on_alike_with_the_key_and_without(keys: Any) -> None:
    converter = data_converter_with(keys)
    for message in (ADDON, CleanedUp(subscription_id="subscription-1")):
        [payload] = await sealed(message)
        [found] = await read([payload], type(message), converter=converter)
        assert isinstance(found, EncryptedInput)
        assert (found.key, found.sealed_bytes) == (ring(1).newest.label, len(payload.data))
        if has_key(converter, found.key):
            assert open_input(found, converter.payload_converter) == message
        else:
            with pytest.raises(Undecipherable, match=f"is encrypted with key {ring(1).newest.label}"):
                open_input(found, converter.payload_converter)


async def test_nobody_can_say_that_plain_text_came_under_a_key() -> None:
    [payload] = await data_converter.encode([ADDON])
    payload.metadata["encryption-key-id"] = ring(1).newest.label.encode()
    for keys in (None, ring(1)):
        assert await read([payload], AddonPurchase, converter=data_converter_with(keys)) == [ADDON]


async def test_a_start_knows_its_key_and_does_not_send_it_on() -> None:
    [found] = await read(await sealed(ESIM), EsimPurchase, converter=data_converter_with(ring(2, 1)))
    assert found.encrypted_with == ring(1).newest.label
    assert ring(1).newest.label not in found.model_dump_json()
    [plain] = await read(await data_converter.encode([ESIM]), EsimPurchase, converter=data_converter_with(ring(1)))
    assert plain.encrypted_with is None


async def test_what_was_encrypted_twice_is_refused_for_that_and_nothing_else() -> None:
    codec = data_converter_with(ring(1)).payload_codec
    assert codec
    twice = await codec.encode(await sealed(ESIM))
    for keys in (ring(1), ring(1, 2)):
        with pytest.raises(ApplicationError, match="the input is encrypted twice") as refused:
            await read(twice, EsimPurchase, converter=data_converter_with(keys))
        assert "not set here" not in str(refused.value)


@pytest.mark.parametrize("hint", [EsimPurchase, SubscriptionState | None, Addon, str, None])
async def test_a_start_or_a_result_under_a_missing_key_waits_for_it(hint: Any) -> None:
    hints = [hint] if hint else []
    with pytest.raises(Undecipherable, match=f"is encrypted with key {ring(1).newest.label}"):
        await read(await sealed(ESIM), *hints, converter=data_converter_with(ring(2)))


@pytest.mark.parametrize("hint", [EsimPurchase, SubscriptionState | None])
async def test_an_input_that_was_altered_is_refused_for_no_key_will_ever_open_it(hint: Any) -> None:
    with pytest.raises(ApplicationError, match=r"the input is encrypted .* it was altered on the way") as refused:
        await read(await sealed(ESIM, altered=True), hint, converter=data_converter_with(ring(1)))
    assert refused.value.type == "InvalidRequest"


async def test_a_result_that_was_altered_is_no_bad_request() -> None:
    with pytest.raises(Undecipherable, match="it was altered on the way"):
        await read(await sealed(ESIM, altered=True), Addon, converter=data_converter_with(ring(1)))


def test_how_a_type_is_read_is_found_out_once_and_not_by_each_run_anew() -> None:
    one, another = StrictPayloadConverter(), StrictPayloadConverter()
    assert one is not another
    assert all(mine is its for mine, its in zip(one.converters.values(), another.converters.values(), strict=True))
    assert list(one.converters) == list(PydanticPayloadConverter().converters)
