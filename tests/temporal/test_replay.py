"""``worker.py --replay``: whether this build can go on with histories that were saved as files."""

import asyncio
import json
import subprocess
import sys
from pathlib import Path

import pytest
from temporalio.client import Client

from tests.support.encrypting_shop import encrypting_shop
from tests.support.encryption_keys import key
from tests.support.histories import NEWEST
from tests.support.worker_process import ended_worker

SALE = NEWEST / "plain_sale-0-ProvisionEsimWorkflow.json"


async def replayed(*paths: Path, **variables: str) -> tuple[int, str, list[str]]:
    ended = await ended_worker("--replay", *map(str, paths), **variables)
    return ended.code, ended.output, ended.errors.splitlines()


async def test_what_this_build_can_go_on_with_is_counted_and_what_it_cannot_is_named(tmp_path: Path) -> None:
    (tmp_path / "same.json").write_text(SALE.read_text())
    assert await replayed(tmp_path, SALE) == (0, "Replayed: 2. This build can go on with all of them.\n", [])
    (tmp_path / "other.json").write_text(SALE.read_text().replace('"name": "find_esim"', '"name": "another_step"'))
    (tmp_path / "broken.json").write_text("{}")
    code, output, [broken, other, absent] = await replayed(tmp_path, tmp_path / "absent.json")
    assert (code, output) == (1, "")
    assert broken.startswith(f"{tmp_path / 'broken.json'} is no history")
    assert other.startswith(f"{tmp_path / 'other.json'} would take another course: ")
    assert "another_step" in other
    assert absent.startswith(f"{tmp_path / 'absent.json'} cannot be read")


async def test_what_temporal_shows_is_replayed_with_the_keys_that_it_is_encrypted_with(
    client: Client, tmp_path: Path
) -> None:
    async with encrypting_shop(client) as shop, shop.working():
        sold = await shop.sell()
    words = ["workflow", "show", "--output", "json", "--workflow-id", sold.subscription_id]
    address = client.service_client.config.target_host
    command = [str(Path(sys.executable).parent / "temporal"), *words, "--address", address]
    shown = (await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True, check=True)).stdout
    assert sold.activation_code not in shown
    (file := tmp_path / "sale.json").write_text(shown)
    assert json.loads(shown)["events"]
    assert (await replayed(file, ESIM_ENCRYPTION_KEYS=key(1)))[0] == 0
    code, _, [sentence] = await replayed(file, ESIM_ENCRYPTION_KEYS=key(2))
    assert (code, sentence.partition(":")[0]) == (1, f"{file} cannot be replayed (RuntimeError)")


async def test_a_replay_tells_what_would_be_refused_where_encryption_is_required() -> None:
    assert (await replayed(SALE, ESIM_ENCRYPTION_KEYS=key(1)))[0] == 0
    code, _, [sentence] = await replayed(SALE, ESIM_ENCRYPTION_KEYS=key(1), ESIM_REQUIRE_ENCRYPTION="1")
    assert (code, sentence.partition(" ")[0]) == (1, str(SALE))


async def test_what_nobody_has_begun_or_temporal_has_forgotten_is_left_out_and_not_counted(tmp_path: Path) -> None:
    first_events = json.loads(SALE.read_text())["history"]["events"][:2]
    (tmp_path / "new.json").write_text(json.dumps({"events": first_events}))
    (tmp_path / "delayed.json").write_text(json.dumps({"events": first_events[:1]}))
    (tmp_path / "gone.json").write_text("\n")
    left_out = "Left out: 3 that no worker has begun, or that are gone."
    told = f"Replayed: 1. This build can go on with all of them. {left_out}\n"
    assert await replayed(tmp_path, SALE) == (0, told, [])
    code, output, [sentence] = await replayed(tmp_path)
    assert (code, output) == (1, "")
    assert sentence.startswith(f"There is nothing to replay in {tmp_path}: ")


async def test_what_is_no_history_is_told_in_a_sentence_however_odd_it_is(tmp_path: Path) -> None:
    odd = '{"events": [{"workflowExecutionStartedEventAttributes": {"workflowId": 3}}, {}]}'
    for name, text in {"deep": "[" * 200_000, "odd": odd, "short": json.dumps({"events": []})}.items():
        (tmp_path / f"{name}.json").write_text(text)
    code, _, sentences = await replayed(tmp_path)
    assert code == 1
    assert [sentence.partition(" is no history")[0] for sentence in sentences] == [
        str(tmp_path / f"{name}.json") for name in ("deep", "odd", "short")
    ]


@pytest.mark.parametrize("paths", [[], [Path("sft")]])
async def test_nothing_to_replay_is_no_success(paths: list[Path]) -> None:
    code, output, [sentence] = await replayed(*paths)
    assert code > 0
    assert not output
    assert "--replay with files or folders" in sentence or sentence == "There are no histories (*.json) in sft"
