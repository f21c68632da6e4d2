"""``profile_changed``: what SFT tells of an eSIM's profile on a device, in any order."""

from datetime import UTC, datetime, timedelta

from temporalio.client import Client

from contract.profile import EsimProfile, ProfileReport, ProfileStatus
from contract.subscription import Subscription
from tests.support.event_receiver import EventReceiver, listening
from tests.support.seller import Seller, eventually, seller

NOW = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=10)


def report(*changes: tuple[ProfileStatus, int]) -> ProfileReport:
    """What happened at these minutes."""
    return ProfileReport(
        changes=[EsimProfile(status=status, at=NOW + timedelta(minutes=minute)) for status, minute in changes]
    )


async def profile(shop: Seller, endpoint_id: str) -> tuple[str, int] | None:
    """The status, and the minute since when."""
    subscription: Subscription = await shop.subscription(endpoint_id)
    shown = subscription.profile
    return (shown.status, round((shown.at - NOW).total_seconds() / 60)) if shown else None


async def test_the_last_that_happened_is_shown_and_each_change_is_told_whatever_came_first(client: Client) -> None:
    portal = EventReceiver()
    async with listening(portal) as settings, seller(client, **settings) as shop, shop.working():
        sold = await shop.sell()
        run = shop.run_of(sold.endpoint_id)
        assert await profile(shop, sold.endpoint_id) is None
        await run.signal("profile_changed", report(("installed", 1), ("downloaded", 0), ("enabled", 1)))
        assert await profile(shop, sold.endpoint_id) == ("enabled", 1)
        await run.signal("profile_changed", report(("enabled", 1), ("installed", 1)))  # once more
        await run.signal("profile_changed", report(("error", 0)))  # late
        await run.signal("profile_changed", report(("enabled", 2)))  # the same, later
        assert await profile(shop, sold.endpoint_id) == ("enabled", 2)
        await run.signal("profile_changed", report(("disabled", 3)))
        await run.signal("profile_changed", report(("deleted", 5)))

        async def all_told() -> bool:
            return len(portal.events) == 6

        await eventually(all_told)
        assert portal.types == [
            "esim_provisioned",
            "esim_downloaded",
            "esim_installed",
            "esim_enabled",
            "esim_disabled",
            "esim_deleted",
        ]
        told = portal.events[-1]
        assert told.profile == EsimProfile(status="deleted", at=NOW + timedelta(minutes=5))
        assert (told.addon, portal.events[0].profile) == (None, None)


async def test_a_clock_that_is_ahead_does_not_keep_out_what_comes_after_it(shop: Seller) -> None:
    sold = await shop.sell()
    run = shop.run_of(sold.endpoint_id)
    await run.signal("profile_changed", report(("downloaded", 600)))
    await run.signal("profile_changed", report(("installed", 500)))
    assert (await profile(shop, sold.endpoint_id) or ("", 0))[0] == "installed"
    await run.signal("profile_changed", {"changes": [{"status": "enabled", "at": "2100-01-01T00:00:00"}]})
    await run.signal("profile_changed", {"changes": [{"status": "flying", "at": "2026-01-01T00:00:00Z"}]})
    await run.signal("profile_changed", {"changes": []})
    assert (await profile(shop, sold.endpoint_id) or ("", 0))[0] == "installed"


async def test_what_comes_before_the_sale_is_shown_and_not_told(client: Client) -> None:
    portal = EventReceiver()
    async with listening(portal) as settings, seller(client, **settings) as shop, shop.working():
        sale = await shop.start(shop.purchase(plan_id="PLAN-UNHEARD-OF"))
        claimed = await shop.reaches(sale, "needs_attention")
        assert claimed.endpoint_id
        await shop.run_of(claimed.endpoint_id).signal("profile_changed", report(("downloaded", 1)))
        assert await profile(shop, claimed.endpoint_id) == ("downloaded", 1)
        amendment = {"product": "Wakanda 30Days / 30GB", "plan_id": "PLAN-WAKANDA-30D-30GB"}
        await sale.execute_update("amend_plan", amendment)
        await sale.result()
        await shop.run_of(claimed.endpoint_id).signal("profile_changed", report(("installed", 2)))

        async def told() -> bool:
            return len(portal.events) == 3

        await eventually(told)
        assert portal.types == ["sale_needs_attention", "esim_provisioned", "esim_installed"]
