from email import message_from_bytes
from email.policy import default

from temporalio.client import Client

from languages.language import CODES
from tests.support.html_visitor import Page, Visitor, visiting
from tests.support.mailbox import delivering
from tests.support.portal import opened
from tests.support.seller import Seller, eventually
from workflows.state import SubscriptionState


def spoken(html: str) -> str:
    return html.partition("<html ")[2].partition(">")[0]


async def test_a_page_is_in_the_language_that_the_browser_asks_for_unless_its_user_chose_another(shop: Seller) -> None:
    async with opened(shop) as portal, visiting(portal.url) as visitor:
        assert spoken(await visitor.text("/")) == 'lang="en" dir="ltr"'
        visitor.http.headers["accept-language"] = "zh-CN, ar;q=0.8, de;q=0.5"
        assert spoken(await visitor.text("/")) == 'lang="ar" dir="rtl"'
        assert spoken((await visitor.http.get("/nothing")).text) == 'lang="ar" dir="rtl"'
        visitor.http.headers["accept-language"] = "tlh"
        links = (await visitor.page("/checkout?product=Wakanda+Daily")).links
        assert [links[name] for name in ("Deutsch", "日本語")] == [
            f"?product=Wakanda+Daily&page=1&language={code}" for code in ("de", "ja")
        ]
        chosen = await visitor.http.get("/checkout" + links["Deutsch"])
        assert spoken(chosen.text) == 'lang="de" dir="ltr"'
        assert "Kauf bestätigen" in chosen.text
        assert visitor.http.cookies["language"] == "de"
        assert spoken(await visitor.text("/esims")) == 'lang="de" dir="ltr"', "is remembered"
        for code in CODES:
            assert spoken(await visitor.text(f"/?language={code}")).startswith(f'lang="{code}"')
        for nonsense in ("xx", "../ar", "ar\x00", "de" * 4000):
            visitor.http.cookies.set("language", nonsense.replace("\x00", "%00"))
            answer = await visitor.http.get("/", params={"language": nonsense})
            assert spoken(answer.text) == 'lang="en" dir="ltr"'
            assert not any("language=" in cookie for cookie in answer.headers.get_list("set-cookie"))


async def test_operators_and_programs_are_spoken_to_in_english(shop: Seller) -> None:
    async with opened(shop, portal_operator_password="a password of the tests") as portal, visiting(portal.url) as one:
        one.http.headers["accept-language"] = "ar"
        for path in ("/operators/login", "/docs"):
            assert spoken(await one.text(path)) == 'lang="en" dir="ltr"'
        assert "A key is needed" in (await one.http.get("/api/products")).text


async def bought(visitor: Visitor) -> str:
    page = Page(await visitor.has(await visitor.buy(), "Ihre eSIM ist bereit"))
    return page.links["Installieren"].split("/")[2]


async def test_what_is_bought_in_a_language_is_told_of_in_it_and_with_the_times_of_the_device(shop: Seller) -> None:
    async with opened(shop) as portal, visiting(portal.url) as visitor:
        visitor.http.headers["accept-language"] = "de-CH"
        visitor.http.cookies.set("timezone", "Asia/Tokyo")
        endpoint_id = await bought(visitor)
        purchase = (await shop.run_of(endpoint_id).query("last_state", result_type=SubscriptionState)).purchase
        assert (purchase.locale, purchase.timezone) == ("de-CH", "Asia/Tokyo")
        change = {"status": "installed", "at": "2026-05-02T22:29:41Z"}
        await shop.run_of(endpoint_id).signal("profile_changed", {"changes": [change]})
        await visitor.has("/esims", "Installiert am 3. Mai 2026.")
        install = await visitor.text(f"/esims/{endpoint_id}/install")
        for words in ("Installiert am 3. Mai 2026.", "Kann mein Handy eSIMs?", "Wenn keine Verbindung zustande kommt"):
            assert words in install
        visitor.http.cookies.delete("timezone")
        assert "Installiert am 2. Mai 2026." in await visitor.text("/esims")


async def test_the_esims_mail_is_in_the_language_of_its_purchase(client: Client) -> None:
    async with delivering(client) as (shop, mailbox):
        mailbox.is_awake.set()
        await shop.sell(shop.purchase(email="traveler@example.com", locale="fr-CA"))

        async def arrived() -> bool:
            return bool(mailbox.received)

        await eventually(arrived)
        mail = message_from_bytes(bytes(mailbox.received[0].original_content or b""), policy=default)
        assert mail["Subject"].startswith("Votre eSIM")
