"""Whatever the live platform did once: the client reads it."""

from asyncio import StreamWriter
from pathlib import Path

import pytest

from sft.client import SftClient
from sft.errors import Malformed, SftError
from sft.models import LifeCycle, Reason
from sft.transcript import Recorded, recorded
from tests.support.raw_sft import RawRequest, answer, raw_sft
from tests.support.sft_account import client_of

FOLDER = Path(__file__).parent / "transcripts"
TRANSCRIPTS = sorted(FOLDER.glob("*.jsonl"))
TOKENS = ("login", "RefreshToken")


@pytest.mark.parametrize("path", TRANSCRIPTS, ids=lambda path: path.stem)
async def test_the_client_reads_every_answer_of_a_transcript(path: Path) -> None:
    exchanges = [one for one in recorded(path) if one.call not in TOKENS and isinstance(one.answer, dict)]
    assert exchanges
    answers = iter(exchanges)
    current = exchanges[0]

    async def handler(_: RawRequest, writer: StreamWriter) -> None:
        writer.write(answer(current.answer, current.status or 200))

    async with raw_sft(handler) as sft, client_of(sft.base_url) as client:
        for current in answers:
            unreadable = await malformed(client, current)
            # An answer to SubscribeAddon that cannot be used is looked up, as one that never came.
            assert not unreadable or current.call == "SubscribeAddon", unreadable


async def malformed(client: SftClient, one: Recorded) -> str:
    """Which field of the answer the client cannot use; empty if it can use it, be it a refusal."""
    try:
        await asked(client, one)
    except Malformed as error:
        return str(error)
    except SftError:
        pass
    return ""


async def asked(client: SftClient, one: Recorded) -> None:
    match one.call, one.sent:
        case "fetchSIM", _:
            await client.fetch_sims()
        case "GetEndPointProfile", _:
            await client.get_endpoint_profile(str(one.query["endPointId"]))
        case "EndPointActivation", {"Request": {"endPointId": endpoint_id}}:
            await client.activate_endpoint(str(endpoint_id))
        case "EndPointLifeCycleChange", {
            "Request": {"endPointId": endpoint_id, "requestParam": {"lifeCycle": str(to)}}
        }:
            await client.change_lifecycle(str(endpoint_id), LifeCycle(to), Reason.SYSTEM)
        case "SubscribeAddon", {"Request": {"endPointId": endpoint_id, "requestParam": {"planId": plan_id}}}:
            await client.subscribe_addon(str(endpoint_id), str(plan_id))
        case "endpoint", _:
            await client.remove_addons("1", [])
