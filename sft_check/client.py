"""A client of SFT by the settings, for the workers and for whoever asks SFT from a terminal."""

from activities.settings import SftSettings
from sft.call_observer import CallObserver, unobserved
from sft.client import SftClient
from sft.exchange import Recorder, unrecorded
from sft.login_gate import LoginGate
from sft.logins import OnLogin
from sft.transport import CONNECTIONS


def sft_client(
    settings: SftSettings,
    observer: CallObserver = unobserved,
    login_gate: LoginGate | None = None,
    on_login: OnLogin = lambda _: None,
    connections: int = CONNECTIONS,
    recorder: Recorder = unrecorded,
) -> SftClient:
    """The pooled client of a process: one is enough, and ``recorder`` is told of each exchange."""
    return SftClient(
        base_url=str(settings.sft_base_url),
        username=settings.sft_username,
        password=settings.sft_password,
        target_account_id=settings.sft_target_account_id,
        timeout_seconds=settings.sft_timeout_seconds,
        slow_timeout_seconds=settings.sft_slow_timeout_seconds,
        observer=observer,
        login_gate=login_gate,
        on_login=on_login,
        time_zone=settings.time_zone(),
        connections=connections,
        recorder=recorder,
    )
