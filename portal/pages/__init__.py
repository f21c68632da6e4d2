"""The pages of a traveler: shop, progress, installation, and their eSIMs."""

from fastapi import APIRouter

from portal.pages.desk import ANEW, Desk
from portal.pages.esims import EsimPages
from portal.pages.install import InstallPage
from portal.pages.progress import ProgressPages
from portal.pages.selling import SellingPages


def router(desk: Desk) -> APIRouter:
    """All of them."""
    pages = APIRouter()
    selling, progress, install, esims = SellingPages(desk), ProgressPages(desk), InstallPage(desk), EsimPages(desk)
    pages.add_route("/", desk.page(selling.shop))
    pages.add_route("/checkout", desk.page(selling.checkout))
    pages.add_route("/purchases", desk.form(selling.buy), methods=["POST"])
    pages.add_route("/purchases/{purchase_id}", desk.page(progress.show))
    pages.add_route("/purchases/{purchase_id}/events", desk.page(progress.events))
    pages.add_route("/esims", desk.page(esims.show))
    pages.add_route("/esims/read", desk.form(esims.read), methods=["POST"])
    pages.add_route("/esims/{endpoint_id}/install", desk.page(install.show))
    pages.add_route("/esims/{endpoint_id}/checkout", desk.page(esims.checkout))
    pages.add_route("/esims/{endpoint_id}/refresh", desk.form(esims.refresh), methods=["POST"])
    pages.add_route("/esims/{endpoint_id}/addons", desk.form(esims.buy_addon), methods=["POST"])
    pages.add_route("/esims/{endpoint_id}/name", desk.form(esims.name), methods=["POST"])
    pages.add_route(ANEW, desk.begin_anew, methods=["POST"])
    return pages
