"""What a command could not do, in one sentence: the errors of seller/, and those that only a terminal has."""

from typer import TyperException

from process.settings import SettingsProblem
from seller.errors import SellerError, seller_error


class Problem(SellerError):
    """An error of the terminal itself, whose type is a word of its own: ``Interrupted``, ``NotConfirmed``,
    ``NotWritten``, ``BadSettings``, ``BadCommand``. ``exit_code`` is given where its type does not say which it is.
    """

    def __init__(self, type: str, message: str, exit_code: int | None = None) -> None:
        super().__init__(type, message)
        self.exit_code = exit_code


def problem_of(error: Exception) -> SellerError:
    """What to tell about an error. One that nobody foresaw is not quoted: it may hold what must not be shown."""
    match error:
        case SettingsProblem():
            return Problem("BadSettings", str(error))
        case TyperException():
            return Problem("BadCommand", f"{error.format_message().rstrip('.')}; --help tells more")
    told = seller_error(error)
    return Problem(told.type, f"{told.message}: --debug shows where") if told.type == "Unexpected" else told
