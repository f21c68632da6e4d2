"""What programs read that make clients of the description: /api/openapi.json."""

import json
import re
from pathlib import Path
from typing import Any, get_args

import jsonschema  # type: ignore[import-untyped]
import pytest
from pydantic import SecretStr
from temporalio.client import Client

from contract.event import EventType
from contract.failure import FailureType
from delivery.webhook import Webhook
from portal.api.app import api
from portal.api.problems import MEANINGS
from portal.keys import ApiKeys
from portal.shop import Shop
from seller.client import SellerClient
from tests.support.addon_events import event, usage
from tests.support.event_receiver import SECRET
from tests.support.portal import CATALOG
from tests.support.raw_sft import answering, raw_sft

Described = dict[str, Any]

METHODS = {"get", "post"}


@pytest.fixture(scope="module")
def described(client: Client, tmp_path_factory: pytest.TempPathFactory) -> Described:
    keys = ApiKeys(tmp_path_factory.mktemp("keys") / "keys.json")
    document: Described = json.loads(json.dumps(api(Shop(SellerClient(client), lambda: CATALOG), keys).openapi()))
    return document


def calls(described: Described) -> dict[str, dict[str, Any]]:
    return {call["operationId"]: call for item in described["paths"].values() for call in item.values()}


def fits(described: Described, name: str, document: object) -> bool:
    schema = {"$ref": f"#/components/schemas/{name}", "components": described["components"]}
    return bool(jsonschema.Draft202012Validator(schema).is_valid(document))


def test_what_is_always_answered_is_required_and_bytes_have_64_bits(described: Described) -> None:
    schemas = described["components"]["schemas"]
    sent = {
        call["requestBody"]["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
        for call in calls(described).values()
        if "requestBody" in call
    }
    answered = {name: schema for name, schema in schemas.items() if name not in sent and "properties" in schema}
    assert {"ProvisionedEsim", "Stock", "FailedAddon", "AddonEvent", "HiddenEsim"} <= set(answered)
    for name, schema in answered.items():
        assert set(schema["required"]) == set(schema["properties"]), name
    for name in ("granted_bytes", "remaining_bytes"):
        assert schemas["Usage"]["properties"][name] | {"description": ""} == {
            **{"type": "integer", "format": "int64"},
            "description": "",
        }


def test_a_status_tells_which_of_several_forms_it_is(described: Described) -> None:
    schemas = described["components"]["schemas"]
    for name, told_by, words in (
        ("Purchase", "status", {"running", "completed", "failed"}),
        ("Addon", "status", {"pending", "provisioned", "failed", "removed"}),
        ("Event", "type", set(get_args(EventType))),
        ("ListedEsim", "status", {"active", "suspended", "closed", "unreadable", *schemas_statuses(schemas)}),
    ):
        discriminator = schemas[name]["discriminator"]
        assert (discriminator["propertyName"], set(discriminator["mapping"])) == (told_by, words)
        for word, reference in discriminator["mapping"].items():
            told = schemas[reference.rpartition("/")[2]]["properties"][told_by]
            assert word in schemas.get(told.get("$ref", "").rpartition("/")[2], told)["enum"]
            assert {"$ref": reference} in schemas[name]["oneOf"]
    completed, failed = (schemas[name]["properties"] for name in ("CompletedPurchase", "FailedPurchase"))
    assert completed["esim"]["$ref"].endswith("/ProvisionedEsim")
    assert failed["error"]["$ref"].endswith("/Failure")
    assert "anyOf" in failed["esim"]


def schemas_statuses(schemas: Described) -> list[str]:
    statuses: list[str] = schemas["ShownSubscription"]["properties"]["status"]["enum"]
    return statuses


def test_errors_are_told_by_one_of_known_words(described: Described) -> None:
    schemas = described["components"]["schemas"]
    assert schemas["ProblemDetails"]["properties"]["failure"]["enum"] == list(MEANINGS)
    assert schemas["AddonError"]["properties"]["type"]["enum"] == list(get_args(FailureType))
    assert set(schemas["Failure"]["properties"]["type"]["enum"]) > set(get_args(FailureType))


def test_every_call_has_a_name_that_says_what_it_does_and_tells_of_other_methods(described: Described) -> None:
    assert all(re.fullmatch(r"[a-z]+(_[a-z]+)+", name) for name in calls(described))
    assert len(calls(described)) == sum(len(item) for item in described["paths"].values())
    for name, call in calls(described).items():
        assert "Allow" in call["responses"]["405"]["headers"], name
        for parameter in call.get("parameters", ()):
            assert "anyOf" not in parameter["schema"], (name, "null in an address or a header")


@pytest.mark.parametrize(("call", "media"), [("get_qr_code_png", "image/png"), ("get_qr_code_svg", "image/svg+xml")])
def test_a_qr_code_is_answered_as_bytes(described: Described, call: str, media: str) -> None:
    answers = calls(described)[call]["responses"]["200"]["content"]
    assert answers == {media: {"schema": {"type": "string", "format": "binary"}}}


async def test_the_webhooks_are_what_is_posted(described: Described, tmp_path: Path) -> None:
    assert list(described["webhooks"]) != []
    assert set(described["webhooks"]) == set(get_args(EventType))
    told = event(usage=usage())
    async with raw_sft(answering({}), logs_in=False) as portal:
        async with Webhook(SecretStr(portal.base_url), SECRET) as hook:
            await hook.post(told)
        [posted] = portal.requests
    about = described["webhooks"][told.type]["post"]
    reference = about["requestBody"]["content"]["application/json"]["schema"]["$ref"]
    assert fits(described, reference.rpartition("/")[2], json.loads(posted.body))
    assert fits(described, "Event", json.loads(posted.body))
    for header in about["parameters"]:
        assert len(posted.header(header["name"])) == 1, header
