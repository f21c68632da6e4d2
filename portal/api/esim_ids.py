"""The endpoint id in an address, and behind one."""

from typing import Annotated, Final

from fastapi import Path, Query

PATTERN: Final = r"^[A-Za-z0-9._-]{1,64}$"

EndpointId = Annotated[str, Path(pattern=PATTERN)]
OfEndpoint = Annotated[str | None, Query(pattern=PATTERN, description="Those of this eSIM of theirs only.")]
