"""How pages are made of templates, which escape all that they are given, and where static files are."""

from hashlib import sha256
from pathlib import Path
from typing import Final

from fastapi.templating import Jinja2Templates
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from languages.countries import country
from languages.figures import data, day, moment
from languages.language import LANGUAGES
from languages.speaking import gettext, isolated, ngettext, say, spoken
from portal.pages.catalog_facts import facts, places
from portal.pages.formats import PROFILES, SUSPENDED, state_of
from portal.pages.speech import choosing
from portal.pages.standing import STEPS
from portal.prefix import root
from seller.addons import has_ended

HERE: Final = Path(__file__).parent.parent
STATIC: Final = HERE / "static"


def templates(contact: str | None = None) -> Jinja2Templates:
    """With all that templates call, and the link to follow to reach the seller, if there is one."""
    environment = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    environment.policies["ext.i18n.trimmed"] = True
    # What the extension adds, mypy does not see.
    environment.install_gettext_callables(gettext, ngettext, newstyle=True)  # type: ignore[attr-defined]
    environment.filters |= {"data": data, "moment": moment, "day": day, "state": state_of}
    environment.filters |= {"say": say, "isolated": isolated}
    environment.filters |= {"facts": facts, "places": places, "country": country}
    environment.tests |= {"ended": has_ended}
    addresses = {path.name: f"/static/{path.name}?{_version(path)}" for path in STATIC.iterdir()}
    environment.globals |= {"static": addresses, "steps": STEPS, "profiles": PROFILES, "contact": contact, "root": root}
    environment.globals |= {"suspended": SUSPENDED}
    environment.globals |= {"spoken": spoken, "languages": LANGUAGES.values(), "choosing": choosing}
    return Jinja2Templates(env=environment)


def _version(path: Path) -> str:
    return sha256(path.read_bytes()).hexdigest()[:12]
