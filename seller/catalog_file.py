"""The catalog in its file, as it is now."""

import logging

from seller.catalog import Catalog, CatalogProblem, catalog_path, read_catalog


class CatalogFile:
    """What is on sale by a file, which is read again once it has changed. A file that cannot be used then changes
    nothing, and the log says why, once."""

    def __init__(self, name: str, logger: logging.Logger) -> None:
        self._name = name
        self._logger = logger
        self._seen: tuple[int, ...] | None = None
        self._catalog: Catalog | None = None
        self._problem: CatalogProblem | None = None

    def now(self) -> Catalog:
        """The catalog that was usable last. Raises CatalogProblem if there was none so far."""
        state = self._state()
        if state != self._seen or not (self._catalog or self._problem):
            self._seen = state
            self._read()
        if self._catalog is None:
            assert self._problem
            raise self._problem
        return self._catalog

    def access_point_of(self, product: str) -> str | None:
        """The APN of a product; None if there is none to be told, or nobody can tell."""
        try:
            details = self.now().details(product)
        except CatalogProblem:
            return None
        return details.apn if details else None

    def _read(self) -> None:
        is_first = self._catalog is None
        try:
            self._catalog = read_catalog(self._name)
        except CatalogProblem as problem:
            self._problem = problem
            if not is_first:
                self._logger.error("Going on with the catalog that was read before: %s", problem)
        else:
            if not is_first:
                self._logger.info("The catalog was read again: %s products", len(self._catalog.products))

    def _state(self) -> tuple[int, ...] | None:
        """What changes with the content of the file; None where it cannot be looked at."""
        try:
            status = catalog_path(self._name).stat()
        except OSError:
            return None
        return status.st_mtime_ns, status.st_ino, status.st_size
