"""The page of the seller's own people: what waits for them, what was sold lately, and what can be sold."""

from pathlib import Path
from typing import Final

from fastapi import APIRouter

from portal.callbacks import Callbacks
from portal.operators.audits import AuditPage
from portal.operators.esims import QUESTIONS, Esims
from portal.operators.office import Office
from portal.operators.overview import Overview
from portal.operators.support import ESIMS, Support
from portal.settings import PortalServerSettings
from portal.shop import Shop
from seller.accounts import Accounts

ONE: Final = f"{ESIMS}/{{endpoint_id}}"


def router(shop: Shop, settings: PortalServerSettings, callbacks: Callbacks) -> APIRouter:
    """Everything under /operators; nothing, where nobody could log in when the portal began."""
    pages = APIRouter()
    accounts = Accounts(Path(settings.portal_operators))
    if settings.portal_operator_password is None and not accounts.all():
        return pages
    office = Office(settings, accounts)
    overview, support = Overview(shop, settings, callbacks), Support(shop, settings)
    sale = "/operators/sales/{purchase_id}"
    pages.add_route("/operators", office.page(overview.show))
    audits = AuditPage(shop)
    pages.add_route("/operators/audit", office.page(audits.show))
    pages.add_route("/operators/audit", office.form(audits.begin), methods=["POST"])
    pages.add_route(ESIMS, office.form(support.find), methods=["POST"])
    pages.add_route("/operators/login", office.ask)
    pages.add_route("/operators/login", office.log_in, methods=["POST"])
    pages.add_route("/operators/logout", office.form(office.log_out), methods=["POST"])
    pages.add_route("/operators/logout/everywhere", office.form(office.log_out_everywhere), methods=["POST"])
    pages.add_route(f"{sale}/amend", office.form(overview.amend), methods=["POST"])
    pages.add_route(f"{sale}/history", office.page(overview.history))
    pages.add_route(f"{sale}/retry", office.page(overview.ask_before_retrying))
    pages.add_route(f"{sale}/retry", office.form(overview.retry), methods=["POST"])
    pages.add_route(f"{sale}/cancel", office.page(overview.ask_before_cancelling))
    pages.add_route(f"{sale}/cancel", office.form(overview.cancel), methods=["POST"])
    _add_esims(pages, office, Esims(shop))
    return pages


def _add_esims(pages: APIRouter, office: Office, esims: Esims) -> None:
    pages.add_route(ONE, office.page(esims.show))
    pages.add_route(f"{ONE}/history", office.page(esims.history))
    for order in QUESTIONS:
        address = f"{ONE}/addons/{{purchase_id}}/{order}" if order == "remove" else f"{ONE}/{order}"
        pages.add_route(address, office.page(esims.asking(order)))
        pages.add_route(address, office.form(esims.carrying_out(order)), methods=["POST"])
