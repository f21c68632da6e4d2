import asyncio
import os
import signal
import stat
from io import BytesIO
from pathlib import Path
from xml.etree import ElementTree

import pytest
import zxingcpp
from PIL import Image
from temporalio.client import Client

from contract.addon import Addon
from contract.esim import ProvisionedEsim
from contract.purchase import PlanAmendment
from contract.workflow_ids import provision_id
from delivery.links import install_links, manual_code
from delivery.qr import qr_text
from process import audit
from tests.support.seller import PLAN, PRODUCT, Seller, eventually, seller
from tests.support.terminal import Finished, Terminal, reads, terminal_of
from tools.simulator.fault import Fault

DAILY = "Wakanda Daily"
STATUS_CALLS = int(os.environ.get("STATUS_CALLS", "4"))
"""200 is what has to hold; each takes half a second, in two lanes."""


async def test_provision_shows_each_step_and_then_everything_that_the_traveler_needs(
    shop: Seller, terminal: Terminal
) -> None:
    sold = await terminal.run("provision", PRODUCT, "--purchase-id", "P-steps")
    assert (sold.code, sold.errors) == (0, "")
    esim = await shop.client.get_workflow_handle("provision-P-steps", result_type=ProvisionedEsim).result()
    links, code = install_links(esim.activation_code), manual_code(esim.activation_code)
    parts = [
        f"Purchase P-steps: {PRODUCT} ({PLAN}) for traveler T-P-steps",
        "✓ Find an available eSIM",
        "✓ Activate it",
        "✓ Provision the add-on",
        "✓ Deliver",
        esim.subscription_id,
        esim.iccid,
        str(esim.addon.unique_id),
        qr_text(esim.activation_code),
        links.iphone,
        links.android,
        f"SM-DP+ address {code.smdp_address}, activation code {code.matching_id}",
    ]
    positions = [sold.output.find(part) for part in parts]
    assert -1 not in positions
    assert positions == sorted(positions)


async def test_the_same_purchase_twice_is_one_sale_with_one_result(shop: Seller, terminal: Terminal) -> None:
    once = await terminal.run("provision", PRODUCT, "--purchase-id", "P-twice", "--json")
    again = await terminal.run("provision", PRODUCT, "--purchase-id", "P-twice", "--json")
    assert (once.code, again.code) == (0, 0)
    assert ProvisionedEsim.model_validate(once.document) == ProvisionedEsim.model_validate(again.document)
    to_people = await terminal.run("provision", PRODUCT, "--purchase-id", "P-twice")
    assert "Completed before" in to_people.output
    assert once.document["iccid"] in to_people.output
    assert shop.platform.calls["SubscribeAddon"] == 1


async def test_a_purchase_id_is_refused_for_something_else_than_it_was_started_for(
    shop: Seller, terminal: Terminal
) -> None:
    await shop.sell(shop.purchase(purchase_id="P-known", traveler_id="T-42"))
    another_product, another_traveler = await asyncio.gather(
        terminal.run("provision", DAILY, "--purchase-id", "P-known", "--traveler-id", "T-42"),
        terminal.run("provision", PRODUCT, "--purchase-id", "P-known", "--traveler-id", "T-43", "--json"),
    )
    assert (another_product.code, another_traveler.code) == (2, 2)
    assert another_product.sentence.startswith(
        f"InvalidRequest: Purchase P-known was started as {PRODUCT} ({PLAN}) for traveler T-42;"
    )
    assert another_traveler.document["error"]["type"] == "InvalidRequest"
    assert shop.platform.calls["SubscribeAddon"] == 1


async def test_a_purchase_id_is_refused_for_something_else_also_while_its_run_goes_on(client: Client) -> None:
    async with seller(client, esims=0) as shop, shop.working():
        await shop.start(shop.purchase(purchase_id="P-under-way", traveler_id="T-42"))
        refused = await terminal_of(shop).run("provision", DAILY, "--purchase-id", "P-under-way")
    assert refused.code == 2
    assert refused.sentence.startswith("InvalidRequest: Purchase P-under-way was started as ")


