"""How a traveler wants to be spoken to in mails: the form of a language tag, and of the name of a time zone.

Only the form is looked at: which languages and zones there are, the worker that mails knows, and another build may
know others.
"""

import re
from typing import Any, Final

LANGUAGE_TAG: Final = r"^([A-Za-z]{2,3}|[XxIi][-_][A-Za-z0-9]{1,8})([-_][A-Za-z0-9]{1,8}){0,14}$"
"""Of BCP 47, or as POSIX writes it: a language, and maybe a script, a country, variants and extensions, which browsers
add (``ar-EG-u-nu-latn-hc-h23``); or one that is known to its users alone (``x-klingon``)."""

TIME_ZONE: Final = r"^[A-Za-z]{1,20}([/_+-][A-Za-z0-9]{1,20}){0,5}$"
"""As the IANA database names them."""


def language_tag(value: Any) -> Any:
    """The value, if it has the form; raises ValueError, in one sentence, for a text that has another."""
    if isinstance(value, str) and not re.fullmatch(LANGUAGE_TAG, value):
        raise ValueError("must be a language such as de or pt-BR (BCP 47)")
    return value


def time_zone(value: Any) -> Any:
    """The same for a time zone."""
    if isinstance(value, str) and not re.fullmatch(TIME_ZONE, value):
        raise ValueError("must be a time zone such as Europe/Paris (IANA)")
    return value
