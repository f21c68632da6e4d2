"""The options of a command that acts on one eSIM or on many. Who acts finds them in its context (cli/bulk.py)."""

import inspect
from collections.abc import Callable
from functools import wraps
from typing import Any, Final

from cli.options import AsJson, Debug, Failures, OfFile, OfQuery, OfTraveler, PerSecond, Reseller, Yes


def _of_many(
    traveler: OfTraveler = None,
    query: OfQuery = None,
    file: OfFile = None,
    reseller: Reseller = None,
    per_second: PerSecond = None,
    failures: Failures = None,
    yes: Yes = False,
    as_json: AsJson = False,
    debug: Debug = False,
) -> None: ...


OF_MANY: Final = tuple(inspect.signature(_of_many).parameters.values())


def for_one_or_many(command: Callable[..., None]) -> Callable[..., None]:
    """The command with these options after its own."""
    own = inspect.signature(command)
    parameters = [*own.parameters.values(), *OF_MANY]

    @wraps(command)
    def complete(**given: Any) -> None:
        command(**{name: given[name] for name in own.parameters})

    complete.__signature__ = own.replace(parameters=parameters)  # type: ignore[attr-defined]  # Typer reads these two
    complete.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    return complete
