"""What a portal does, from a terminal: sells an eSIM, sells add-ons for it, looks things up."""

import time
from typing import Final

BEGAN: Final = time.monotonic()
"""When this program began: before its other imports, which can take longer than all the rest."""
