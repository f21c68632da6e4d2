import pytest

from tests.support.seller import Seller
from tests.support.terminal import Terminal, terminal_of


@pytest.fixture
def terminal(shop: Seller) -> Terminal:
    """A terminal of this seller's portal, to run starter.py in."""
    return terminal_of(shop)
