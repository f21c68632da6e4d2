"""The settings of whoever calls SFT: where it is, who calls, and how long and how often."""

from typing import Annotated, Literal

from pydantic import Field, HttpUrl, SecretStr, field_validator, model_validator

from process.time_zone import TimeZoneSettings

Seconds = Annotated[float, Field(gt=0, le=200)]
"""A limit of one HTTP request. At most 200, so that an activity that needs four of them stays within its own limit."""


class SftSettings(TimeZoneSettings):
    """How SFT is called."""

    sft_base_url: HttpUrl = HttpUrl("https://sft.bics.com/api")
    sft_username: str
    sft_password: SecretStr
    sft_target_account_id: str | None = None
    sft_timeout_seconds: Seconds = 35
    sft_slow_timeout_seconds: Seconds = 190
    sft_settle_seconds: float = Field(default=180, ge=0, le=3600)
    sft_max_requests_per_second: float | None = Field(default=None, gt=0, allow_inf_nan=False)
    sft_activation_call: Literal["EndPointLifeCycleChange", "EndPointActivation"] = "EndPointLifeCycleChange"

    @field_validator("sft_base_url")
    @classmethod
    def _credentials_are_apart(cls, url: HttpUrl) -> HttpUrl:
        if url.username or url.password:
            raise ValueError("has a user name or a password in it: SFT_USERNAME and SFT_PASSWORD are for them")
        if url.query is not None or url.fragment is not None:
            raise ValueError("has something behind its path, where the names of calls have to be")
        return url

    @model_validator(mode="after")
    def _there_is_a_way_there(self) -> "SftSettings":
        from sft.way_out import proxy_to  # it loads httpx, which reading the other settings of starter.py need not

        proxy_to(str(self.sft_base_url))
        return self