async def test_a_purchase_that_is_started_again_while_it_goes_on_is_watched_to_its_end(
    shop: Seller, terminal: Terminal
) -> None:
    shop.platform.order(Fault(call="SubscribeAddon", kind="rejected"))
    run = shop.client.get_workflow_handle("provision-P-joined", result_type=ProvisionedEsim)
    processes = [await terminal.start("provision", DAILY, "--purchase-id", "P-joined") for _ in range(2)]
    for process in processes:
        waiting = await reads(process, "Send update amend_plan")
        assert "Completed before" not in waiting
        assert "✓ Provision the add-on" not in waiting
    await run.execute_update("amend_plan", PlanAmendment(product=DAILY, plan_id="PLAN-WAKANDA-DAILY"))
    for process in processes:
        output, errors = await process.communicate()
        assert (process.returncode, errors) == (0, b"")
        assert str((await run.result()).addon.unique_id) in output.decode()


async def test_ids_that_are_not_given_are_made_up_and_shown(terminal: Terminal) -> None:
    sold = await terminal.run("provision", PRODUCT, "--json")
    purchase_id = sold.document["addon"]["purchase_id"]
    assert sold.document["traveler_id"] == f"T-{purchase_id}"
    another = await terminal.run("buy-addon", sold.document["endpoint_id"], PRODUCT)
    [first_line, *_] = another.output.splitlines()
    assert first_line.startswith("Purchase P-")
    assert purchase_id not in first_line


async def test_scripts_get_the_messages_of_the_contract(shop: Seller, terminal: Terminal) -> None:
    sold = await terminal.run("provision", PRODUCT, "--purchase-id", "P-json", "--email", "a@b.example", "--json")
    esim = ProvisionedEsim.model_validate(sold.document)
    assert sold.document == esim.model_dump(mode="json")
    assert esim.delivery == {"email": "not sent: the workers have no SMTP_URL"}

    bought = await terminal.run("buy-addon", esim.subscription_id, DAILY, "--purchase-id", "A-json", "--json")
    assert bought.document == Addon.model_validate(bought.document).model_dump(mode="json")
    assert bought.document["plan_id"] == "PLAN-WAKANDA-DAILY"

    of_purchase, of_subscription, of_endpoint = await asyncio.gather(
        terminal.run("status", "P-json", "--json"),
        terminal.run("status", esim.subscription_id, "--json"),
        terminal.run("status", esim.endpoint_id, "--json"),
    )
    assert of_purchase.document == {
        "purchase_id": "P-json",
        "step": "completed",
        "endpoint_id": esim.endpoint_id,
        "detail": f"The eSIM of endpoint {esim.endpoint_id} can be installed.",
        "error": None,
    }
    subscription = await shop.subscription(esim.endpoint_id)
    assert of_subscription.document == of_endpoint.document == subscription.model_dump(mode="json")
    assert [addon.purchase_id for addon in subscription.addons] == ["P-json", "A-json"]


async def test_what_goes_wrong_is_one_sentence_for_people_and_one_document_for_scripts(terminal: Terminal) -> None:
    commands = {
        ("provision", "Wakanda Weekly"): (2, "InvalidRequest", "'Wakanda 30Days / 30GB', 'Wakanda Daily'"),
        ("provision", DAILY, "--purchase-id", "P 1"): (2, "InvalidRequest", "purchase_id 'P 1': "),
        ("provision", DAILY, "--traveler-id", "..", "--purchase-id", "P-1"): (
            2,
            "InvalidRequest",
            "traveler_id '..': ",
        ),
        ("provision", DAILY, "--traveler-id", "", "--purchase-id", "P-1"): (2, "InvalidRequest", "traveler_id '': "),
        ("provision", DAILY, "--locale", "Deutsch!"): (2, "InvalidRequest", "must be a language such as de or pt-BR"),
        ("provision", DAILY, "--timezone", "+02:00"): (2, "InvalidRequest", "must be a time zone such as Europe/Paris"),
        ("buy-addon", "4000001", DAILY): (1, "NotFound", "subscription-4000001"),
        ("status", "nobody"): (1, "NotFound", "purchase, subscription or endpoint nobody"),
        ("qr", "P-nobody"): (1, "NotFound", "purchase P-nobody"),
        ("sell",): (2, "BadCommand", "--help"),
    }
    to_scripts = await asyncio.gather(*(terminal.run(*command, "--json") for command in commands))
    for (code, kind, words), end in zip(commands.values(), to_scripts, strict=True):
        assert (end.code, end.errors) == (code, "")
        assert end.document.keys() == {"error"}
        assert end.document["error"].keys() == {"type", "message"}
        assert end.document["error"]["type"] == kind
        assert words in end.document["error"]["message"]
    to_people = await terminal.run("provision", "Wakanda Weekly")
    assert (to_people.code, to_people.output) == (2, "")
    assert to_people.sentence == (
        "InvalidRequest: The catalog has no product 'Wakanda Weekly'; it has 'Wakanda 30Days / 30GB', 'Wakanda Daily'"
    )


