import base64
import importlib
import json
import pkgutil
from collections.abc import Iterator
from typing import Any, get_args

import jsonschema  # type: ignore[import-untyped]
import pytest

import contract
from contract.addon import Addon, AddonError, AddonStatus
from contract.erasure import Erasure
from contract.event import EventType
from contract.message import HandlerInput, StartInput
from contract.purchase import ClaimedFor
from contract.restoration import EndedRun
from contract.schemas import FROM_PORTALS, TO_PORTALS, documents
from contract.variants import VARIANTS
from tests.support.histories import NEWEST
from tests.support.pages import blocks
from tests.support.strict_schemas import faults
from tools.schemas.__main__ import FOLDER, written

DOCS = FOLDER.parent
DOCUMENTS = documents()

NOT_PORTALS = {Erasure, EndedRun, ClaimedFor}
"""What operators' commands and our own workflows send."""


def fits(name: str, document: object) -> bool:
    return bool(jsonschema.Draft202012Validator(DOCUMENTS[f"{name}.json"]).is_valid(document))


def test_docs_schemas_is_what_the_messages_say() -> None:
    """Write it anew with: make contract."""
    kept = {str(file.relative_to(FOLDER)): file.read_text() for file in FOLDER.rglob("*.json")}
    assert kept == written()


@pytest.mark.parametrize("path", [path for path in DOCUMENTS if path != "index.json"])
def test_a_strict_validator_compiles_every_document(path: str) -> None:
    assert list(faults(DOCUMENTS[path])) == []
    jsonschema.Draft202012Validator.check_schema(DOCUMENTS[path])


def test_what_a_strict_validator_refuses_is_seen() -> None:
    for schema, fault in (
        ({"type": "string", "pattern": '^[^\\"]$'}, "no browser takes"),
        ({"properties": {}}, "properties without object"),
        ({"type": ["string", "null"]}, "a union of types"),
        ({"oneOf": [], "discriminator": {}}, "discriminator is no keyword"),
        ({"type": "object", "required": ["a"]}, "a is required, and no property"),
    ):
        assert any(fault in found for found in faults(schema)), fault


def test_every_input_is_a_document_and_every_event_is_one_of_its_variants() -> None:
    modules = [importlib.import_module(f"contract.{one.name}") for one in pkgutil.iter_modules(contract.__path__)]
    inputs = {kind for module in modules for kind in vars(module).values() if is_input(kind)}
    assert inputs - NOT_PORTALS == set(FROM_PORTALS)
    told = [word for one in VARIANTS["Event"].each.values() for word in one.words]
    assert sorted(told) == sorted(get_args(EventType))
    assert [word for one in VARIANTS["Addon"].each.values() for word in one.words] == list(get_args(AddonStatus))
    assert set(DOCUMENTS["index.json"]["to_portals"]) == {f"{model.__name__}.json" for model in TO_PORTALS}


def is_input(kind: object) -> bool:
    bases = (StartInput, HandlerInput)
    return isinstance(kind, type) and issubclass(kind, bases) and kind not in bases


@pytest.mark.parametrize(
    ("name", "example"), [*blocks(DOCS / "contract.md", "json"), *blocks(DOCS / "events.md", "json")], ids=str
)
def test_every_example_of_the_pages_fits_its_schema(name: str, example: str) -> None:
    document = json.loads(example)
    assert fits(name, document)
    if name == "Event":
        assert fits(f"events/{document['type']}", document)
    for field in DOCUMENTS[f"{name}.json"].get("required", ()):
        assert not fits(name, {key: value for key, value in document.items() if key != field})


def test_ids_that_no_address_can_hold_fit_no_schema() -> None:
    for purchase_id, is_id in (("P-1", True), ("a.b", True), (".a", True), (".", False), ("..", False), ("", False)):
        assert fits("PurchaseReference", {"purchase_id": purchase_id}) == is_id, purchase_id


def test_an_addon_says_by_its_status_what_is_there() -> None:
    addon = Addon(purchase_id="P-1", product="Wakanda Daily", plan_id="PLAN-1")
    failed = AddonError(type="AddonRejected", message="SFT refused")
    for status, known, is_right in (
        *(("pending", {}, True), ("provisioned", {"unique_id": "7"}, True), ("provisioned", {}, False)),
        *(("failed", {"error": failed}, True), ("failed", {}, False), ("removed", {}, False)),
    ):
        told = addon.model_copy(update={"status": status, **known})
        assert fits("Addon", told.model_dump(mode="json")) == is_right, (status, known)


def test_every_event_of_the_recorded_histories_fits_its_schema() -> None:
    told = list(posted())
    assert len({event["type"] for event in told}) > 8
    for event in told:
        assert fits(f"events/{event['type']}", event), event
        assert fits("Event", event), event


def posted() -> Iterator[dict[str, Any]]:
    """What was given to be posted, as it was written."""
    for file in sorted(NEWEST.glob("*.json")):
        for event in json.loads(file.read_text())["history"]["events"]:
            scheduled = event.get("activityTaskScheduledEventAttributes", {})
            if scheduled.get("activityType", {}).get("name") == "post_event":
                yield json.loads(base64.b64decode(scheduled["input"]["payloads"][0]["data"]))
