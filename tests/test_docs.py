"""What the documentation says is what the code does."""

import ast
import asyncio
import base64
import json
import os
import re
import sys
from asyncio.subprocess import PIPE
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import httpx
import pytest
from pydantic import BaseModel
from pydantic_core import PydanticUndefined
from temporalio.client import Client, WorkflowHistory
from typer.core import TyperGroup
from typer.main import get_command

from cli.commands import app
from contract.addon import Addon, AddonStatus, UsageState
from contract.adoption import Adopted, Adoption, FoundEndpoints, IccidQuestion
from contract.audit import AuditReport, FindingKind
from contract.esim import ProvisionedEsim
from contract.failure import FailureType
from contract.order import LifecycleOrder, Refund, RefundOrder, RemovalOrder, ResendOrder, SuspensionReason
from contract.profile import ProfileReport, ProfileStatus
from contract.progress import Progress, Step
from contract.purchase import AddonPurchase, EsimPurchase, PlanAmendment, PurchaseReference
from contract.sale_entry import SaleEntry
from contract.search_attributes import SEARCH_ATTRIBUTES
from contract.stock import Stock
from contract.subscription import Naming, Subscription, SubscriptionStatus
from portal.api.problems import MEANINGS
from portal.limits import ADDRESS, CALLER, LARGEST_BODY
from portal.shop import ORDER_SECONDS
from seller.timeline.fact import Fact, KnownRun, Timeline, What
from seller.timeline.opened import OpenedRun
from seller.timeline.run_facts import facts_of
from temporal.encryption.keys import KeyRing
from tests.support.codec_server import codec_server
from tests.support.encrypting_shop import encrypting_shop
from tests.support.encryption_keys import key, ring
from tests.support.histories import NEWEST
from tests.support.html_visitor import Visitor
from tests.support.pages import anchors, blocks, table, words
from tests.support.parsed import parsed
from tests.support.ports import free_port
from tests.support.seller import Seller
from tests.support.settings import SETTINGS
from tools.demo.child import Child
from tools.demo.place import free_place
from tools.demo.surroundings import surroundings

ROOT = Path(__file__).parent.parent
SETTINGS_PAGE = ROOT / "docs" / "settings.md"
CONTRACT = ROOT / "docs" / "contract.md"
PORTAL = ROOT / "docs" / "portal.md"
SHOP = ROOT / "docs" / "shop.md"
API = ROOT / "docs" / "api.md"
RUNBOOK = ROOT / "docs" / "runbook.md"

MESSAGES: dict[str, type[BaseModel]] = {
    kind.__name__: kind
    for kind in (
        *(Addon, AddonPurchase, EsimPurchase, LifecycleOrder, PlanAmendment, Progress, ProvisionedEsim, Stock),
        *(AuditReport, ProfileReport, PurchaseReference, Refund, RefundOrder, RemovalOrder, SaleEntry),
        *(ResendOrder, Naming, Subscription),
        *(Adopted, Adoption, FoundEndpoints, IccidQuestion),
    )
}


def test_the_settings_page_lists_every_setting_with_its_default() -> None:
    rows = table(SETTINGS_PAGE, "variable")
    rows.pop("TEMPORAL_*")
    rows.pop("OTEL_EXPORTER_OTLP_ENDPOINT")
    fields = {name: field for kind in SETTINGS.values() for name, field in kind.model_fields.items()}
    assert set(rows) == {name.upper() for name in fields}
    for name, field in fields.items():
        mark, default, *_ = rows[name.upper()]
        assert ("*" in mark) == field.is_required(), name
        if field.default is PydanticUndefined:
            assert default == "", name
        else:
            assert default.strip("`") == ("none" if field.default is None else str(field.default)), name


def test_the_settings_page_lists_every_secret_that_may_be_in_a_file() -> None:
    fields = {name: field for kind in SETTINGS.values() for name, field in kind.model_fields.items()}
    secrets = {name.upper() for name, field in fields.items() if "SecretStr" in str(field.annotation)}
    section = SETTINGS_PAGE.read_text().partition("## Secrets in files")[2].partition("\n## ")[0]
    assert set(re.findall(r"`([A-Z_]+)`", section)) - {"TEMPORAL_API_KEY_FILE"} == secrets


