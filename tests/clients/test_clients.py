"""Clients that others generate from the OpenAPI document: they compile strictly, and 30 GB stay 30 GB in them."""

import json
import os
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from contract.addon import Usage
from contract.subscription import ShownSubscription
from portal.api.app import api
from portal.keys import ApiKeys
from portal.shop import Shop
from seller.catalog import SHIPPED, read_catalog
from seller.client import SellerClient
from tests.support.forked import ROOT
from tests.support.node import built, run
from tests.support.portal import opened
from tests.support.seller import Seller

HERE = ROOT / "tests" / "clients"
BYTES = 32_212_254_720
"""30 GiB: more than 32 bits have."""


async def esim_of(shop: Seller) -> ShownSubscription:
    """An eSIM that was sold, of which SFT says that so much is left."""
    sold = await shop.sell()
    esim = ShownSubscription.model_validate((await shop.refreshed(sold.endpoint_id)).model_dump())
    [addon] = esim.addons
    now = datetime.now(UTC)
    addon.usage = Usage(
        granted_bytes=BYTES, remaining_bytes=BYTES, state="in_use", starts_at=now, expires_at=None, as_of=now
    )
    return esim


def description(shop: Seller, directory: Path) -> str:
    """The OpenAPI document."""
    seller = SellerClient(shop.client, shop.task_queue)
    described = api(Shop(seller, lambda: read_catalog(str(SHIPPED))), ApiKeys(directory / "keys.json")).openapi()
    return json.dumps(described)


@pytest.mark.clients
@pytest.mark.timeout(400)
async def test_a_client_in_typescript_compiles_strictly_and_is_answered(shop: Seller, tmp_path: Path) -> None:
    sold = await shop.sell()
    [addon] = shop.platform.endpoint(sold.endpoint_id).addons
    addon.plan = addon.plan.model_copy(update={"granted_bytes": BYTES})
    addon.remaining_bytes = BYTES
    esim = await shop.refreshed(sold.endpoint_id)
    client = await built("tests/clients/typescript", tmp_path)
    (client / "openapi.json").write_text(description(shop, tmp_path))
    await run(client, "npm", "run", "generate")
    await run(client, "npm", "run", "build")
    async with opened(shop, portal_api_keys=str(tmp_path / "keys.json")) as portal:
        key = ApiKeys(tmp_path / "keys.json").add("typescript")
        asked = (f"{portal.url}/api", key, "T-42", sold.endpoint_id)
        answered = await run(client, "node", "dist/roundtrip.js", *asked, variables={"NO_PROXY": "127.0.0.1"})
    assert json.loads(answered) == esim.model_dump(mode="json")
    assert json.loads(answered)["addons"][0]["usage"]["granted_bytes"] == BYTES


@pytest.mark.clients
@pytest.mark.timeout(1200)
async def test_clients_in_java_and_go_compile_strictly_and_keep_30_gb(shop: Seller, tmp_path: Path) -> None:
    if missing := [program for program in ("mvn", "java", "go") if not shutil.which(program)]:
        pytest.skip(f"{' and '.join(missing)} are not here: this needs a JDK of 17 or newer, Maven and Go")
    project = tmp_path / "clients"
    shutil.copytree(HERE, project)
    (project / "openapi.json").write_text(description(shop, tmp_path))
    esim = await esim_of(shop)
    (project / "esim.json").write_text(esim.model_dump_json())
    quietly = ("mvn", "--batch-mode", "--quiet", "--strict-checksums")
    await run(project, *quietly, "process-classes", "dependency:copy-dependencies")
    written = await run(project, "java", "-cp", "target/classes:target/dependency/*", "RoundTrip", "esim.json")
    assert ShownSubscription.model_validate_json(written) == esim
    native = {"GOFLAGS": "-mod=readonly", "GOMAXPROCS": str(os.cpu_count() or 1)}
    await run(project / "go", "go", "vet", "./...", variables=native)
    written = await run(project / "go", "go", "run", ".", "../esim.json", variables=native)
    assert ShownSubscription.model_validate_json(written) == esim
