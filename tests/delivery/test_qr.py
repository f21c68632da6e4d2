import re
from collections.abc import Callable
from io import BytesIO
from xml.etree import ElementTree

import pytest
import resvg_py
import zxingcpp
from PIL import Image

from delivery.qr import qr_png, qr_svg, qr_terminal, qr_text

CODES = [
    "LPA:1$smdp.example.com$MATCHING-ID",
    "LPA:1$rsp-0042.smdp.example.com$04386-AGYFT-A74Y8-3F815-QR9ZK-7HH2M-0000001",
    "LPA:1$SMDP.EXAMPLE.COM$" + "0123456789ABCDEF" * 5,
]
DARK, LIGHT = (24, 24, 40), (250, 246, 230)
ANSI_COLOURS = {"16": (0, 0, 0), "231": (255, 255, 255)}


def png(activation_code: str) -> Image.Image:
    return Image.open(BytesIO(qr_png(activation_code))).convert("RGB")


def svg(activation_code: str) -> Image.Image:
    picture = resvg_py.svg_to_bytes(svg_string=qr_svg(activation_code), background="#404040", width=800, dpi=96)
    return Image.open(BytesIO(picture)).convert("RGB")


def screen(text: str, *, background: tuple[int, int, int], foreground: tuple[int, int, int]) -> Image.Image:
    """What a terminal shows: one character is one pixel wide and two high, with one cell of its own around the text."""
    lines = text.split("\n")
    columns = max(len(re.sub("\x1b.*?m", "", line)) for line in lines)
    image = Image.new("RGB", (columns + 2, 2 * len(lines) + 4), background)
    for row, line in enumerate(lines):
        ink, paper, column = foreground, background, 1
        for colours, reset, block in re.findall("\x1b\\[38;5;(\\d+;48;5;\\d+)m|(\x1b\\[0m)|(.)", line):
            if colours:
                ink, paper = (ANSI_COLOURS[number] for number in colours.split(";48;5;"))
            elif reset:
                ink, paper = foreground, background
            else:
                image.putpixel((column, 2 * row + 2), ink if block in "▀█" else paper)
                image.putpixel((column, 2 * row + 3), ink if block in "▄█" else paper)
                column += 1
    return image.resize((image.width * 8, image.height * 8), Image.Resampling.NEAREST)


def on_dark(activation_code: str) -> Image.Image:
    return screen(qr_terminal(activation_code), background=DARK, foreground=LIGHT)


def on_light(activation_code: str) -> Image.Image:
    return screen(qr_terminal(activation_code), background=LIGHT, foreground=DARK)


def in_a_file(activation_code: str) -> Image.Image:
    return screen(qr_text(activation_code), background=LIGHT, foreground=DARK)


@pytest.mark.parametrize("activation_code", CODES)
@pytest.mark.parametrize("picture", [png, svg, on_dark, on_light, in_a_file])
def test_a_scanner_reads_the_activation_code(picture: Callable[[str], Image.Image], activation_code: str) -> None:
    found = zxingcpp.read_barcode(picture(activation_code), try_invert=False)
    assert found is not None
    assert found.text == activation_code


@pytest.mark.parametrize("picture", [png, svg, on_dark, on_light])
def test_four_white_modules_surround_the_code(picture: Callable[[str], Image.Image]) -> None:
    image = picture(CODES[0]).convert("L")
    found = zxingcpp.read_barcode(image)
    assert found is not None
    start, end = found.position.top_left, found.position.bottom_right
    finder = next(x for x in range(image.width) if image.getpixel((start.x + x, start.y + 2)) == 255)
    zone = 4 * finder // 7
    ring = image.crop((start.x - zone, start.y - zone, end.x + zone, end.y + zone))
    ring.paste(255, (zone, zone, ring.width - zone, ring.height - zone))
    assert zone > 0
    assert ring.getextrema() == (255, 255)


def test_an_svg_is_one_element_that_a_page_can_take_in() -> None:
    root = ElementTree.fromstring(qr_svg(CODES[0]))
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert root.get("viewBox")


@pytest.mark.parametrize("activation_code", CODES[:2])
def test_a_usual_code_fits_on_a_terminal_of_80_by_24(activation_code: str) -> None:
    lines = re.sub("\x1b.*?m", "", qr_terminal(activation_code)).split("\n")
    assert len(lines) < 24
    assert len(lines[0]) <= 80
