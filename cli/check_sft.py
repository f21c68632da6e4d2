"""The command ``check-sft``: the first contact with a live SFT."""

import asyncio
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Final

from typer import Context, Exit, Option

from cli.check_views import check_view
from cli.claims import ClaimCheck
from cli.confirmation import confirm
from cli.exit_codes import INTERRUPTED, MAY_WORK_LATER
from cli.options import AsJson, Debug
from cli.problem import Problem
from cli.screen import Screen
from cli.settings import CheckSftSettings
from process.settings import read_settings
from seller.catalog import read_catalog
from sft.client import SftClient
from sft.errors import SftError
from sft.exchange import Recorder, unrecorded
from sft.rate_plans import RatePlans
from sft.transcript import Transcript
from sft_check.again import asked_again
from sft_check.check import CannotCheck, read_only, report_of
from sft_check.client import sft_client
from sft_check.evidence import Evidence
from sft_check.finding import CheckReport
from sft_check.life import Life
from sft_check.trouble import trouble

STOPS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

COSTS: Final = (
    "It costs the activation, a month and the add-on, and the eSIM cannot be sold afterwards. No worker may sell from "
    "this account meanwhile, wherever it runs"
)


def check_sft(
    context: Context,
    with_one_esim: Annotated[
        bool, Option("--with-one-esim", help="Take one eSIM of the stock through its whole life, too: it costs money.")
    ] = False,
    product: Annotated[str | None, Option(help="The add-on for it; if absent, the first that SFT has.")] = None,
    endpoint: Annotated[
        str | None, Option(metavar="ID", help="Look at this endpoint, too: one in use shows more than a new one.")
    ] = None,
    transcript: Annotated[
        Path | None, Option(metavar="FILE", help="Keep every exchange, with stand-ins for secrets and personal data.")
    ] = None,
    yes: Annotated[bool, Option("--yes", help="Do not ask whether that is meant.")] = False,
    as_json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Holds what SFT answers against all that is assumed about it. It only reads, unless told to take an eSIM."""
    screen, settings = context.ensure_object(Screen), read_settings(CheckSftSettings)
    catalog = read_catalog(settings.esim_catalog)
    plan_id = catalog.plan_of(product) if product is not None else None
    evidence = Evidence(
        products=catalog.plans,
        settle_seconds=settings.sft_settle_seconds,
        time_zone=settings.sft_time_zone,
        recorder=_recorder(transcript, settings),
    )
    check = _Check(settings, evidence, screen)
    with asyncio.Runner() as runner, check.one_sentence(), check.client_of(runner) as client:
        runner.run(read_only(client, evidence, check.base_url, endpoint))
        if with_one_esim:
            check.go_through_a_life(runner, client, plan_id, ask=not yes)
    report = check.report()
    screen.show(*check_view(report))
    screen.answer(report)
    if not report.is_well or report.interrupted:
        raise Exit(INTERRUPTED if report.interrupted else MAY_WORK_LATER)


def _recorder(transcript: Path | None, settings: CheckSftSettings) -> Recorder:
    if transcript is None:
        return unrecorded
    secrets = [settings.sft_username, settings.sft_password.get_secret_value(), settings.sft_target_account_id]
    try:
        return Transcript(transcript, [secret for secret in secrets if secret])
    except OSError as error:
        raise Problem("NotWritten", f"{transcript} cannot be written: {error.strerror}") from None


class _Check:
    """One check, from its first call to its report."""

    def __init__(self, settings: CheckSftSettings, evidence: Evidence, screen: Screen) -> None:
        self._settings = settings
        self._evidence = evidence
        self._screen = screen
        self._claims = ClaimCheck(settings)
        self._life: Life | None = None
        self.base_url = str(settings.sft_base_url)

    @contextmanager
    def one_sentence(self) -> Iterator[None]:
        """Says in one sentence why it cannot go on, whatever it is."""
        try:
            yield
        except CannotCheck as problem:
            raise Problem("CannotCheck", str(problem)) from None
        except SftError as error:
            last = self._evidence.last.exchange if self._evidence.last else None
            raise Problem("CannotCheck", trouble(error, last, self.base_url)) from None
        except KeyboardInterrupt:
            raise Problem("Interrupted", "Interrupted: nothing was changed") from None

    @contextmanager
    def client_of(self, runner: asyncio.Runner) -> Iterator[SftClient]:
        """The client whose exchanges are the evidence."""
        client = sft_client(self._settings, recorder=self._evidence)
        try:
            yield client
        finally:
            runner.run(client.aclose())

    def go_through_a_life(self, runner: asyncio.Runner, client: SftClient, plan_id: str | None, *, ask: bool) -> None:
        """Takes the last eSIM in stock that nobody holds through its life: those that sell begin with the first."""
        life = runner.run(self._chosen(client, plan_id or _first_plan(self._evidence)))
        if ask:
            confirm(f"{self._question(life)} {self._claims.sentence}.", "Taking an eSIM", "taken")
        runner.run(_live(life, self._claims))
        self._life = life

    def report(self) -> CheckReport:
        """What was found out."""
        report = report_of(self._evidence, self.base_url)
        if life := self._life:
            report.steps, report.left, report.interrupted = life.steps, life.left, life.interrupted
            report.notes.append(self._claims.sentence)
        return report

    async def _chosen(self, client: SftClient, plan_id: str) -> Life:
        sims = await asked_again(lambda: client.fetch_sims(1, 100))
        usable = [sim.endpoint_id for sim in reversed(sims) if sim.endpoint_id and sim.iccid]
        if not usable:
            raise CannotCheck("There is no Pre-Active eSIM in stock to take")
        return Life(
            client,
            self._evidence,
            await self._claims.first_free(usable),
            plan_id,
            lambda sentence: self._screen.show(f"… {sentence}"),
            self._settings.sft_activation_call,
        )

    def _question(self, life: Life) -> str:
        products = self._evidence.products
        named = next((name for name, plan_id in products.items() if plan_id == life.plan_id), life.plan_id)
        acts = f"subscribe {named} ({life.plan_id}), remove it and suspend"
        return f"Activate endpoint {life.endpoint_id}, {acts}? {COSTS}."


def _first_plan(evidence: Evidence) -> str:
    """The planId of the first product that the account has."""
    for seen in evidence.of("QueryRatePlan"):
        plans = RatePlans.of(seen.answer)
        for plan_id in evidence.products.values():
            if not plans.missing([plan_id]):
                return plan_id
    return next(iter(evidence.products.values()))


async def _live(life: Life, claims: ClaimCheck) -> None:
    await claims.first_free([life.endpoint_id])  # once more: the question may have waited for long
    loop, living = asyncio.get_running_loop(), asyncio.ensure_future(life.live())
    for number in STOPS:
        loop.add_signal_handler(number, living.cancel)
    try:
        await living
    finally:
        for number in STOPS:
            loop.remove_signal_handler(number)
