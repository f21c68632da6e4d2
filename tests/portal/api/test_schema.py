"""Whether the API answers as its description says, whatever it is sent. Schemathesis makes up what is sent."""

import asyncio
import sys
from asyncio.subprocess import PIPE, STDOUT
from functools import partial
from pathlib import Path

import pytest
from httpx import AsyncClient

from portal.limits import Limits, Rate
from tests.support.rest import calling
from tests.support.seller import Seller

pytestmark = pytest.mark.long

CHECKS = (
    *("not_a_server_error", "status_code_conformance", "content_type_conformance", "response_schema_conformance"),
    *("response_headers_conformance", "negative_data_rejection", "ignored_auth", "unsupported_method"),
    *("allow_header_conformance", "missing_required_header"),
)
"""All of Schemathesis's but two: a product that is not in the catalog is refused, as the schema cannot say, and eSIMs
are not made by a call that answers with their address."""

UNLIMITED = Rate(burst=1e9, per_second=1e9)


@pytest.fixture(autouse=True)
def in_a_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("portal.shop.ORDER_SECONDS", 0.5)
    monkeypatch.setattr("portal.shop.LOOK_SECONDS", 0)
    monkeypatch.setattr("portal.app.Limits", partial(Limits, address=UNLIMITED, caller=UNLIMITED))


async def test_every_answer_is_described_and_none_is_an_error_of_the_server(open_shop: Seller, tmp_path: Path) -> None:
    async with calling(open_shop, tmp_path) as client:
        await conforms(client, tmp_path, "", "3")


async def test_every_answer_about_an_esim_that_there_is_is_described(open_shop: Seller, tmp_path: Path) -> None:
    async with calling(open_shop, tmp_path) as client:
        esim = await open_shop.sell()
        known = f"'path.traveler_id' = '{esim.traveler_id}'\n'path.endpoint_id' = '{esim.endpoint_id}'"
        await conforms(client, tmp_path, f"[parameters]\n{known}\n", "2", "--include-path-regex", "endpoint_id")


async def conforms(client: AsyncClient, directory: Path, configuration: str, examples: str, *options: str) -> None:
    (directory / "schemathesis.toml").write_text(configuration)
    process = await asyncio.create_subprocess_exec(
        *(Path(sys.executable).parent / "schemathesis", "--no-color", "run", f"{client.base_url}openapi.json"),
        *("--header", f"Authorization: {client.headers['Authorization']}", "--checks", ",".join(CHECKS)),
        *("--seed", "7", "--max-examples", examples, "--suppress-health-check", "all", *options),
        cwd=directory,
        stdout=PIPE,
        stderr=STDOUT,
    )
    said, _ = await process.communicate()
    assert process.returncode == 0, said.decode()
