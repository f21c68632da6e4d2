"""What the parts of a subscription share: each of them does one thing for it, in a file of its own."""

from workflows.callers import Callers
from workflows.display import Display
from workflows.endpoint import EndpointLifecycle
from workflows.esim_mail import EsimMail
from workflows.events import Events
from workflows.purchases import Purchases
from workflows.state import SubscriptionState


class Shared:
    """One subscription: its state, and what everything that acts for it needs to act on that."""

    def __init__(self, state: SubscriptionState) -> None:
        self.state = state
        self.display = Display(state)
        self.endpoint = EndpointLifecycle(state.subscription.endpoint_id, self.display.set_details, is_sold=True)
        self.purchases = Purchases(state)
        self.mail = EsimMail(state, self.purchases, self.display.refresh)
        self.events = Events(state, self.mail)
        self.callers = Callers()


class Part:
    """Something that acts for a subscription, with what is shared at hand."""

    def __init__(self, shared: Shared) -> None:
        self._state = shared.state
        self._display = shared.display
        self._endpoint = shared.endpoint
        self._purchases = shared.purchases
        self._events = shared.events
        self._mail = shared.mail
        self._callers = shared.callers
