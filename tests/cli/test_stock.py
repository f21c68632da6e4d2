"""What is left to sell, and whether a product could be sold, at the terminal."""

from contract.stock import Stock
from tests.support.seller import PRODUCT, Seller
from tests.support.terminal import Terminal


async def test_what_is_left_is_told_to_people_and_to_scripts(shop: Seller, terminal: Terminal) -> None:
    await shop.sell()
    told = await terminal.run("stock")
    assert told.code == 0
    for words in ("2 eSIMs are left", "1 were sold in the last day", "At that rate they end on", "order eSIMs"):
        assert words in told.output
    assert Stock.model_validate((await terminal.run("stock", "--json")).document).available == 2


async def test_a_check_says_yes_or_no_and_why(shop: Seller, terminal: Terminal) -> None:
    endpoint_id = (await shop.sell()).endpoint_id
    could = await terminal.run("check", PRODUCT, "--subscription", endpoint_id)
    assert (could.code, could.output.startswith("Yes: "), "promises nothing" in could.output) == (0, True, True)
    for endpoint in shop.platform.endpoints:
        shop.platform.set_status(endpoint.endpoint_id, "Active")
    no = await terminal.run("check", PRODUCT)
    assert (no.code, no.output.startswith("No: No eSIM is in stock")) == (0, True)
    assert (await terminal.run("check", PRODUCT, "--json")).document["reason"] == "NoEsimAvailable"
    unknown = await terminal.run("check", "Atlantis")
    assert (unknown.code, "Atlantis" in unknown.sentence) == (2, True)
