"""The settings of a check: those with which the workers call SFT."""

from activities.settings import SftSettings
from sft.client import SftClient
from sft.exchange import Recorder, unrecorded


class CheckSettings(SftSettings):
    """How SFT is called, and what its answers are held against."""

    def client(self, recorder: Recorder = unrecorded) -> SftClient:
        """Makes a client that calls SFT so; ``recorder`` is told of each exchange."""
        return SftClient(
            base_url=str(self.sft_base_url),
            username=self.sft_username,
            password=self.sft_password,
            target_account_id=self.sft_target_account_id,
            timeout_seconds=self.sft_timeout_seconds,
            slow_timeout_seconds=self.sft_slow_timeout_seconds,
            time_zone=self.time_zone(),
            recorder=recorder,
        )
