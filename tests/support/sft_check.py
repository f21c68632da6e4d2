"""A check of a simulated SFT, in this process."""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from pydantic import SecretStr

from sft.client import SftClient
from sft_check.check import read_only, report_of
from sft_check.evidence import Evidence
from sft_check.finding import CheckReport, Finding
from sft_check.life import Life
from tests.support.sft_account import PASSWORD, PLAN
from tools.simulator.platform import Platform
from tools.simulator.server import serving


@dataclass
class Check:
    """A check of ``platform``."""

    platform: Platform
    client: SftClient
    evidence: Evidence
    base_url: str

    async def read(self, endpoint_id: str | None = None) -> CheckReport:
        await read_only(self.client, self.evidence, self.base_url, endpoint_id)
        return report_of(self.evidence, self.base_url)

    async def live(self, activation_call: str = "EndPointLifeCycleChange") -> Life:
        """The life of the first endpoint."""
        endpoint_id = self.platform.endpoints[0].endpoint_id
        life = Life(self.client, self.evidence, endpoint_id, PLAN, lambda _: None, activation_call)
        await life.live()
        return life

    @property
    def report(self) -> CheckReport:
        return report_of(self.evidence, self.base_url)

    @property
    def wrong(self) -> set[str]:
        """The assumptions that do not hold."""
        return {one.assumption for one in self.report.findings if one.verdict == "does not hold"}

    def finding(self, assumption: str) -> Finding:
        return next(one for one in self.report.findings if one.assumption == assumption)


@asynccontextmanager
async def check_of(
    platform: Platform, *, products: Iterable[str] = (PLAN,), settle_seconds: float = 1, time_zone: str = "UTC"
) -> AsyncIterator[Check]:
    evidence = Evidence(products={plan: plan for plan in products}, settle_seconds=settle_seconds, time_zone=time_zone)
    async with serving(platform) as base_url:
        client = SftClient(
            base_url=base_url,
            username="demo",
            password=SecretStr(PASSWORD),
            timeout_seconds=1,
            slow_timeout_seconds=1,
            recorder=evidence,
        )
        async with client:
            yield Check(platform, client, evidence, base_url)