async def test_an_address_that_is_none_is_refused_without_being_repeated(terminal: Terminal) -> None:
    refused = await terminal.run("provision", DAILY, "--email", "traveler at example.com")
    assert (refused.code, "traveler" in refused.sentence) == (2, False)


async def test_an_addon_is_bought_once_however_often_its_purchase_is_sent(shop: Seller, terminal: Terminal) -> None:
    esim = await shop.sell()
    command = ("buy-addon", esim.subscription_id, DAILY, "--purchase-id", "A-once")
    bought = await terminal.run(*command)
    again = await terminal.run(*command, "--json")
    refused = await terminal.run("buy-addon", esim.endpoint_id, PRODUCT, "--purchase-id", "A-once")
    assert (bought.code, again.code, refused.code) == (0, 0, 2)
    assert again.document["unique_id"] in bought.output
    assert refused.sentence.startswith("InvalidRequest: Purchase A-once was made as Wakanda Daily")
    assert [addon.purchase_id for addon in (await shop.subscription(esim.endpoint_id)).addons[1:]] == ["A-once"]


async def test_an_addon_can_be_sent_without_waiting_for_it(shop: Seller, terminal: Terminal) -> None:
    esim = await shop.sell()
    sent = await terminal.run("buy-addon", esim.endpoint_id, DAILY, "--purchase-id", "A-sent", "--no-wait", "--json")
    assert sent.document == {
        "subscription_id": esim.subscription_id,
        "purchase_id": "A-sent",
        "product": DAILY,
        "plan_id": "PLAN-WAKANDA-DAILY",
        "ordered_by": audit.ordered_by(audit.account()),
    }

    async def provisioned() -> Addon | None:
        addons = (await shop.subscription(esim.endpoint_id)).addons
        return next((addon for addon in addons if addon.purchase_id == "A-sent" and addon.unique_id), None)

    await eventually(provisioned)


async def test_status_shows_a_purchase_and_the_addons_of_a_subscription(shop: Seller, terminal: Terminal) -> None:
    purchase = shop.purchase()
    esim = await shop.sell(purchase)
    await shop.run_of(esim.endpoint_id).execute_update("purchase_addon", shop.addon(purchase_id="A-table"))
    of_purchase, of_subscription = await asyncio.gather(
        terminal.run("status", purchase.purchase_id), terminal.run("status", esim.endpoint_id)
    )
    assert "completed" in of_purchase.output
    assert esim.activation_code not in of_purchase.output + of_subscription.output
    subscription = await shop.subscription(esim.endpoint_id)
    rows = {line.split()[0]: line for line in of_subscription.output.splitlines() if line.strip()}
    for addon in subscription.addons:
        assert str(addon.unique_id) in rows[addon.purchase_id]
        assert addon.plan_id in rows[addon.purchase_id]


