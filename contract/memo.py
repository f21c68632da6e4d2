"""What runs show beside their search attributes, in their memo: encrypted where there are keys, found by nobody."""

from typing import Final

UNMATCHED: Final = "unmatched"
"""Of a subscription: how many add-on instances its last reading shows that nobody bought; not there if none."""