def test_the_settings_page_says_who_reads_each_setting() -> None:
    readers = {reader: set(kind.model_fields) for reader, kind in SETTINGS.items()}
    rows = table(SETTINGS_PAGE, "variable")
    for name in set.union(*readers.values()):
        reading = [reader for reader, fields in readers.items() if name in fields]
        assert rows[name.upper()][2] == ("all" if len(reading) == len(readers) else ", ".join(reading)), name


@pytest.mark.parametrize(("kind", "example"), blocks(CONTRACT, "json"), ids=lambda value: str(value)[:20])
def test_every_example_of_the_contract_is_a_complete_message(kind: str, example: str) -> None:
    document = json.loads(example)
    model = MESSAGES[kind].model_validate(document)
    for model_class, part in parts(model, document):
        assert set(part) == {*model_class.model_fields, *model_class.model_computed_fields}, model_class.__name__


def parts(model: BaseModel, document: object) -> Iterator[tuple[type[BaseModel], dict[str, object]]]:
    """A model and the models in it, each with the JSON object that it was read from."""
    assert isinstance(document, dict)
    yield type(model), document
    for name, value in model:
        inner, inner_document = (value, document[name]) if isinstance(value, list) else ([value], [document.get(name)])
        for part, part_document in zip(inner, inner_document, strict=True):
            if isinstance(part, BaseModel):
                yield from parts(part, part_document)


def test_the_contract_names_every_step_status_and_failure() -> None:
    assert list(table(CONTRACT, "`step`")) == list(get_args(Step))
    assert list(table(CONTRACT, "`type`")) == list(get_args(FailureType))
    fields = table(CONTRACT, "field")
    assert set(words(fields["status"][1])) == set(get_args(SubscriptionStatus))
    assert set(get_args(AddonStatus)) <= set(words(fields["addons[].status"][1]))
    for status in get_args(ProfileStatus):
        assert f"`{status}`" in CONTRACT.read_text()
    assert list(table(CONTRACT, "`state`")) == list(get_args(UsageState))
    assert set(fields) | {"subscription_id", "traveler_id", "endpoint_id", "iccid", "msisdn"} == {
        *Subscription.model_fields,
        *("addons[].status", "addons[].attempt", "addons[].usage", "addons[].removed_at"),
        *("addons[].bought_at", "addons[].ordered_by"),
    }


def test_the_contract_names_everything_that_a_subscription_answers() -> None:
    source = (ROOT / "workflows" / "subscription.py").read_text()
    handlers = re.findall(r"@workflow\.(signal|update|query)(?:\(.*\))?\n    (?:async )?def (\w+)", source)
    ours = {(name, kind) for kind, name in handlers} - {("hand_over", "signal"), ("give_back", "signal")}
    assert {(name, row[1]) for name, row in table(CONTRACT, "message").items()} == ours
    for word in (*get_args(SuspensionReason), *(attribute.name for attribute in SEARCH_ATTRIBUTES)):
        assert f"`{word}`" in CONTRACT.read_text()


def test_the_page_about_the_codec_shows_the_label_that_a_key_has() -> None:
    page = (ROOT / "docs" / "codec.md").read_text()
    key_id, number = re.findall(r"the 32 bytes `00 01 02 … 1f` under the id `k1` the label is `(\w+):(\w+)`", page)[0]
    keys = KeyRing.parse(f"{key_id}:{base64.b64encode(bytes(range(32))).decode()}")
    assert keys.newest.label == f"{key_id}:{number}"


def test_every_step_is_on_the_operations_page() -> None:
    assert list(table(ROOT / "docs" / "operations.md", "step")) == list(get_args(Step))


