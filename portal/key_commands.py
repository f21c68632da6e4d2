"""``python -m portal keys``: makes, lists and revokes the keys of the REST API."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from portal.keys import ApiKey, ApiKeys, KeysProblem, Limits
from portal.settings import ApiKeySettings
from process import audit
from process.settings import SettingsProblem, read_settings


def main(arguments: Sequence[str]) -> int:
    """Carries a command out; 0 if it could be done, 1 if not, 2 (by argparse, which exits) for arguments."""
    command = _parser().parse_args(arguments)
    try:
        settings = read_settings(ApiKeySettings)
        audit.begin("portal keys", settings.writes(audit.to_syslog), audit.account())
        keys = ApiKeys(Path(settings.portal_api_keys))
        for line in _done(keys, command):
            print(line)  # noqa: T201
    except (KeysProblem, SettingsProblem) as problem:
        print(problem, file=sys.stderr)  # noqa: T201
        return 1
    return 0


def _done(keys: ApiKeys, command: argparse.Namespace) -> list[str]:
    match command.command:
        case "new":
            limits = Limits(
                read_only=command.read_only, travelers=command.travelers, without_codes=command.without_codes
            )
            key = keys.add(command.name, limits)
            audit.note("api_keys", "done", added=[command.name])
            print(f"The key of {command.name}: nobody can show it again", file=sys.stderr)  # noqa: T201
            return [key]
        case "revoke":
            keys.revoke(command.name)
            audit.note("api_keys", "done", removed=[command.name])
            return [f"Revoked {command.name}: the portal refuses it from now on"]
        case _:
            return [_line(key) for key in keys.all()] or [f"No keys in {keys.path}"]


def _line(key: ApiKey) -> str:
    return ", ".join([f"{key.name}  made {key.created_at:%Y-%m-%d %H:%M} UTC", *key.words])


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m portal keys", description="Changes the file in PORTAL_API_KEYS.")
    commands = parser.add_subparsers(dest="command", required=True)
    new = commands.add_parser("new", help="make a key, and print it once")
    new.add_argument("name", help="whose it is")
    new.add_argument("--read-only", action="store_true", help="it may look, and order nothing")
    new.add_argument("--travelers", metavar="PREFIX", help="for travelers only whose ids begin with it, as R7-")
    new.add_argument("--without-codes", action="store_true", help="it is shown no activation codes")
    commands.add_parser("list", help="whose keys there are")
    revoke = commands.add_parser("revoke", help="refuse a key from now on")
    revoke.add_argument("name", help="whose it is")
    return parser
