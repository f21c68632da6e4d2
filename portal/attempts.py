"""What the portal tells the audit log: who sends a request, and which forms and payloads are refused."""

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from portal.forms import is_from_here
from process import audit
from seller.errors import SellerError
from seller.subscriptions import UnreadableEsim


class Attempts:
    """Says where each request comes from, and its id if whoever stands in front gave it one."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] == "http":
            request = Request(scope)
            address = request.client.host if request.client else "nowhere"
            audit.calling(address=address, request_id=request.headers.get("x-request-id"))
        await self._app(scope, receive, send)


def form_refused(request: Request) -> None:
    """Leaves a line about a form that another site sent, or that was not sealed for who sent it, and here."""
    why = "seal" if is_from_here(request) else "another-site"
    audit.note("form", "refused", path=request.url.path, why=why)


def payload_refused(problem: SellerError | UnreadableEsim) -> None:
    """Leaves a line if what Temporal keeps cannot be decrypted here: it was altered, or its key is not known."""
    if problem.type == "UnknownKey":
        audit.note("payload", "refused")
