"""One run: the storm, in which everything breaks; the calm, in which everything has to come to rest; the verdict."""

import asyncio
import json
import sys
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from random import Random
from typing import Final

from tools.chaos.evidence import Evidence, TakenOver
from tools.chaos.forces.adoption import sold_elsewhere, take_over
from tools.chaos.forces.audits import audited, keep_auditing
from tools.chaos.forces.ceiling import intrude, keep_ceiling
from tools.chaos.forces.meddling import meddle
from tools.chaos.forces.record import Record
from tools.chaos.plan import PLANS, Plan, Size, plan
from tools.chaos.portal import Portal
from tools.chaos.report import Report
from tools.chaos.site import OWN, Site
from tools.chaos.stage import DELAYS, Stage, stage
from tools.chaos.verdict import Finding, findings
from tools.chaos.witness import Witness
from tools.simulator.chaos import Chaos
from tools.simulator.fault import KINDS, Fault, Kind
from tools.simulator.habits.catalog import mix
from tools.simulator.habits.codes import TIME_OUTS

FAULT_RATE: Final = 1 / 3

CHAOTIC: Final[list[Kind]] = [*(kind for kind in KINDS if kind != "already_active"), "late"]
"""What hits at random: all kinds, late work twice as often. Strangers come by order, to endpoints that are in stock."""

TELL_NO_STRANGER: Final = (
    "no_previous_status",
    "refused_although_done",
    "state_unknown_in_profile",
    "state_nobody_knows",
    *TIME_OUTS,
)
"""Habits under which nobody can tell whether a stranger was there first, which the verdict asks."""

TELL_NO_BALANCE: Final = ("left_in_words", "granted_in_words")
"""Habits under which nobody can tell whether an eSIM was used: none is ever given back."""

PROGRESS_SECONDS: Final = 10.0

STORM: Final = 0.42
"""Which part of the whole time the storm may take."""

RESERVE: Final = 0.1
"""Which part of it is kept for the verdict."""


async def run(seed: int, size: Size, directory: Path, site: Site = OWN) -> Report:
    """Everything, within ``size.seconds``."""
    begin = time.monotonic()
    storm_seconds = size.seconds * STORM
    decided = plan(seed, size._replace(seconds=storm_seconds), site.first_endpoint, site.mark)
    async with stage(directory, decided.stock, _habits(seed, begin), site) as scene, asyncio.TaskGroup() as group:
        esims = await _prepare(scene, decided, seed)
        portal = Portal(scene.client, Record(), site.task_queue)
        witness = Witness(scene.client, portal.questions, site.task_queue)
        background = [
            group.create_task(scene.watch()),
            group.create_task(_show_progress(scene, portal, begin)),
        ]
        shoppers = [
            group.create_task(serve(portal, name, service), name=name)
            for name, service in _services(portal, decided, esims)
        ]
        await _storm(scene, decided, storm_seconds, portal.record)
        _print_line(begin, "the storm is over: no more faults, no more kills")
        evidence, found = await _come_to_rest(scene, portal, witness, shoppers, begin + size.seconds * (1 - RESERVE))
        unserved = [task.get_name() for task in shoppers if not task.done()]
        for task in (*background, *shoppers):
            task.cancel()
        tally, loops = await witness.tally(), await witness.loops()
        await _keep(site, witness, evidence, found, directory)
        portal.record.happened["workflow tasks left to the newer build"] = tally.left_to_newer
    return Report(
        seed=seed,
        seconds=time.monotonic() - begin,
        evidence=evidence,
        findings=found,
        tally=tally,
        loops=loops,
        toll=scene.toll,
        answers=portal.answers,
        deliveries=portal.deliveries,
        record=portal.record,
        unanswered=portal.questions.failed,
        unserved=unserved,
    )


async def _keep(site: Site, witness: Witness, evidence: Evidence, found: Sequence[Finding], directory: Path) -> None:
    """Writes what SFT did and, where Temporal is to forget it, what the workflows did that are complained about."""
    (directory / "ledger.json").write_text(json.dumps(evidence.ledger, indent=1))
    if site.is_given:
        await witness.keep({finding.workflow_id for finding in found}, directory)


def _habits(seed: int, begin: float) -> list[str]:
    habits = mix(Random(seed), but=(*TELL_NO_STRANGER, *TELL_NO_BALANCE))
    _print_line(begin, f"SFT's habits: {', '.join(habits)}")
    return habits


def _services(
    portal: Portal, decided: Plan, esims: Sequence[TakenOver]
) -> Iterator[tuple[str, Coroutine[None, None, None]]]:
    for traveler in decided.travelers:
        yield traveler.traveler_id, portal.serve(traveler)
    for customer, esim in zip(decided.customers, esims, strict=True):
        yield customer.traveler_id, take_over(portal, customer, esim)