def test_every_command_of_the_runbook_is_one_and_every_section_has_exactly_one_to_begin_with() -> None:
    text = RUNBOOK.read_text()
    group = get_command(app)
    assert isinstance(group, TyperGroup)
    for name, options in re.findall(r"starter\.py ([a-z-]+)([^`\n]*)", text):
        known = {option for parameter in group.commands[name].params for option in parameter.opts}
        assert set(re.findall(r"--[a-z-]+", options)) <= known, f"{name}{options}"
    *sections, scripts = re.split(r"^## ", text, flags=re.MULTILINE)[1:]
    fields = {*Fact.model_fields, *Timeline.model_fields, *KnownRun.model_fields, *get_args(What)}
    assert {word for word in fields if f"`{word}`" in scripts} == fields
    for section in sections:
        assert section.startswith('"'), "what somebody says"
        assert section.count("$ python starter.py ") == 1, section.partition("\n")[0]


def test_what_the_runbook_has_the_product_say_it_says() -> None:
    """Between what differs (…), every word of a quoted sentence is in what recorded histories tell, or in the code."""
    rooms = ("seller", "cli", "workflows", "activities", "temporal", "sft", "delivery")
    files = [path for room in rooms for path in sorted((ROOT / room).rglob("*.py"))]
    runs: dict[tuple[str, str], list[OpenedRun]] = {}
    for file in sorted(NEWEST.glob("*.json")):
        run = recorded_run(file)
        runs.setdefault((file.stem.partition("-")[0], run.workflow_id), []).append(run)
    told = [fact.said for one in runs.values() for fact in facts_of(one)]
    said = "\0".join([*(text for path in files for text in strings_of(path)), *told])
    rows = re.findall(r"^\| (.*?) \|", RUNBOOK.read_text(), re.MULTILINE)
    parts = [part.strip() for row in rows for quote in re.findall(r"`([^`]+)`", row) for part in quote.split("…")]
    parts = [part for part in parts if part]
    assert len(parts) > 60
    missing = [part for part in parts if part not in said and part.replace("_", " ") not in said]
    assert not missing, "\n".join(missing)


def recorded_run(file: Path) -> OpenedRun:
    document = json.loads(file.read_text())
    events = WorkflowHistory.from_json(document["workflow_id"], document["history"]).events
    workflow_type = file.stem.rsplit("-", 1)[1]
    return OpenedRun(document["workflow_id"], file.stem, workflow_type, events)


