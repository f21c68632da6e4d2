"""Forms that only somebody can send whom this portal gave them to (no cross-site request forgery)."""

from collections.abc import Sequence
from typing import Annotated, Final
from urllib.parse import urlsplit

from itsdangerous import BadData
from pydantic import SecretStr, Strict, TypeAdapter, ValidationError
from starlette.datastructures import FormData
from starlette.requests import Request

from portal.signing import signed, signer

SENT_AS: Final = "application/x-www-form-urlencoded"

LIFE_SECONDS: Final = 86_400
"""How long a page may stay open before what it has to send is refused."""

MOST_FIELDS: Final = 20

Text = Annotated[str, Strict()]

SEALED: Final[TypeAdapter[tuple[str, str, dict[str, str]]]] = TypeAdapter(tuple[Text, Text, dict[Text, Text]])
"""For whom, for which address, and what the form is about."""


class Forged(Exception):
    """A form that this portal did not give to who sends it, or too long ago."""


class Misplaced(Forged):
    """A form that this portal did give to who sends it, but for another address."""


class Outdated(Forged):
    """A form that this portal did give to who sends it, but what it offered is not on offer any more."""


class Forms:
    """Seals what a form is about, for one person; opens what comes back. What the form does is decided by that alone:
    a field beside it is what somebody typed, or may be anything."""

    def __init__(self, secrets: Sequence[SecretStr]) -> None:
        self._signer = signer(secrets, "form")

    def seal(self, whom: str, address: str, **about: str) -> str:
        """A hidden field's value, which only ``whom`` can send, and only to this address: it is of no use elsewhere.

        All that it is ``about`` (say, a purchase_id, and what is bought under it) is in it.
        """
        return str(self._signer.dumps([whom, address, about]))

    def opened(self, request: Request, seal: str, whom: str) -> dict[str, str]:
        """What the form is about. Raises Forged if another site sent it, or it was not sealed for ``whom`` and here."""
        if not is_from_here(request):
            raise Forged
        try:
            sealed_for, address, about = SEALED.validate_python(signed(self._signer, seal, LIFE_SECONDS))
        except (BadData, ValidationError):
            raise Forged from None
        if sealed_for != whom:
            raise Forged
        if address != request.url.path:
            raise Misplaced
        return about


def is_from_here(request: Request) -> bool:
    """Whether the browser says that a page of ours sent this, as far as it says anything.

    It names no origin for pages that send no Referer, as ours; over plain HTTP it says nothing. The seal decides then.
    """
    if site := request.headers.get("sec-fetch-site"):
        return site in ("same-origin", "none")
    origin = request.headers.get("origin", "null")
    try:
        return origin == "null" or urlsplit(origin).netloc == request.headers.get("host")
    except ValueError:
        return False


async def sent(request: Request) -> FormData:
    """The fields of a form as our pages send them; none, where somebody sends them as something else."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != SENT_AS:
        return FormData()
    return await request.form(max_fields=MOST_FIELDS)
