"""All errors of the SFT client. Their types tell what was refused, what certainly not done, and what may have been."""


class SftError(Exception):
    """A call to SFT that did not succeed: ``call`` is its name on the wire, ``reason`` one phrase."""

    status: int | None = None
    """The HTTP status of what SFT answered; None if no answer came."""

    def __init__(self, call: str, reason: str) -> None:
        super().__init__(call, reason)
        self.call = call
        self.reason = reason

    def __str__(self) -> str:
        return f"{self.call}: {self.reason}"


class Rejected(SftError):
    """SFT refused the call: it was not done. ``code`` and ``description`` are SFT's, or the HTTP status's."""

    def __init__(self, call: str, code: str, description: str) -> None:
        super().__init__(call, f"SFT refused with code {code}" + (f": {description}" if description else ""))
        self.args = (call, code, description)
        self.code = code
        self.description = description


class Unanswered(SftError):
    """It may have been done, or may still be: look with the right GET before sending it again."""


class NotSent(SftError):
    """It was certainly not done and may be sent again, after ``retry_after_seconds`` if SFT named a time."""

    def __init__(self, call: str, reason: str, retry_after_seconds: float | None = None) -> None:
        super().__init__(call, reason)
        self.args = (call, reason, retry_after_seconds)
        self.retry_after_seconds = retry_after_seconds


class AuthenticationFailed(NotSent):
    """Not done, because SFT refuses these credentials or this account: only the operator can mend that."""


class AccountRefused(AuthenticationFailed):
    """Not done, because SFT does not let this account make this call."""


class AccountBlocked(AuthenticationFailed):
    """Not done, because SFT has blocked the account: only a reset of its password helps, and new settings then."""


class Malformed(SftError):
    """SFT answered, but unusably at ``field``: as with Unanswered, it may have been done.

    ``told`` are the uniqueIds of add-ons that the answer names all the same, ``words`` are SFT's about why.
    """

    def __init__(self, call: str, field: str, told: tuple[str, ...] = (), words: str = "") -> None:
        super().__init__(call, f"SFT's answer is unusable at {field}" + (f" (it says: {words})" if words else ""))
        self.args = (call, field, told, words)
        self.field = field
        self.told = told
