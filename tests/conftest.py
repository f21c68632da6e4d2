import atexit
import os
from collections.abc import AsyncIterator, Generator
from pathlib import Path
from typing import Final

import pytest
from hypothesis import HealthCheck, settings
from temporalio.client import Client

from process.exit import leave
from tests.support.local_server import configured, local_server
from tests.support.seller import Seller, seller
from tools.chaos.forces.forgetting import QUICK_DELETION
from tools.simulator.platform import Platform
from tools.simulator.server import serving

ONE_PARTITION = configured("matching.numTaskqueueReadPartitions=1", "matching.numTaskqueueWritePartitions=1")
"""Every test has task queues of its own: four partitions of each, as usual, cost the server much and bring nothing."""

QUICK_DRAINAGE = configured(
    'matching.wv.VersionDrainageStatusRefreshInterval="500ms"',
    'matching.wv.VersionDrainageStatusVisibilityGracePeriod="500ms"',
)
"""How soon it is seen that nothing runs on a retired version of a worker any more: usually after minutes."""

# Temporal servers are written in Go. There is one for each process of pytest, and more of them than cores.
os.environ.setdefault("GOMAXPROCS", "1")
os.environ.setdefault("GOGC", "400")

# Reading the world's certificate authorities takes every client of httpx longer than many tests last, and no test calls
# an address that they vouch for.
os.environ.pop("SSL_CERT_FILE", None)
os.environ["SSL_CERT_DIR"] = os.devnull

# How long hypothesis takes says how busy the machine is, and nothing of the product.
settings.register_profile("busy", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("busy")

TESTS: Final = Path(__file__).parent

LONG: Final = (
    *("cli/", "security/", "sft_check/", "observability/", "tools/bench/", "tools/chaos/", "tools/demo/"),
    *("portal/operators/", "portal/pages/", "seller/", "deploy/", "portal/api/test_reference.py", "tools/simulator/"),
    *("portal/test_", "process/test_exit.py", "workflows/test_adoption.py", "workflows/test_operators_hand.py"),
    *("workflows/test_odd_answers.py", "workflows/test_seen.py", "temporal/test_shared_look.py", "nexus/"),
    *("workflows/subscription/test_callers.py", "workflows/subscription/test_next_run.py", "portal/api/test_checks.py"),
    *("workflows/subscription/test_refund.py", "workflows/subscription/test_remove_addon.py"),
    *("workflows/provisioning/test_giving_back.py", "workflows/provisioning/test_forgotten_purchase.py"),
    *("temporal/test_client.py", "temporal/encryption/test_set_aside.py", "temporal/test_login_gate.py"),
    "portal/api/test_purchase_orders.py",
    *("portal/api/test_limited_keys.py", "temporal/test_engine.py", "workflows/test_reset.py", "test_leaks.py"),
    *("workflows/test_audit.py", "workflows/test_restore.py", "temporal/test_workflow_runner.py"),
    *("tools/model/", "tools/supply/", "test_worker.py", "test_docs.py", "temporal/test_rolling.py"),
    *("temporal/test_replay.py", "temporal/encryption/test_rotation.py", "temporal/encryption/test_switching.py"),
    *("workflows/test_addon_protocol_properties.py", "workflows/test_habits.py", "workflows/test_late_effects.py"),
    *("workflows/test_odd_rows.py", "workflows/test_operators_matter.py", "workflows/test_overload.py"),
    *("workflows/test_stock_queue.py", "workflows/test_two_builds.py", "workflows/provisioning/test_rivals.py"),
    *("workflows/provisioning/test_activation_codes.py", "workflows/provisioning/test_find_and_claim.py"),
    *("workflows/subscription/test_month_alive.py", "workflows/subscription/test_usage_over_weeks.py"),
)
"""Rooms and files of whole programs, attacks, outages and weeks: make test, which has to be quick, leaves them to make
test-rest."""

_exit_codes: list[int] = []


def _is_long(path: Path) -> bool:
    return path.is_relative_to(TESTS) and path.relative_to(TESTS).as_posix().startswith(LONG)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Reading what is not run would take each process of make test as long as a fifth of the tests."""
    return True if _is_long(collection_path) and "not long" in config.option.markexpr else None


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if _is_long(item.path):
            item.add_marker(pytest.mark.long)


# Here pytest has said and written everything, also what it leaves to atexit itself, and Python is still whole.
@atexit.register
def _leave() -> None:
    if _exit_codes:
        leave(_exit_codes[-1])


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_cmdline_main() -> Generator[None, int | None, int | None]:
    try:
        code = yield
    except BaseException as error:
        _exit_codes.append(pytest.ExitCode.USAGE_ERROR if isinstance(error, pytest.UsageError) else 1)
        raise
    _exit_codes.append(code or 0)
    return code


@pytest.fixture(scope="session", autouse=True)
def readable_tests() -> Generator[None]:
    """Also where a test calls the main of a program of ours: what that does to its process is for good."""
    with pytest.MonkeyPatch.context() as patched:
        for program in ("portal.__main__", "temporal.codec_server"):
            patched.setattr(f"{program}.keep_in_memory", lambda: None)
        yield


@pytest.fixture(scope="session")
async def client() -> AsyncIterator[Client]:
    """A client of a real Temporal server that all tests share."""
    async with local_server(*ONE_PARTITION, *QUICK_DRAINAGE, *QUICK_DELETION) as client:
        yield client


@pytest.fixture
def platform() -> Platform:
    return Platform(esims=3)


@pytest.fixture
async def base_url(platform: Platform) -> AsyncIterator[str]:
    """The address of a simulated SFT."""
    async with serving(platform) as url:
        yield url


@pytest.fixture(scope="module")
async def open_shop(client: Client) -> AsyncIterator[Seller]:
    """A seller with a worker that runs, for tests that leave it as it was."""
    async with seller(client) as shop, shop.working():
        yield shop


@pytest.fixture
async def shop(client: Client) -> AsyncIterator[Seller]:
    """A seller of the test's own, with a worker that runs."""
    async with seller(client) as shop, shop.working():
        yield shop
