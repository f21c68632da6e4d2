"""seller/ by itself: a program of somebody else's has it without the rest of this project."""

import asyncio
import os
import re
import shutil
import subprocess
import sys
from asyncio.subprocess import PIPE
from pathlib import Path

import pytest
from temporalio.client import Client

from seller.client import SellerClient
from tests.support.encrypting_shop import encrypting_shop
from tests.support.encryption_keys import key

ROOT = Path(__file__).parents[2]
REQUIREMENTS = ROOT / "requirements" / "seller.txt"

OURS = ("contract", "seller", "temporal")
"""All that it is made of."""

NOT_NEEDED = """
import sys
import seller.client
import temporal.client
print(*sorted({name.partition(".")[0] for name in sys.modules}))
"""


def requirements(file: Path) -> set[str]:
    """Each requirement with its version and its hashes."""
    return set(re.split(r"(?m)^(?=\w)", file.read_text()))


def example() -> str:
    """The program that docs/portal.md shows."""
    [program] = re.findall(r"(?ms)^```python\n(.*?)^```$", (ROOT / "docs" / "portal.md").read_text())
    return str(program)


def test_it_is_imported_without_what_encrypts_serves_or_draws() -> None:
    answer = subprocess.run([sys.executable, "-c", NOT_NEEDED], cwd=ROOT, capture_output=True, text=True, check=True)
    imported = set(answer.stdout.split())
    assert {"temporalio", "pydantic", *OURS} <= imported
    assert not imported & {"cryptography", "pydantic_settings", "starlette", "fastapi", "typer", "rich", "httpx"}
    assert not imported & {"activities", "workflows", "process", "delivery", "observability", "cli", "portal", "sft"}


def test_what_it_requires_are_versions_and_hashes_of_the_product() -> None:
    assert requirements(REQUIREMENTS) <= requirements(ROOT / "requirements" / "product.txt")


@pytest.mark.long
async def test_it_sells_in_an_environment_that_has_nothing_else(client: Client, tmp_path: Path) -> None:
    python, place = str(tmp_path / "venv" / "bin" / "python"), tmp_path / "portal"
    await output_of(sys.executable, "-m", "venv", str(tmp_path / "venv"))
    await output_of(python, "-m", "pip", "install", "--require-hashes", "-r", str(REQUIREMENTS))
    for package in OURS:
        shutil.copytree(ROOT / package, place / package)
    async with encrypting_shop(client) as shop, shop.working():
        purchase_id = shop.purchase().purchase_id
        program = example().replace("esim-provisioning", shop.task_queue).replace("P-100", purchase_id)
        address = client.service_client.config.target_host
        environment = {"TEMPORAL_ADDRESS": address, "ESIM_ENCRYPTION_KEYS": key(1)}
        printed = await output_of(python, "-c", program, directory=place, **environment)
        sold = await SellerClient(shop.client, shop.task_queue).sales.sold(f"{purchase_id}1")
    _, first, second, *addons = printed.splitlines()
    assert first == f"{sold.iccid} {sold.activation_code}"
    assert second.startswith("provisioned ")
    assert len(addons) == 3


async def output_of(*command: str, directory: Path = ROOT, **variables: str) -> str:
    """What a command prints. Its exit code is not looked at: the SDK may crash a process that is done."""
    process = await asyncio.create_subprocess_exec(
        *command, cwd=directory, env={**os.environ, **variables}, stdout=PIPE, stderr=PIPE
    )
    output, errors = await asyncio.wait_for(process.communicate(), 100)
    assert output or not errors, errors.decode()
    return output.decode()
