"""What the portal and the traveler are told, and that nobody has to wait for it."""

import pytest
from temporalio.client import Client

from contract.addon import Addon
from tests.support.event_receiver import EventReceiver, listening
from tests.support.mailbox import Mailbox, mail_server
from tests.support.seller import Seller, eventually, seller
from tools.simulator.fault import Fault
from tools.simulator.plan import GIGABYTE


async def told(portal: EventReceiver, count: int) -> list[str]:
    async def all_told() -> list[str] | None:
        return portal.types if len(portal.events) >= count else None

    return await eventually(all_told)


async def order(shop: Seller, endpoint_id: str, change: str) -> None:
    await shop.run_of(endpoint_id).execute_update(change, {"reason": "system"})


async def test_the_portal_is_told_everything_in_order_and_once(client: Client) -> None:
    portal = EventReceiver()
    async with listening(portal) as settings, seller(client, **settings) as shop, shop.working():
        sold = await shop.sell()
        run = shop.run_of(sold.endpoint_id)
        topped_up = await run.execute_update("purchase_addon", shop.addon(), result_type=Addon)
        await run.signal("addon_purchased", refused := shop.addon(plan_id="PLAN-UNHEARD-OF"))
        await shop.settled(sold.endpoint_id)
        await order(shop, sold.endpoint_id, "suspend")
        await order(shop, sold.endpoint_id, "resume")
        await order(shop, sold.endpoint_id, "close")
        closed = await run.result()
        assert portal.types == [
            "esim_provisioned",
            "addon_provisioned",
            "addon_failed",
            "subscription_suspended",
            "subscription_resumed",
            "subscription_closed",
        ]
        first, second, third, *others = (event.addon for event in portal.events)
        assert first is not None
        assert (first.purchase_id, first.unique_id) == (sold.addon.purchase_id, sold.addon.unique_id)
        assert second == topped_up
        assert third is not None
        assert third.purchase_id == refused.purchase_id
        assert third.error is not None
        assert others == [None] * 3
        assert [event.event_id for event in portal.events] == [f"{closed.subscription_id}-{n}" for n in range(1, 7)]
        assert {event.traveler_id for event in portal.events} == {"T-42"}


async def test_what_is_used_is_told_once_to_the_portal_and_by_mail(client: Client) -> None:
    portal, mailbox = EventReceiver(), Mailbox()
    async with (
        listening(portal) as portal_settings,
        mail_server(mailbox) as mail_settings,
        seller(client, **portal_settings, **mail_settings) as shop,
        shop.working(),
    ):
        sold = await shop.sell(shop.purchase(email="traveler@example.com"))
        run = shop.run_of(sold.endpoint_id)
        for used in (20, 5, 1):  # of 30 GB
            shop.platform.use(sold.endpoint_id, used * GIGABYTE)
            await run.execute_update("refresh_usage")
        assert await told(portal, 2) == ["esim_provisioned", "addon_used_80_percent"]
        usage = portal.events[1].addon.usage if portal.events[1].addon else None
        assert usage is not None
        assert usage.remaining_bytes == 5 * GIGABYTE

        async def mailed() -> bool:
            return len(mailbox.received) == 2

        await eventually(mailed)
        assert mailbox.received[1].rcpt_tos == ["traveler@example.com"]


@pytest.mark.parametrize("answer", [500, 404])
async def test_a_portal_that_is_down_keeps_nobody_waiting_and_is_told_later(client: Client, answer: int) -> None:
    portal = EventReceiver(answer)
    async with listening(portal) as settings, seller(client, **settings) as shop, shop.working():
        sold = await shop.sell()
        run = shop.run_of(sold.endpoint_id)
        bought = [await run.execute_update("purchase_addon", shop.addon(), result_type=Addon) for _ in range(3)]
        assert {addon.status for addon in bought} == {"provisioned"}

        async def tried() -> bool:
            return portal.asked >= 2

        await eventually(tried)
        assert portal.events == []
        portal.answer = 204
        assert await told(portal, 4) == ["esim_provisioned"] + ["addon_provisioned"] * 3
        assert [event.addon.purchase_id for event in portal.events if event.addon] == [
            sold.addon.purchase_id,
            *(addon.purchase_id for addon in bought),
        ]


async def test_after_the_end_nothing_is_told_but_what_was_bought_too_late(client: Client) -> None:
    portal = EventReceiver()
    async with listening(portal) as settings, seller(client, **settings) as shop, shop.working():
        shop.platform.order(Fault(call="SubscribeAddon", kind="late", after_calls=1000))  # in doubt for a day
        sold = await shop.sell()
        run = shop.run_of(sold.endpoint_id)
        shop.platform.use(sold.endpoint_id, 29 * GIGABYTE)
        await order(shop, sold.endpoint_id, "close")
        await run.execute_update("refresh_usage")
        await run.signal("addon_purchased", too_late := shop.addon())
        assert await told(portal, 3) == ["esim_provisioned", "subscription_closed", "addon_failed"]
        assert portal.events[2].addon is not None
        assert portal.events[2].addon.purchase_id == too_late.purchase_id


async def test_without_a_webhook_nothing_is_kept_for_it(shop: Seller) -> None:
    sold = await shop.sell()
    names = [
        event.activity_task_scheduled_event_attributes.activity_type.name
        async for event in shop.run_of(sold.endpoint_id).fetch_history_events()
    ]
    assert not {"post_event", "send_notice"} & set(names)
