"""The HTML of a mail to a traveler, written in the direction of the language that is spoken."""

from collections.abc import Iterable

from markupsafe import Markup

from languages.speaking import say, spoken
from languages.text import marked

YOUR_ESIM = marked("Your eSIM")


def html_letter(headline: str, parts: Iterable[Markup]) -> str:
    """A whole document. Direction and language are said twice: many programs show no more than what is in the body."""
    language = spoken().language
    speech = Markup('lang="{}" dir="{}"').format(language.code, language.direction)
    return Markup(
        """\
<!DOCTYPE html>
<html {speech}>
<head><meta charset="utf-8"><title>{title}</title></head>
<body style="font-family: sans-serif; max-width: 36em; color: #222222; background-color: #ffffff">
<div {speech}>
<h1 style="font-size: 1.4em">{headline}</h1>
{parts}
</div>
</body>
</html>
"""
    ).format(speech=speech, title=say(YOUR_ESIM), headline=headline, parts=Markup("\n").join(parts))


def paragraph(*lines: str) -> Markup:
    """One, with these lines below each other."""
    return Markup("<p>{}</p>").format(Markup("<br>\n").join(lines))


def bullets(lines: Iterable[str]) -> Markup:
    """A list of them."""
    return Markup("<ul>\n{}\n</ul>").format(Markup("\n").join(Markup("<li>{}</li>").format(line) for line in lines))


def link(address: str, words: str) -> Markup:
    """To an address."""
    return Markup('<a href="{}">{}</a>').format(address, words)


def code(letters: str) -> Markup:
    """What is typed as it stands: from left to right, in every language."""
    return Markup('<code dir="ltr">{}</code>').format(letters)
