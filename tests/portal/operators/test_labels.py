"""Times as people say them, on pages that operators read."""

import re
from datetime import UTC, datetime, timedelta, timezone

import pytest

from portal.operators.labels import ago, exact, lasted, moment


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (3, "just now"),
        (63, "1 minute ago"),
        (183, "3 minutes ago"),
        (7500, "2 hours ago"),
        (86_500 * 5, "5 days ago"),
        (-30, "in less than a minute"),
        (-(86_400 + 60), "in 1 day"),
    ],
)
def test_how_long_ago_it_was_is_said_and_when_it_was_is_behind_it(seconds: int, said: str) -> None:
    time = datetime.now(timezone(timedelta(hours=9))) - timedelta(seconds=seconds)
    found = re.fullmatch('<time datetime="([^"]+)" title="([^"]+) UTC">([^<]+)</time>', ago(time))
    assert found
    assert (datetime.fromisoformat(found[1]), found[3]) == (time.replace(microsecond=0), said)
    assert datetime.strptime(found[2], "%d %b %Y, %H:%M:%S").replace(tzinfo=UTC) == time.replace(microsecond=0)


def test_a_moment_is_in_utc_and_says_so() -> None:
    time = datetime(2026, 5, 3, 1, 2, 3, tzinfo=timezone(timedelta(hours=2)))
    assert moment(time) == '<time datetime="2026-05-02T23:02:03+00:00">2 May 2026, 23:02 UTC</time>'
    assert exact(time) == '<time datetime="2026-05-02T23:02:03+00:00">2 May 2026, 23:02:03 UTC</time>'


@pytest.mark.parametrize(("seconds", "said"), [(-1, "0.0 s"), (2.44, "2.4 s"), (61, "1 minute"), (7500, "2 hours")])
def test_how_long_it_took_is_in_one_unit(seconds: float, said: str) -> None:
    assert lasted(timedelta(seconds=seconds)) == said