async def serve(portal: Portal, traveler_id: str, service: Coroutine[None, None, None]) -> None:
    """Serves one traveler. What nobody expected ends that, is told in the report, and stops nothing else."""
    try:
        await service
    except Exception as error:
        cause = error
        while isinstance(cause, ExceptionGroup):
            cause = cause.exceptions[0]
        why = f"{type(cause).__name__}: {cause}"
        portal.record.broken.append(f"{traveler_id} is not served any more: {why}")


async def _prepare(scene: Stage, decided: Plan, seed: int) -> list[TakenOver]:
    """The faults of this seed, what strangers have done or will do to the stock, and the eSIMs of the customers."""
    esims = [await sold_elsewhere(scene, customer) for customer in decided.customers]
    await _foreign_addons(scene, decided, range(decided.stock))
    for position in decided.strangers:
        endpoint_id = decided.endpoint_id(position)
        fault = Fault(call="EndPointLifeCycleChange", kind="already_active", endpoint_id=endpoint_id)
        await scene.order("faults", fault.model_dump())
    await scene.order("chaos", Chaos(rate=FAULT_RATE, seed=seed, kinds=CHAOTIC, delay_seconds=DELAYS).model_dump())
    return esims


async def _foreign_addons(scene: Stage, decided: Plan, positions: range) -> None:
    for position in decided.foreign:
        if position in positions:
            for plan_id in PLANS.values():
                await scene.order(f"endpoints/{decided.endpoint_id(position)}/addons", {"planId": plan_id})


async def _storm(scene: Stage, decided: Plan, seconds: float, record: Record) -> None:
    """Everything at its time. What is not done when the storm is over does not happen any more, but for kills."""
    begin = time.monotonic()

    async def at(due: float, act: Callable[[], Awaitable[None]]) -> None:
        await asyncio.sleep(max(0.0, begin + due - time.monotonic()))
        await act()

    async def more_stock() -> None:
        await scene.order("esims", {"count": decided.later_stock})
        await _foreign_addons(scene, decided, range(decided.stock, decided.stock + decided.later_stock))

    async def kill() -> None:
        for kill in decided.kills:
            await at(kill.due, partial(scene.carry_out, kill))

    async def refuse_login() -> None:
        if due := decided.login_refused_due:
            await at(due, partial(scene.order, "faults", Fault(call="login", kind="expired_http").model_dump()))

    end = asyncio.get_running_loop().time() + seconds
    async with asyncio.TaskGroup() as group:
        for meddling in decided.meddlings:  # ends by itself: nothing stays paused
            group.create_task(at(meddling.due, partial(meddle, scene, meddling, record, end)))
        forces = [
            group.create_task(at(0.15 * seconds, more_stock)),
            group.create_task(at(decided.ceiling_due, partial(keep_ceiling, scene))),
            group.create_task(keep_auditing(scene.client, record, scene.site.task_queue)),
            group.create_task(refuse_login()),
            *(group.create_task(at(one.due, partial(intrude, scene, one, record))) for one in decided.intruders),
        ]
        await asyncio.gather(kill(), asyncio.sleep(seconds))
        for force in forces:
            force.cancel()
    await scene.order("chaos", Chaos(rate=0).model_dump())
    await scene.finish_rollout()


async def _come_to_rest(
    scene: Stage, portal: Portal, witness: Witness, shoppers: list[asyncio.Task[None]], deadline: float
) -> tuple[Evidence, list[Finding]]:
    """Waits until nothing is wrong any more, twice in a row; what still is when time is up, is wrong."""
    await asyncio.sleep(DELAYS[1])  # what was to be done late has been done then
    await asyncio.wait(shoppers, timeout=max(0.0, deadline - time.monotonic()))
    clean = 0
    while True:
        evidence = Evidence(
            portal.sent(),
            await witness.sales(),
            await witness.holdings(),
            await scene.ledger(),
            await witness.recalls(portal.sold),
            taken_over=portal.taken_over,
            cut_off=frozenset(portal.record.cut_off),
        )
        found = findings(evidence)
        clean = 0 if found else clean + 1
        is_over = time.monotonic() > deadline
        if clean == 2:
            evidence = replace(evidence, audit=await audited(scene.client, scene.site.task_queue))
            found = findings(evidence)
            clean = 0
            is_over = is_over or not found
        if is_over:
            return evidence, found
        await asyncio.sleep(4)


async def _show_progress(scene: Stage, portal: Portal, begin: float) -> None:
    while True:
        ledger = await scene.ledger()
        calls, faults = sum(ledger["calls"].values()), sum(ledger["faults"].values())
        made = sum(len(endpoint["addons"]) for endpoint in ledger["endpoints"])
        accepted = sum(sent.accepted for sent in portal.sent())
        _print_line(
            begin,
            f"{accepted} purchases accepted, {made} add-on instances at SFT, {calls} calls, "
            f"{faults} of them with a fault, {sum(scene.toll.killed.values())} kills",
        )
        await asyncio.sleep(PROGRESS_SECONDS)


def _print_line(begin: float, words: str) -> None:
    with suppress(BrokenPipeError):
        sys.stdout.write(f"{time.monotonic() - begin:4.0f} s  {words}\n")
        sys.stdout.flush()
