"""A client as the workers have theirs, for whoever asks SFT from a terminal."""

from sft.client import SftClient
from sft.exchange import Recorder, unrecorded
from sft_check.settings import CheckSettings


def client_of(settings: CheckSettings, recorder: Recorder = unrecorded) -> SftClient:
    """Makes one; ``recorder`` is told of each exchange."""
    return SftClient(
        base_url=str(settings.sft_base_url),
        username=settings.sft_username,
        password=settings.sft_password,
        target_account_id=settings.sft_target_account_id,
        timeout_seconds=settings.sft_timeout_seconds,
        slow_timeout_seconds=settings.sft_slow_timeout_seconds,
        time_zone=settings.time_zone(),
        recorder=recorder,
    )
