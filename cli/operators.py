"""The commands ``operators add``, ``list``, ``log-out`` and ``remove``: who may use the operators' pages, by name."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

from pydantic import Field
from typer import Argument, Context, Typer

from cli.options import AsJson, Debug
from cli.screen import Screen
from cli.settings import CliSettings
from contract.message import Message
from process import audit
from process.settings import read_settings
from seller.accounts import Accounts

operators = Typer(help="Changes who may use the operators' pages, in the file that PORTAL_OPERATORS names.")

Name = Annotated[str, Argument(help="The operator's name, as it stands in the record of orders.", show_default=False)]


class NamedOperator(Message):
    """An operator. ``made_at`` is in UTC."""

    name: str
    made_at: datetime


class NamedOperators(Message):
    """All of them, oldest first."""

    operators: list[NamedOperator]


class NewOperator(Message):
    """An operator who was just made, with what they log in with: a secret, which nobody can show again."""

    name: str
    password: str = Field(repr=False)


class ChangedOperator(Message):
    """An operator whose sessions were ended, or who was removed."""

    name: str
    is_removed: bool


@operators.command()
def add(context: Context, name: Name, as_json: AsJson = False, debug: Debug = False) -> None:
    """Makes an operator, and shows the password once: it is made at random, and only a hash of it is kept."""
    screen = context.ensure_object(Screen)
    password = _accounts().add(name)
    audit.note("operators", "done", added=[name])
    screen.show(f"{name} logs in with this password, which nobody can show again:", password)
    screen.answer(NewOperator(name=name, password=password))


@operators.command("list")
def list_(context: Context, as_json: AsJson = False, debug: Debug = False) -> None:
    """Lists the operators who have names."""
    screen, accounts = context.ensure_object(Screen), _accounts()
    known = [NamedOperator(name=one.name, made_at=one.created_at) for one in accounts.all()]
    lines = [f"{one.name}  made {one.made_at:%Y-%m-%d %H:%M} UTC" for one in known]
    screen.show(*(lines or [f"No operators in {accounts.path}"]))
    screen.answer(NamedOperators(operators=known))


@operators.command()
def log_out(context: Context, name: Name, as_json: AsJson = False, debug: Debug = False) -> None:
    """Ends all sessions of an operator, who may log in again."""
    screen = context.ensure_object(Screen)
    _accounts().end_sessions(name)
    audit.note("operators", "done", logged_out=[name])
    screen.show(f"{name} is logged out everywhere")
    screen.answer(ChangedOperator(name=name, is_removed=False))


@operators.command()
def remove(context: Context, name: Name, as_json: AsJson = False, debug: Debug = False) -> None:
    """Removes an operator, and ends all their sessions."""
    screen = context.ensure_object(Screen)
    _accounts().remove(name)
    audit.note("operators", "done", removed=[name])
    screen.show(f"{name} is removed, and logged out everywhere")
    screen.answer(ChangedOperator(name=name, is_removed=True))


def _accounts() -> Accounts:
    settings = read_settings(CliSettings)
    audit.begin("starter.py", settings.writes(audit.to_syslog), audit.account())
    return Accounts(Path(settings.portal_operators))
