"""Prometheus, as far as the tests need it: reads what a worker shows."""

from collections.abc import Iterator

import httpx
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample


class Scrape:
    """What is shown on an address of 127.0.0.1 at this moment."""

    def __init__(self, port: int) -> None:
        self.text = httpx.get(f"http://127.0.0.1:{port}/metrics", trust_env=False).text
        self.families = {family.name: family for family in text_string_to_metric_families(self.text)}

    def samples(self, name: str, **labels: str) -> Iterator[Sample]:
        """Those of that exact name that have these labels, and maybe others."""
        for family in self.families.values():
            for sample in family.samples:
                if sample.name == name and labels.items() <= sample.labels.items():
                    yield sample

    def total(self, name: str, **labels: str) -> float:
        """What PromQL's sum() makes of them."""
        found = [sample.value for sample in self.samples(name, **labels)]
        assert found, f"nothing is called {name} with {labels}"
        return sum(found)
