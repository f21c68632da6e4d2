"""Nothing that an attacker can talk to is missing from the index, and each test that it names is there."""

import re
from pathlib import Path
from typing import Any

from nexusrpc import get_service_definition
from temporalio import workflow
from typer.main import get_command

from cli.commands import app
from nexus.service import TravelEsim
from temporal.encryption.access import AccessTokens
from temporal.encryption.server import application
from tests.security.index import CODEC_SERVER, COMMANDS, FOR_ALL, HANDLERS, OPERATIONS, PORTAL, routes_of
from tests.support.attacked import Attacked
from tests.support.codec_server import ORIGIN, TOKEN
from tests.support.encryption_keys import ring
from workflows.registered import WORKFLOWS

TESTS = Path(__file__).parents[1]


async def test_every_page_and_call_of_the_portal_has_an_entry(attacked: Attacked) -> None:
    routes = list(routes_of(attacked.portal.app.routes))
    assert sorted(routes) == sorted(PORTAL)


def test_every_call_of_the_codec_server_has_an_entry() -> None:
    answering: Any = application(ring(1), AccessTokens.parse(f"ann:{TOKEN}"), [ORIGIN])
    assert sorted(routes_of(answering.routes)) == sorted(CODEC_SERVER)


def test_every_handler_of_a_workflow_has_an_entry() -> None:
    handlers = []
    for kind in WORKFLOWS:
        known = workflow._Definition.must_from_class(kind)
        for what, names in (("query", known.queries), ("update", known.updates), ("signal", known.signals)):
            handlers += [f"{known.name} {what} {name}" for name in names]
    # What is not declared in a workflow's class.
    parts = "".join(file.read_text() for file in (TESTS.parent / "workflows").glob("*.py"))
    for what, name in re.findall(r"set_(query|update|signal)_handler\(\s*\"(\w+)\"", parts):
        handlers.append(f"TravelerSubscriptionWorkflow {what} {name}")
    assert sorted(handlers) == sorted(HANDLERS)


def test_every_operation_of_the_nexus_service_has_an_entry() -> None:
    definition = get_service_definition(TravelEsim)
    assert definition is not None
    assert sorted(definition.operation_definitions) == sorted(OPERATIONS)


def test_every_command_has_an_entry() -> None:
    commands: Any = get_command(app)
    assert sorted(commands.commands) == sorted(COMMANDS)


def test_every_attack_that_is_named_is_a_test() -> None:
    written = set(re.findall(r"def (test_\w+)", "".join(file.read_text() for file in TESTS.rglob("test_*.py"))))
    named = [
        *(entry.tests for entry in PORTAL.values()),
        *CODEC_SERVER.values(),
        *HANDLERS.values(),
        *OPERATIONS.values(),
        *COMMANDS.values(),
    ]
    assert {*FOR_ALL, *(name for names in named for name in names)} <= written
    assert all(entry.tests for entry in PORTAL.values() if entry.who != "anybody")
    assert all(CODEC_SERVER.values())
