"""The setting that several processes need to read the dates of SFT: the time zone of the account."""

from zoneinfo import ZoneInfo

from pydantic import field_validator

from process.settings import EnvironmentSettings


class TimeZoneSettings(EnvironmentSettings):
    """The time zone of the seller's account at SFT."""

    sft_time_zone: str = "UTC"

    @field_validator("sft_time_zone")
    @classmethod
    def _is_a_time_zone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (LookupError, ValueError, OSError):
            raise ValueError("is no time zone of the IANA database, such as Europe/Brussels or UTC") from None
        return name

    def time_zone(self) -> ZoneInfo:
        """The zone of the dates that SFT tells."""
        return ZoneInfo(self.sft_time_zone)
