"""My eSIMs of somebody who has many: what is in use comes first, named, with one total, and each says what it needs."""

import re
from html import unescape

from tests.support.html_visitor import Page, visiting
from tests.support.portal import opened
from tests.support.seller import PRODUCT, Seller, eventually
from tests.support.years_of_travel import LONG, states, travels

CONTACT = "https://help.example"


def cards(html: str) -> dict[str, str]:
    """The text of each card, by its endpoint id, in order."""
    found = re.findall(r'<section class="card esim.*?data-endpoint="(\d+)".*?</section>', html, re.DOTALL)
    parts = [part.partition("</section>")[0] for part in html.split('<section class="card esim')[1:]]
    words = [re.sub(r"<a [^>]*help.example[^>]*>", "[help]", part).partition(">")[2] for part in parts]
    plain = [" ".join(unescape(re.sub("<[^>]*>", " ", part)).split()) for part in words]
    return dict(zip(found, plain, strict=True))


async def test_what_is_in_use_comes_first_and_each_says_what_it_has_and_what_it_needs(shop: Seller) -> None:
    async with opened(shop, portal_contact=CONTACT) as portal, visiting(portal.url) as visitor:
        own = await visitor.owns()
        traveler_id = (await portal.seller.subscriptions.get(own)).traveler_id
        found = await travels(shop, traveler_id)
        names = {endpoint_id: name for name, endpoint_id in found.items()} | {own: "own"}

        async def all_shown() -> str | None:
            shown = await visitor.text("/esims")
            return shown if len(cards(shown)) == len(names) else None

        html = await eventually(all_shown)
        said = {names[endpoint_id]: words for endpoint_id, words in cards(html).items()}
        order = list(said)
        assert set(order[:3]) == {"many", "long", "failed"}, "in use"
        assert set(order[3:7]) == {"two", "new", "not installed", "own"}
        assert order[7] == "owing"
        assert set(order[8:11]) == {"resting", "expired", "used up"}
        assert order[11] == "closed"

        many = said["many"]
        assert many.startswith("Paris trip In use")
        assert "744 GB left of 750 GB" in many
        assert "What is on it (25)" in many
        assert many.count(f"{PRODUCT} 30 GB Starts when first used bought on 20 November 2026") == 24
        assert said["long"].startswith(f"{LONG} In use")
        assert said["two"].startswith(f"{PRODUCT} Not used yet")
        assert f"{LONG} Not used yet" in said["new"]
        assert "Starts when first used" in said["new"]
        assert (
            "because a payment is missing: it cannot be used at the moment. Please ask us about it. [help]"
            in said["owing"]
        )
        assert "Is added as soon as this eSIM can be used again [help]" in said["owing"]
        assert "Being added" not in html
        assert "data-again" not in html, "nothing changes by itself"
        assert "Could not be added: nothing was bought, and nothing was charged [help]" in said["failed"]
        assert "because there was no data left on it. Buy more, and it works again." in said["resting"]
        assert f"Buy {PRODUCT} again" in said["resting"]
        assert f"Buy {PRODUCT} again" not in said["owing"]
        assert f"{PRODUCT} is used up, all 30 GB of it" in said["used up"]
        assert f"{LONG} has expired" in said["expired"]
        assert "4 GB of 30 GB not used" in said["expired"]
        assert "It could not be installed on 20 November 2026: try again, or ask us. [help]" in said["not installed"]
        assert "it cannot be used any more. [help]" in said["closed"]
        assert len(states()) + 1 == len(said) == 12

        for name, status in (("resting", 200), ("many", 200), ("owing", 404), ("closed", 404)):
            assert (await visitor.http.get("/", params={"esim": found[name]})).status_code == status, name


async def test_a_traveler_gives_an_esim_a_name_and_takes_it_away(shop: Seller) -> None:
    async with opened(shop) as portal, visiting(portal.url) as visitor:
        endpoint_id = await visitor.owns()
        for typed, title, told in (
            ("  Paris   trip ", "Paris trip", "The name is kept."),
            ("\u202eevil", "Paris trip", "That cannot be a name"),
            ("x" * 81, "Paris trip", "That cannot be a name"),
            ("<b>", "&lt;b&gt;", "The name is kept."),
            ("", PRODUCT, "The name is kept."),
        ):
            page = Page(await visitor.has("/esims", endpoint_id))
            sent = await visitor.send(page, f"call-{endpoint_id}", name=typed)
            shown = await visitor.text(sent.headers["location"])
            assert (f"<bdi>{title}</bdi></h2>" in shown, told in shown) == (True, True), typed
