"""The check: asks SFT, only reading, and holds what came against every assumption."""

import base64
import json
from datetime import UTC, datetime
from typing import Final

from sft.assumption import Assumption
from sft.checklist import ASSUMPTIONS
from sft.client import SftClient
from sft.envelope import SUCCESS
from sft.errors import AuthenticationFailed, NotSent, SftError
from sft.states import ACTIVE, SUSPENDED, is_state
from sft_check.again import asked_again
from sft_check.evidence import Evidence, written
from sft_check.finding import ORDER, CheckReport, Finding, Found
from sft_check.life_rules import RULES as LIFE_RULES
from sft_check.reading_rules import READING_CALLS, refusal
from sft_check.reading_rules import RULES as READING_RULES
from sft_check.trouble import trouble

RULES: Final = READING_RULES | LIFE_RULES


class CannotCheck(Exception):
    """Nothing can be checked. The message says why in one sentence, and what to do."""


async def read_only(client: SftClient, evidence: Evidence, base_url: str, endpoint_id: str | None) -> None:
    """Logs in once, fetches one SIM, and reads its profile, that of ``endpoint_id`` if it is given, and the plans. What
    is in use is looked for by its ICCID, too.

    Raises CannotCheck if fetchSIM gets no answer of SFT's, or SFT refuses the credentials or the account. Whatever else
    fails is what the findings show.
    """
    try:
        sims = await asked_again(client.fetch_sims)
    except SftError as error:
        # An answer that came and cannot be read is a finding, if it is SFT's at all.
        if not _is_of_sft(evidence, error):
            raise _cannot(error, evidence, base_url) from None
        sims = []
    first = sims[0].endpoint_id if sims else None
    for looked_at in dict.fromkeys((first, endpoint_id)):
        if looked_at:
            await _look(client, evidence, looked_at, base_url)
    try:
        await asked_again(client.get_addon_plans)
    except SftError as error:
        _go_on(error, evidence, base_url)


async def _look(client: SftClient, evidence: Evidence, endpoint_id: str, base_url: str) -> None:
    known = len(list(evidence.profiles))
    try:
        await asked_again(lambda: client.get_endpoint_profile(endpoint_id))
    except SftError as error:
        _go_on(error, evidence, base_url)
    for profile in list(evidence.profiles)[known:][-1:]:
        if profile.iccid and is_state(profile.state, ACTIVE, SUSPENDED):
            await _find(client, evidence, profile.iccid, base_url)


async def _find(client: SftClient, evidence: Evidence, iccid: str, base_url: str) -> None:
    try:
        await asked_again(lambda: client.find_sim(iccid))
    except SftError as error:
        _go_on(error, evidence, base_url)


def _go_on(error: SftError, evidence: Evidence, base_url: str) -> None:
    """One call that fails is what the findings show; an account that is refused ends the check."""
    if isinstance(error, AuthenticationFailed):
        raise _cannot(error, evidence, base_url) from None


def _cannot(error: SftError, evidence: Evidence, base_url: str) -> CannotCheck:
    return CannotCheck(trouble(error, evidence.last.exchange if evidence.last else None, base_url))


def _is_of_sft(evidence: Evidence, error: SftError) -> bool:
    last = evidence.last
    return last is not None and last.call == "fetchSIM" and bool(last.response) and not isinstance(error, NotSent)


def report_of(evidence: Evidence, base_url: str) -> CheckReport:
    """What the evidence says about every assumption: what does not hold first."""
    findings = [_finding(assumption, evidence) for assumption in ASSUMPTIONS]
    findings.sort(key=lambda finding: ORDER.index(finding.verdict))
    return CheckReport(sft=base_url, findings=findings, notes=_notes(evidence))


def _finding(assumption: Assumption, evidence: Evidence) -> Finding:
    rule = RULES.get(assumption.name)
    found = rule(evidence) if rule else None
    if found is None and assumption.look:
        found = Found("not seen", f"only a person: {assumption.look}")
    found = found or Found("not seen", evidence.not_seen_because(assumption.seen_by))
    return Finding.of(assumption, found)


def _notes(evidence: Evidence) -> list[str]:
    notes = []
    for row in evidence.sims[:1]:
        notes.append(f"The eSIM that was looked at: ICCID …{written(row.get('iccid'))[-4:]}")
    if minutes := _token_minutes(evidence):
        notes.append(f"An access token lives {minutes:.0f} minutes")
    for seen in evidence.all:
        if seen.exchange.status is None:
            notes.append(f"{seen.call} was not answered ({seen.exchange.failure}, {seen.exchange.seconds:.1f} s)")
        elif seen.call in READING_CALLS and seen.outer not in ("", SUCCESS):
            notes.append(f"{seen.call} was refused: {refusal(seen)}")
    return notes


def _token_minutes(evidence: Evidence) -> float | None:
    for seen in evidence.of("login"):
        try:
            payload = written(seen.answer.get("AccessToken")).split(".")[1]
            ends = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))["exp"]
            return (datetime.fromtimestamp(ends, UTC) - seen.at).total_seconds() / 60
        except (IndexError, KeyError, ValueError, TypeError, OverflowError, OSError):
            return None
    return None
