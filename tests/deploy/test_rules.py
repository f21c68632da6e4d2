"""The alert rules by themselves: what promtool says of them, and that each is tested both ways."""

import re
import subprocess

import pytest

from tests.support.prometheus import RULES

pytestmark = pytest.mark.debian

ALERTS = re.findall(r"^ +- alert: (\w+)$", (RULES / "alerts.yml").read_text(), re.MULTILINE)

CASE = re.compile(r"alertname: (\w+)(?:,[^\n]*|\n +)exp_alerts:( \[\])?")
"""A case of a promtool test; the second group tells those in which nothing may fire."""


@pytest.mark.parametrize(
    "command", ["check rules alerts.yml", "check config prometheus.yml", "test rules alerts_test.yml"]
)
def test_promtool_is_content(command: str) -> None:
    ended = subprocess.run(
        ["promtool", *command.split()], cwd=RULES, capture_output=True, text=True, timeout=280, check=False
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr


def test_every_alert_is_seen_to_fire_and_seen_not_to_fire() -> None:
    cases = {(name, bool(silent)) for name, silent in CASE.findall((RULES / "alerts_test.yml").read_text())}
    assert cases == {(name, silent) for name in ALERTS for silent in (True, False)}
