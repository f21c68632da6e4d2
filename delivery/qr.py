"""The QR code of an activation code, for web pages, for mail and for terminals."""

from io import BytesIO

from qrcode.constants import ERROR_CORRECT_L
from qrcode.image.pil import PilImage
from qrcode.image.svg import SvgPathFillImage
from qrcode.main import QRCode, make

from contract.activation_code import normalised

# From the fixed part of the 256 colours: a theme may make its "black" and "white" any colours it likes.
_BLACK_ON_WHITE = "\x1b[38;5;16;48;5;231m"
_RESET = "\x1b[0m"
_HALF_BLOCKS = {(False, False): " ", (True, False): "▀", (False, True): "▄", (True, True): "█"}


def qr_svg(activation_code: str) -> str:
    """A standalone SVG document that scales to any size: black on white, with the quiet zone."""
    return make(_shown(activation_code), image_factory=SvgPathFillImage).to_string(encoding="unicode")


def qr_png(activation_code: str) -> bytes:
    """A PNG file, 10 pixels a module: black on white, with the quiet zone."""
    png = BytesIO()
    make(_shown(activation_code), image_factory=PilImage).save(png, format="PNG")
    return png.getvalue()


def qr_terminal(activation_code: str) -> str:
    """Lines of half blocks with colours of their own (ANSI), so that it scans from dark and light terminals.

    A usual code takes 41 columns and 21 lines, which leaves room on a screen of 80 by 24.
    """
    return "\n".join(f"{_BLACK_ON_WHITE}{line}{_RESET}" for line in qr_text(activation_code).split("\n"))


def qr_text(activation_code: str) -> str:
    """The code as lines of half blocks without colours, for a file: it scans where text is dark on light."""
    code = QRCode(error_correction=ERROR_CORRECT_L)
    code.add_data(_shown(activation_code))
    rows = [[bool(module) for module in row] for row in code.get_matrix()]
    if len(rows) % 2:
        rows.append([False] * len(rows[0]))
    lines = []
    for upper, lower in zip(rows[::2], rows[1::2], strict=True):
        lines.append("".join(_HALF_BLOCKS[pair] for pair in zip(upper, lower, strict=True)))
    return "\n".join(lines)


def _shown(activation_code: str) -> str:
    """As phones take it, if it is one."""
    try:
        return normalised(activation_code)
    except ValueError:
        return activation_code
