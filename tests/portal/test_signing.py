"""Clocks of two shops differ: what one has just signed is of the future to the other."""

import time

import httpx
import pytest
from itsdangerous import SignatureExpired, TimestampSigner, URLSafeTimedSerializer
from pydantic import SecretStr

from portal.cookie import LIFE_SECONDS
from portal.signing import signed, signer
from tests.support.portal import SECRET, opened
from tests.support.seller import Seller

TRAVELER = "W-0123456789abcdef0123456789abcdef"


def by_a_clock(ahead: float, salt: str) -> URLSafeTimedSerializer:
    """What a shop signs with whose clock is so many seconds ahead."""

    class Clock(TimestampSigner):
        def get_timestamp(self) -> int:
            return int(time.time() + ahead)

    return URLSafeTimedSerializer(SECRET, salt=salt, signer=Clock)


@pytest.mark.parametrize("ahead", [3, 600, 59_000, -3, -59_000])
def test_what_a_clock_signs_that_differs_is_read(ahead: float) -> None:
    text = str(by_a_clock(ahead, "form").dumps("what it says"))
    assert signed(signer([SecretStr(SECRET)], "form"), text, 60_000) == "what it says"


@pytest.mark.parametrize("ahead", [-61_000, 61_000])
def test_what_is_too_far_away_is_not(ahead: float) -> None:
    text = str(by_a_clock(ahead, "form").dumps("what it says"))
    with pytest.raises(SignatureExpired):
        signed(signer([SecretStr(SECRET)], "form"), text, 60_000)


async def test_a_traveler_is_known_to_a_shop_whose_clock_is_behind(open_shop: Seller) -> None:
    cookies = {"traveler": str(by_a_clock(3, "cookie traveler").dumps(TRAVELER))}
    async with opened(open_shop) as portal, httpx.AsyncClient(base_url=portal.url, cookies=cookies) as http:
        answer = await http.get("/checkout?product=Wakanda+Daily")
        assert answer.status_code == 200
        kept = signer([SecretStr(SECRET)], "cookie traveler").loads(answer.cookies["traveler"], max_age=LIFE_SECONDS)
        assert kept == TRAVELER
