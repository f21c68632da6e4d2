"""Time limits of the workflows that portals see, too."""

from datetime import timedelta
from typing import Final

AMENDMENT: Final = timedelta(hours=24)
"""How long a refused add-on waits for ``amend_plan``."""

SOON: Final = timedelta(seconds=60)
"""How long after somebody saw something happen to an eSIM its usage is read: SFT rates in batches, and events come in
bursts, for which that is one look."""
