"""The mail with an eSIM, as it arrives, in the views that mail programs have: light, dark, and without pictures."""

import re
from base64 import b64encode
from collections.abc import AsyncIterator
from email.message import EmailMessage
from io import BytesIO

import pytest
import zxingcpp
from aiosmtpd.smtp import SMTP
from PIL import Image, ImageStat
from playwright.async_api import Browser, Page
from pydantic import SecretStr

from delivery.mailer import Mailer
from tests.support.browser import chromium
from tests.support.postbox import Postbox, listening

pytestmark = pytest.mark.debian

CODE = "LPA:1$rsp-0042.smdp.example.com$04386-AGYFT-A74Y8-3F815"
WIDTH = 390


@pytest.fixture(scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
async def mail() -> EmailMessage:
    """As a mail server was given it."""
    postbox = Postbox()
    async with listening(lambda: SMTP(postbox)) as port:
        mailer = Mailer(SecretStr(f"smtp://127.0.0.1:{port}"), "Wakanda Travel <esim@shop.example>")
        await mailer.send_esim(
            recipient=SecretStr("traveler@example.com"),
            product="Wakanda 30Days / 30GB",
            activation_code=SecretStr(CODE),
            iccid="8932000000000000017",
            message_id="P-1001",
        )
    return postbox.mail()


def html_of(mail: EmailMessage) -> str:
    body = mail.get_body(("html",))
    assert body is not None
    return str(body.get_content())


def with_pictures(mail: EmailMessage) -> str:
    """The HTML, with the pictures that it names by their ids in their places."""
    by_id = {part["Content-ID"].strip("<>"): part for part in mail.walk() if part["Content-ID"]}

    def data(reference: re.Match[str]) -> str:
        part = by_id[reference[1]]
        return f'src="data:{part.get_content_type()};base64,{b64encode(part.get_content()).decode()}"'

    return re.sub('src="cid:([^"]+)"', data, html_of(mail))


async def seen(page: Page) -> Image.Image:
    return Image.open(BytesIO(await page.screenshot(full_page=True))).convert("RGB")


def scanned(picture: Image.Image) -> list[str]:
    """What a camera reads that takes nothing light on dark for a code: not every phone does."""
    return [found.text for found in zxingcpp.read_barcodes(picture, try_invert=False)]


@pytest.mark.parametrize("view", ["light", "dark", "dark by force"])
async def test_a_phone_scans_the_code_from_the_mail_in_light_and_dark(
    browser: Browser, mail: EmailMessage, view: str
) -> None:
    scheme = "light" if view == "light" else "dark"
    page = await browser.new_page(viewport={"width": WIDTH, "height": 800}, color_scheme=scheme)  # type: ignore[arg-type]
    if view == "dark by force":  # as programs do that turn the colours of every mail around
        session = await page.context.new_cdp_session(page)
        await session.send("Emulation.setAutoDarkModeOverride", {"enabled": True})
    await page.set_content(with_pictures(mail))
    picture = await seen(page)
    assert scanned(picture) == [CODE]
    is_dark = ImageStat.Stat(picture).median[0] < 128
    assert is_dark is (view == "dark by force")
    assert await page.evaluate("document.documentElement.scrollWidth") <= WIDTH
    await page.close()


async def test_without_pictures_the_mail_says_what_to_type_and_the_attached_code_is_scanned(
    browser: Browser, mail: EmailMessage
) -> None:
    page = await browser.new_page(viewport={"width": WIDTH, "height": 800})
    await page.set_content(html_of(mail))
    assert scanned(await seen(page)) == []
    for words in ("rsp-0042.smdp.example.com", "04386-AGYFT-A74Y8-3F815", "Install on iPhone", "Install on Android"):
        assert await page.get_by_text(words, exact=True).is_visible()
    assert await page.get_by_alt_text("QR code of your eSIM").is_visible()
    [attached] = [part for part in mail.walk() if part.get_content_disposition() == "attachment"]
    assert scanned(Image.open(BytesIO(attached.get_content())).convert("RGB")) == [CODE]
    await page.close()
