"""The plans of the account at SFT, asked for from a terminal."""

from pydantic import SecretStr

from cli.problem import Problem
from process.settings import EnvironmentSettings, read_settings
from sft.errors import SftError
from sft.rate_plans import RatePlans
from sft_check.client import sft_client
from sft_check.settings import CheckSettings


class Credentials(EnvironmentSettings):
    """Whether a connection to SFT is configured."""

    sft_username: str | None = None
    sft_password: SecretStr | None = None


async def account_plans() -> RatePlans | None:
    """The account's add-on plans; None where no connection is configured. Raises a Problem if SFT does not tell."""
    credentials = read_settings(Credentials)
    if not credentials.sft_username and not credentials.sft_password:
        return None
    async with sft_client(read_settings(CheckSettings)) as sft:
        try:
            return await sft.get_addon_plans()
        except SftError as error:
            raise Problem("NotAsked", f"SFT does not tell which plans the account has: {error}") from None
