"""The catalog in its file, as it is now."""

import logging

from seller.catalog import Catalog, CatalogProblem, catalog_path, read_catalog

logger = logging.getLogger("portal")


class CatalogFile:
    """What is on sale by a file, which is read again once it has changed. A file that cannot be used then changes
    nothing, and the log says why, once.

    Raises:
        CatalogProblem: if it cannot be used at the start.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._seen = self._state()
        self._catalog = read_catalog(name)

    def now(self) -> Catalog:
        """The catalog that was usable last."""
        state = self._state()
        if state != self._seen:
            self._seen = state
            self._read_again()
        return self._catalog

    def _read_again(self) -> None:
        try:
            self._catalog = read_catalog(self._name)
        except CatalogProblem as problem:
            logger.error("The shop goes on with the catalog that it read before: %s", problem)
        else:
            logger.info("The catalog was read again: %s products", len(self._catalog.products))

    def _state(self) -> tuple[int, ...] | None:
        """What changes with the content of the file; None where it cannot be looked at."""
        try:
            status = catalog_path(self._name).stat()
        except OSError:
            return None
        return status.st_mtime_ns, status.st_ino, status.st_size
