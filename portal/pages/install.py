"""The page that an eSIM is installed with: the one that shows its activation code."""

from markupsafe import Markup
from starlette.responses import Response

from delivery.help import help_topics
from delivery.links import install_links, manual_code
from delivery.qr import qr_svg
from portal.pages.desk import Desk, Visit
from portal.pages.notices import NOT_FOUND
from process import audit


class InstallPage:
    """Shows the code to the traveler whose eSIM it is."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._shop = desk.shop
        self._seller = desk.shop.seller

    async def show(self, visit: Visit) -> Response:
        """QR code, links, what to type by hand, and help."""
        esim = await self._seller.subscriptions.get_of_traveler(visit.traveler_id, visit.id("endpoint_id"))
        if esim.status == "closed":
            return self._desk.show_notice(visit.request, NOT_FOUND)
        sold = await self._seller.subscriptions.sold_as(esim)
        audit.note("activation_code", "done", endpoint_id=esim.endpoint_id, shown="page")
        return visit.show(
            "install.html",
            esim=esim,
            qr=Markup(qr_svg(sold.activation_code)),
            links=install_links(sold.activation_code),
            code=manual_code(sold.activation_code),
            asks=sold.needs_confirmation_code,
            topics=help_topics(self._shop.access_point(esim.addons)),
        )