def strings_of(path: Path) -> Iterator[str]:
    """The text of a module's strings; what is filled in is one character that no text has."""
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.JoinedStr):
            yield "".join(str(part.value) if isinstance(part, ast.Constant) else "\0" for part in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def test_every_link_of_the_runbook_leads_somewhere() -> None:
    for page, anchor in re.findall(r"\]\(([a-z]*(?:\.md)?)(?:#([a-z0-9-]+))?\)", RUNBOOK.read_text()):
        place = ROOT / "docs" / (page or "runbook.md")
        assert place.exists(), page
        assert not anchor or anchor in anchors(place), f"{page}#{anchor}"


def test_every_alert_leads_to_a_section_of_its_own() -> None:
    rules = (ROOT / "deploy" / "prometheus" / "alerts.yml").read_text()
    alerts = re.findall(r"^ +- alert: (\w+)$", rules, re.MULTILINE)
    links = re.findall(r"^ +runbook_url: docs/operations\.md#(\S+)$", rules, re.MULTILINE)
    assert links == [alert.lower() for alert in alerts]
    assert set(links) <= anchors(ROOT / "docs" / "operations.md")


def test_the_api_page_tells_what_to_do_about_every_problem() -> None:
    rows = table(API, "`failure`")
    told = {
        failure: (int(status), title, re.sub(r"\[([^]]+)\]\([^)]+\)", r"\1", remedy))
        for failure, (_, status, title, remedy) in rows.items()
    }
    assert list(told.items()) == list(MEANINGS.items())


def test_the_api_page_has_the_limits_of_the_code() -> None:
    rates = [f"{rate.burst:.0f} at once, and {rate.per_second:.0f} a second after that" for rate in (CALLER, ADDRESS)]
    rows = re.findall(r"^\| [^|]+ \| (\d[^|]+) \|$", API.read_text(), re.MULTILINE)
    assert rows == [f"{LARGEST_BODY} bytes", *rates, f"{ORDER_SECONDS:.0f} seconds"]


def test_the_operations_page_tells_what_to_do_about_every_finding() -> None:
    assert list(table(ROOT / "docs" / "operations.md", "kind")) == list(get_args(FindingKind))


async def test_the_portals_python_prints_what_it_shows_and_sells_nothing_when_it_is_run_again(
    client: Client,
) -> None:
    ((_, program),) = blocks(PORTAL, "python")
    ((_, shown),) = (block for block in blocks(PORTAL, "text") if block[1].startswith("{'step'"))
    async with encrypting_shop(client) as shop, shop.working():
        program = for_this_shop(program, shop).replace("P-100", shop.purchase().purchase_id)
        for _ in range(2):
            progress, _, others = (await output_of(shop, sys.executable, "-c", program)).partition("\n")
            Progress.model_validate(ast.literal_eval(progress))
            assert_shown(others, shown.partition("\n")[2].replace("P-100", "…"))
        assert shop.platform.calls["SubscribeAddon"] == 3


async def test_the_portals_commands_print_what_it_shows(client: Client) -> None:
    ((_, session),) = (block for block in blocks(PORTAL, "console") if block[1].startswith("$ temporal"))
    async with encrypting_shop(client) as shop, codec_server(ring(1)) as codec, shop.working():
        session = for_this_shop(session, shop).replace("P-200", shop.purchase().purchase_id)
        endpoint_id = shop.platform.endpoints[0].endpoint_id
        session = re.sub(r"subscription-\d+", f"subscription-{endpoint_id}", session)
        for command, shown in re.findall(r"^\$ ((?:.*\\\n)*.*\n)((?:[^$].*\n)*)", session, re.MULTILINE):
            assert_shown(await output_of(shop, "bash", "-c", command, **codec.variables), shown)
        assert shop.platform.calls["SubscribeAddon"] == 3


async def test_the_shops_program_serves_who_a_proxy_has_signed_on(open_shop: Seller, tmp_path: Path) -> None:
    ((_, program),) = blocks(SHOP, "python")
    here = f"127.0.0.1:{free_port()}"
    variables = {
        **{"TEMPORAL_ADDRESS": address(open_shop), "ESIM_TASK_QUEUE": open_shop.task_queue},
        **{"PORTAL_ADDRESS": here, "PORTAL_SECRET": "so made up" * 4, "TRAVELER_KEY": "made up, too"},
    }
    with free_place(tmp_path) as place:
        process = Child("Shop", [sys.executable, "-c", program], surroundings(variables), place)
        try:
            await process.says("Portal at")
            async with httpx.AsyncClient(base_url=f"http://{here}", timeout=30) as http:
                assert (await http.get("/esims")).status_code == 401
                http.headers["x-forwarded-email"] = "Traveler@example.com"
                endpoint_id = await Visitor(http).owns()
                http.headers["x-forwarded-email"] = "traveler@example.com"
                await Visitor(http).has("/esims", endpoint_id)
        finally:
            await process.stop()


def for_this_shop(text: str, shop: Seller) -> str:
    return text.replace("localhost:7233", address(shop)).replace("esim-provisioning", shop.task_queue)


def address(shop: Seller) -> str:
    return shop.client.service_client.config.target_host


async def output_of(shop: Seller, *command: str, **variables: str) -> str:
    """What a command prints. Its exit code is not looked at: the SDK may crash a process that is done."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    ours = {"TEMPORAL_ADDRESS": address(shop), "ESIM_ENCRYPTION_KEYS": key(1), **variables}
    environment = {**os.environ, "PATH": path, "PYTHONUNBUFFERED": "1", **ours}
    process = await asyncio.create_subprocess_exec(*command, env=environment, stdout=PIPE)
    output, _ = await asyncio.wait_for(process.communicate(), 100)
    return output.decode()


def assert_shown(printed: str, shown: str) -> None:
    """Numbers may differ, and … stands for anything."""
    pattern = re.sub(r"\d+", r"\\d+", re.escape(shown.strip()).replace("…", r"[\s\S]*"))
    assert re.fullmatch(pattern, printed.strip()), f"{printed}\nis not\n{shown}"
