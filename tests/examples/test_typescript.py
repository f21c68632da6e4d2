"""The portal in TypeScript, against the demo: encrypted, told by webhook, and with what the public libraries verify."""

import re
import signal
from pathlib import Path

import pytest

from tests.support.forked import ROOT
from tests.support.node import built, run
from tests.support.ports import free_port
from tests.support.terminal import demo_terminal, reads, sourced

pytestmark = [pytest.mark.clients, pytest.mark.timeout(400)]


async def test_the_portal_in_typescript_sells_tops_up_lists_and_verifies_against_the_demo(tmp_path: Path) -> None:
    example = await built("examples/typescript", tmp_path)
    await run(example, "npm", "run", "build")
    vectors = {"VECTORS": str(ROOT / "docs" / "encryption-vectors.json")}
    await run(example, "npm", "test", variables=vectors)
    own = {"PORTAL_WEBHOOK_URL": f"http://127.0.0.1:{free_port()}/events"}
    demo = await demo_terminal(own).start("--json", "--directory", str(tmp_path / "demo"))
    try:
        assert '"temporal_address"' in await reads(demo, "\n}\n")
        variables = await sourced(tmp_path / "demo" / "env")
        assert variables.items() >= own.items()
        said = await run(example, "npm", "start", "--silent", variables=variables)
    finally:
        demo.send_signal(signal.SIGINT)
        await demo.communicate()
    assert re.search(r"^sold subscription-\d+, ICCID \d+$", said, re.MULTILINE), said
    assert re.search(r"^topped up ts-\d+-2: provisioned, uniqueId \d+$", said, re.MULTILINE), said
    assert len(re.findall(r"^ts-[\d-]+: 30000000000 bytes left, waiting_for_first_use$", said, re.MULTILINE)) == 2, said
    assert re.search(r"^listed subscription-\d+ for T-ts-\d+$", said, re.MULTILINE), said
    assert said.splitlines()[-1].startswith("told and verified addon_provisioned (subscription-"), said
