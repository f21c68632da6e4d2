"""What is measured, as it is kept in docs/scale.json: all that docs/scale.md is made of, beside its cited sources."""

from pydantic import BaseModel


class Delay(BaseModel):
    """How much later than it happened something was told, over all lives."""

    told: int
    late: int
    """How many of them after longer than the table of the cadence promises."""
    longest_seconds: float
    promised_seconds: float


class Month(BaseModel):
    """One kind of life, from the sale on, the sale itself left out. What is a float is the mean of all lives."""

    name: str
    words: str
    lives: int
    days: float
    """How long it was watched, in days of its own time."""
    actions: dict[str, float]
    """Billable actions by kind. Attempts of an activity are counted in the worker, as not all are in the history."""
    looks: float
    """Looks at SFT."""
    news: float
    """Looks that found something new, and so had a workflow task."""
    calls: dict[str, float]
    """Calls to SFT by kind, logins left out."""
    events: float
    """Of all runs until nothing is left on the eSIM."""
    longest_history: float
    """Events of the longest run."""
    open_bytes: float
    """The longest run's, in bytes: what is stored of it while it is open, at most."""
    closed_bytes: float
    """Of all runs that ended by continuing as new."""
    delays: dict[str, Delay]
    """By type of the event."""
    asleep_events: float
    """Of the run that goes on once nothing is left."""
    asleep_bytes: float
    asleep_actions: float
    """In the last thirty days, in which nothing is left."""

    @property
    def told(self) -> float:
        """Actions that only tell of it, to a portal: where there is none, they are less."""
        return self.actions.get("post_event", 0)


class Cost(BaseModel):
    """What one piece of work of a kind takes, as the mean of all of them."""

    count: int
    per_second: float
    """How many there were a second."""
    worker_ms: float
    server_ms: float
    sft_ms: float
    """CPU of the simulated SFT, which is part of no real cost."""
    transitions: float
    """State transitions of the runs, as the server counts them: what self-hosted clusters are measured by."""
    events: float
    """What it adds to the history."""


class Wait(BaseModel):
    """How long looks waited for a worker from when they were due."""

    looks: int
    within: dict[str, float]
    """The share of them by seconds: a bucket of the SDK's histogram each."""


class Alive(BaseModel):
    """What a real server and one worker do with many eSIMs alive, in real time."""

    asked: int
    alive: int
    begin: Cost
    """To begin one as it is long after its sale."""
    look: Cost
    """A look that finds what is known."""
    news: Cost
    """A look that finds something new, of which a portal is told."""
    sale: Cost
    sale_actions: dict[str, float]
    sale_bytes: float
    """Of the history of the purchase, which has ended."""
    sale_calls: dict[str, float]
    idle_worker_cores: float
    """CPU seconds a second with all alive and nothing due."""
    idle_server_cores: float
    worker_mb: float
    """Resident memory with all alive."""
    server_kb_each: float
    """What each eSIM adds to the resident memory of the server, which keeps everything there."""
    wait: Wait


class Machine(BaseModel):
    """Where it was measured."""

    cores: int
    processor: str
    python: str
    temporalio: str


class Measured(BaseModel):
    """One run of the command."""

    date: str
    seconds: float
    machine: Machine
    months: list[Month]
    alive: Alive
