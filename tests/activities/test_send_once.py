"""Activities whose request must not go out twice send nothing in any attempt but the first."""

import ast
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from temporalio.client import Client

from activities.addons import AddonActivities
from activities.esims import EsimActivities
from activities.inventory import Inventory
from activities.messages import AddonOrder, Endpoint, LifecycleChange
from activities.runs import RunActivities
from sft.client import SftClient
from tests.support.activity import refusal
from tests.support.parsed import parsed
from tests.support.seller import PLAN
from tools.simulator.platform import Platform

WORKFLOWS = Path(__file__).parents[2] / "workflows"

ENDPOINT = "4000001"
INPUTS = {
    "provision_addon": AddonOrder(endpoint_id=ENDPOINT, plan_id=PLAN),
    "activate_esim": Endpoint(endpoint_id=ENDPOINT),
    "change_lifecycle": LifecycleChange(endpoint_id=ENDPOINT, to="Suspended", reason="system"),
}

LATER = [{"number": 2}, {"begun_anew_after": timedelta(seconds=4)}]
"""Attempts that are not the first: by their number, or, where that began anew, by when they were scheduled."""

Activity = Callable[..., Awaitable[object]]


@pytest.fixture
def activities(sft: SftClient, client: Client) -> dict[str, Activity]:
    runs = RunActivities(client)
    addons = AddonActivities(sft, runs, settle_seconds=20, channels=[])
    esims = EsimActivities(sft, Inventory(sft, runs.is_claimed), runs, addons)
    return {
        "provision_addon": addons.provision_addon,
        "activate_esim": esims.activate_esim,
        "change_lifecycle": esims.change_lifecycle,
    }


@pytest.mark.parametrize("later", LATER, ids=str)
@pytest.mark.parametrize("name", INPUTS)
async def test_a_later_attempt_sends_nothing_and_counts_as_unanswered(
    activities: dict[str, Activity], platform: Platform, name: str, later: dict[str, Any]
) -> None:
    told = await refusal(activities[name], INPUTS[name], **later)
    assert (told.type, told.non_retryable) == ("SftUnanswered", True)
    assert not platform.calls


def test_every_activity_under_the_policy_of_one_attempt_is_one_of_them() -> None:
    called = {
        call.args[0].attr
        for file in WORKFLOWS.glob("*.py")
        for call in ast.walk(parsed(file))
        if isinstance(call, ast.Call) and call.args and isinstance(call.args[0], ast.Attribute)
        if any(isinstance(argument, ast.Name) and argument.id == "ONCE" for argument in call.args)
    }
    assert called == set(INPUTS)
