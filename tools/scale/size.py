"""How much a run measures."""

from typing import Final, NamedTuple


class Size(NamedTuple):
    """Counts of one run."""

    subscriptions: int
    """Alive at once on the real server."""
    looks: int
    """At so many of them is looked once, one just after the other."""
    news: int
    """And at so many that were used meanwhile."""
    sales: int
    """While all these are alive."""
    lives: int
    """Of each kind, lived in skipped time."""
    begin_seconds: float
    """For so long they are begun, however many that are."""
    idle_seconds: float

    def within(self, pace: float) -> "Size":
        """The same, with no more looks and news than there is time for, where so many can be begun a second."""
        looks, news = (min(count, max(1, int(pace * most))) for count, most in ((self.looks, 60), (self.news, 15)))
        return self._replace(looks=looks, news=news)


FEWEST: Final = 40
MOST: Final = 50_000
USUAL: Final = 20_000
QUICK: Final = 60


def size_of(subscriptions: int, *, is_quick: bool = False) -> Size:
    """What is measured with so many alive."""
    few = max(3, subscriptions // 40)
    return Size(
        subscriptions=subscriptions,
        looks=max(10, subscriptions // 5),
        news=few,
        sales=min(100, few),
        lives=1 if is_quick else 5,
        begin_seconds=170,
        idle_seconds=1 if is_quick else 15,
    )
