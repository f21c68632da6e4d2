"""The REST API as one application, to be mounted under /api."""

from fastapi import Depends, FastAPI, Security
from fastapi.security import HTTPBearer

from portal.api import checks, esims, events, products, purchases, sales
from portal.api.access import Access
from portal.api.callers import within_limits
from portal.api.openapi import describe, documented, operation_of
from portal.api.problems import handle
from portal.keys import ApiKeys
from portal.shop import Shop
from process.sales_record import SalesRecord


def api(shop: Shop, keys: ApiKeys, record: SalesRecord | None = None) -> FastAPI:
    """Everything below /api. Who has no key is answered nothing but the description."""
    key = HTTPBearer(auto_error=False, scheme_name="key", description="A key of: python -m portal keys new")
    app = FastAPI(
        title="Travel eSIMs",
        version="1",
        description="Sells eSIMs to travelers, and looks after them. Any POST may be repeated: nothing is sold twice.",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        root_path_in_servers=False,  # as describe() has it, with what is before it at the proxy
        generate_unique_id_function=lambda route: operation_of(route.name),
        dependencies=[Security(key), Depends(within_limits)],
        responses=documented(),
    )
    app.add_middleware(Access, keys=keys)
    app.include_router(products.router(shop))
    app.include_router(checks.router(shop))
    app.include_router(purchases.router(shop))
    app.include_router(esims.router(shop))
    app.include_router(sales.router(shop, record))
    app.include_router(events.router(shop))
    handle(app)
    describe(app)
    return app
