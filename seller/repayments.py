"""What a traveler is paid back for: an add-on that is taken off an eSIM, or a whole eSIM that was never used."""

from contract.addon import Addon
from contract.order import Refund, RefundOrder, RemovalOrder
from seller.errors import SellerError
from seller.server_client import ServerClient
from seller.updates import Update, carry_out, carry_out_within, read_subscription, subscription_run


class Repayments(ServerClient):
    """Takes back what was sold. ``name`` is the id of a subscription or of its endpoint.

    An order that was accepted goes on, also where nobody waits for it any more. Its methods raise NoAnswer, RPCError
    and Undecipherable, too: see ServerClient.
    """

    async def remove_addon(self, name: str, order: RemovalOrder) -> Addon:
        """Takes an add-on off an eSIM, and returns it once SFT has done it; as it stands if somebody else waits for
        another just now.

        Raises a SellerError: ``AddonRejected`` if SFT refuses; ``InvalidRequest`` if there is nothing to take off;
        ``NotFound`` if the subscription has ended.
        """
        return await carry_out(self._server, subscription_run(self._client, name), _removal(order))

    async def remove_addon_within(self, name: str, order: RemovalOrder, seconds: float) -> Addon | None:
        """Takes an add-on off an eSIM; None if that goes on after so many seconds. Raises as ``remove_addon``."""
        return await carry_out_within(self._server, subscription_run(self._client, name), _removal(order), seconds)

    async def refund(self, name: str, order: RefundOrder) -> Refund:
        """Closes an eSIM that was never used, and says so; says why it was, and changes nothing, if it was.

        One that was given back already is answered as then.

        Raises a SellerError: ``SftUnavailable`` if SFT does not tell; ``NotFound`` if the subscription has ended.
        """
        try:
            return await carry_out(self._server, subscription_run(self._client, name), _refund(order))
        except SellerError as error:
            return await self._earlier(name, error)

    async def refund_within(self, name: str, order: RefundOrder, seconds: float) -> Refund | None:
        """As ``refund``; None if that goes on after so many seconds."""
        try:
            return await carry_out_within(self._server, subscription_run(self._client, name), _refund(order), seconds)
        except SellerError as error:
            return await self._earlier(name, error)

    async def _earlier(self, name: str, error: SellerError) -> Refund:
        """What was answered before it ended."""
        if error.type != "NotFound":
            raise error
        esim, _ = await read_subscription(self._server, subscription_run(self._client, name))
        if esim.refund is None:
            raise error
        return esim.refund


def _removal(order: RemovalOrder) -> Update[Addon]:
    return Update("remove_addon", Addon, order)


def _refund(order: RefundOrder) -> Update[Refund]:
    return Update("refund", Refund, order)
