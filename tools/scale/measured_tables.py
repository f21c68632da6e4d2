"""What was measured, as tables of the page."""

from collections.abc import Callable, Sequence

from tools.bench.table import shown
from tools.scale.tables import table
from tools.scale.units import Alive, Cost, Month


def months_table(months: Sequence[Month]) -> str:
    """Counts of each kind of life, side by side."""
    kinds = sorted({kind for month in months for kind in month.actions})
    calls = sorted({kind for month in months for kind in month.calls})

    def row(what: str, value: Callable[[Month], float]) -> list[str]:
        return [what, *(shown(value(month)) for month in months)]

    return table(
        ["", *(f"{month.name}: {month.words}" for month in months)],
        [
            row("billable actions", lambda month: sum(month.actions.values())),
            *(row(f"of them {kind}", lambda month, kind=kind: month.actions.get(kind, 0)) for kind in kinds),  # type: ignore[misc]
            *(row(f"calls to SFT: {kind}", lambda month, kind=kind: month.calls.get(kind, 0)) for kind in calls),  # type: ignore[misc]
            row("looks that found something new", lambda month: month.news),
            row("history (events of all runs)", lambda month: month.events),
            row("the longest run (events)", lambda month: month.longest_history),
            row("the longest run (bytes)", lambda month: month.open_bytes),
            row("once nothing is left: events", lambda month: month.asleep_events),
            row("once nothing is left: bytes", lambda month: month.asleep_bytes),
            row("once nothing is left: actions and events in 30 days", lambda month: month.asleep_actions),
        ],
    )


def delays_table(months: Sequence[Month]) -> str:
    """How late everything was told."""
    rows = [
        [
            month.name,
            f"`{event}`",
            f"{delay.told}",
            f"{delay.late}",
            _time(max(0.0, delay.longest_seconds)),
            _promise(delay.promised_seconds),
        ]
        for month in months
        for event, delay in month.delays.items()
    ]
    return table(("kind", "event", "told", "of them late", "the latest after", "promised"), rows)


def alive_table(alive: Alive) -> str:
    """What each kind of work takes."""
    kinds = {
        "an eSIM begun, as it is after its sale": alive.begin,
        "a look that finds what is known": alive.look,
        "a look that finds news, which is told": alive.news,
        "a sale": alive.sale,
    }
    return table(
        (
            "what",
            "how many",
            "a second",
            "CPU of the worker",
            "of the Temporal server",
            "of the simulator",
            "state transitions",
            "events",
        ),
        [[what, *_cells(cost)] for what, cost in kinds.items()],
    )


def _cells(cost: Cost) -> list[str]:
    values = (cost.per_second, cost.worker_ms, cost.server_ms, cost.sft_ms, cost.transitions, cost.events)
    return [f"{cost.count:,}", *map(shown, values)]


def rest_table(alive: Alive) -> str:
    """What is no CPU of a piece of work."""
    actions = ", ".join(f"{shown(count)} {kind}" for kind, count in alive.sale_actions.items())
    calls = ", ".join(f"{shown(count)} {kind}" for kind, count in alive.sale_calls.items())
    return table(
        ("what", "measured"),
        [
            ("cores of the worker while nothing is due", shown(alive.idle_worker_cores)),
            ("cores of the Temporal server while nothing is due", shown(alive.idle_server_cores)),
            ("memory of the worker (MB)", shown(alive.worker_mb)),
            ("memory of the Temporal server for each eSIM (KB)", shown(alive.server_kb_each)),
            ("billable actions of a sale", f"{shown(sum(alive.sale_actions.values()))}: {actions}"),
            ("calls to SFT for a sale", f"{shown(sum(alive.sale_calls.values()))}: {calls}"),
            ("history of a purchase (bytes)", shown(alive.sale_bytes)),
        ],
    )


def waits(alive: Alive) -> str:
    """One sentence about how long looks waited."""
    shares = sorted((float(bound), share) for bound, share in alive.wait.within.items())
    told = [f"{share:.2%} within {bound:g} s" for bound, share in shares if bound <= 10]
    return f"Of {alive.wait.looks:,} looks, a worker had begun {', '.join(told)} of when they were due."


def _time(seconds: float) -> str:
    if seconds < 60:
        return f"{shown(seconds)} s"
    return f"{shown(seconds / 60)} min" if seconds < 3600 else f"{shown(seconds / 3600)} h"


def _promise(seconds: float) -> str:
    return f"at most {_time(seconds)}" if seconds else "just then"
