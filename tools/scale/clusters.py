"""Self-hosted clusters that Temporal's own people ran a benchmark on: what each is made of, and what it carried."""

from typing import Final, NamedTuple

SOURCE: Final = "https://github.com/robholland/otb-benchmarks/tree/f5eb0d202613f3a1c6495b724dfab86be1f3403a/reports"
"""Reports of 17 October 2025."""


class Cluster(NamedTuple):
    """One of them. ``cores`` are those of frontend, history and matching together."""

    name: str
    per_second: int
    """State transitions, which is what they are measured by."""
    cores: int
    database: str
    shards: int


CLUSTERS: Final = (
    Cluster("small-mysql", 500, 12, "MySQL, 4 cores", 512),
    Cluster("medium-mysql", 1_500, 12, "MySQL, 8 cores", 512),
    Cluster("large-mysql", 5_000, 42, "MySQL, 32 cores", 1_024),
    Cluster("xlarge-cassandra", 10_000, 72, "Cassandra, 15 nodes of 8 cores", 2_048),
    Cluster("xxlarge-cassandra", 30_000, 162, "Cassandra, 72 nodes of 8 cores", 4_096),
)


def smallest(per_second: float) -> Cluster | None:
    """The smallest that carried so many state transitions a second; None if none did."""
    return next((cluster for cluster in CLUSTERS if cluster.per_second >= per_second), None)