@pytest.mark.timeout(60 + 2 * STATUS_CALLS)
@pytest.mark.long
async def test_status_exits_0_every_time(shop: Seller, terminal: Terminal) -> None:
    terminal.new_python = True
    esim = await shop.sell()

    async def one_after_the_other() -> list[Finished]:
        return [await terminal.run("status", esim.endpoint_id, "--json") for _ in range(STATUS_CALLS // 2)]

    ends = [end for lane in await asyncio.gather(one_after_the_other(), one_after_the_other()) for end in lane]
    assert [(end.code, end.errors) for end in ends] == [(0, "")] * STATUS_CALLS
    assert {end.document["subscription_id"] for end in ends} == {esim.subscription_id}


async def test_the_qr_code_of_a_purchase_can_be_scanned_from_wherever_it_is_written(
    shop: Seller, terminal: Terminal, tmp_path: Path
) -> None:
    purchase = shop.purchase()
    code = (await shop.sell(purchase)).activation_code
    png, svg = tmp_path / "esim.png", tmp_path / "esim.svg"
    png.write_text("an old file, that everybody may read")
    shown, written, to_scripts = await asyncio.gather(
        terminal.run("qr", purchase.purchase_id),
        terminal.run("qr", purchase.purchase_id, "--png", str(png), "--svg", str(svg)),
        terminal.run("qr", purchase.purchase_id, "--json"),
    )
    assert qr_text(code) in shown.output
    assert "\x1b" not in shown.output  # which is no terminal
    assert install_links(code).iphone in shown.output
    assert [found.text for found in zxingcpp.read_barcodes(Image.open(BytesIO(png.read_bytes())))] == [code]
    assert ElementTree.parse(svg).getroot().tag.endswith("svg")
    assert [stat.S_IMODE(file.stat().st_mode) for file in (png, svg)] == [0o600, 0o600]
    assert manual_code(code).matching_id not in written.output
    assert to_scripts.document["activation_code"] == code
    assert to_scripts.document["iphone_link"] == install_links(code).iphone
    assert (shown.errors, written.errors, to_scripts.errors) == ("", "", "")


async def test_a_qr_code_that_cannot_be_written_is_one_sentence(shop: Seller, terminal: Terminal) -> None:
    purchase = shop.purchase()
    await shop.sell(purchase)
    refused = await terminal.run("qr", purchase.purchase_id, "--png", "/nowhere/esim.png")
    assert (refused.code, refused.sentence) == (2, "/nowhere/esim.png cannot be written: No such file or directory")


async def test_the_qr_code_is_found_although_the_purchase_was_started_again_without_policies(
    shop: Seller, terminal: Terminal
) -> None:
    purchase = shop.purchase()
    esim = await shop.sell(purchase)
    other = purchase.model_copy(update={"traveler_id": "T-43"})
    again = await shop.client.start_workflow(
        "ProvisionEsimWorkflow", other, id=provision_id(purchase.purchase_id), task_queue=shop.task_queue
    )
    with pytest.raises(Exception, match="Workflow execution failed"):
        await again.result()
    found = await terminal.run("qr", purchase.purchase_id, "--json")
    assert found.document["activation_code"] == esim.activation_code


async def test_a_purchase_that_failed_says_so_in_the_words_of_the_contract(client: Client) -> None:
    async with seller(client, esims=0) as shop, shop.working():
        terminal = terminal_of(shop)
        failed = await terminal.run("provision", DAILY, "--purchase-id", "P-failed", "--stock-wait-seconds", "0")
        status, qr = await asyncio.gather(
            terminal.run("status", "P-failed", "--json"), terminal.run("qr", "P-failed", "--json")
        )
    assert failed.code == 1
    assert failed.sentence.startswith("NoEsimAvailable: SFT had no eSIM available")
    assert (status.code, status.document["step"]) == (0, "failed")
    assert status.document["error"] == qr.document["error"]
    assert qr.document["error"]["type"] == "NoEsimAvailable"


async def test_a_purchase_that_was_cancelled_says_so_in_the_words_of_the_contract(client: Client) -> None:
    async with seller(client, esims=0) as shop, shop.working():
        process = await terminal_of(shop).start("provision", DAILY, "--purchase-id", "P-cancelled")
        waiting = await reads(process, "no eSIM available")
        assert "✓" not in waiting
        await client.get_workflow_handle("provision-P-cancelled").cancel()
        _, errors = await process.communicate()
    assert process.returncode == 1
    assert errors.decode().startswith("Cancelled: Purchase P-cancelled was cancelled")


async def test_ctrl_c_leaves_the_purchase_going_on_and_says_how_to_look_at_it(client: Client) -> None:
    async with seller(client, esims=0) as shop, shop.working():
        terminal = terminal_of(shop)
        process = await terminal.start("provision", DAILY, "--purchase-id", "P-left")
        await reads(process, "no eSIM available")
        process.send_signal(signal.SIGINT)
        _, errors = await process.communicate()
        status, qr = await asyncio.gather(
            terminal.run("status", "P-left", "--json"), terminal.run("qr", "P-left", "--json")
        )
        shop.platform.add_esims(1)
    assert (process.returncode, errors.decode()) == (
        130,
        "Interrupted, but purchase P-left goes on: python starter.py status P-left\n",
    )
    assert status.document["step"] == "waiting_for_stock"
    assert qr.document["error"]["type"] == "NotCompleted"
