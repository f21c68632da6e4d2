"""The endpoint id in an address."""

from typing import Annotated

from fastapi import Path

EndpointId = Annotated[str, Path(pattern=r"^[A-Za-z0-9._-]{1,64}$")]
