"""What will happen in a run: who buys what when, how it is delivered, who is killed. The seed decides it all."""

from dataclasses import dataclass
from itertools import islice
from random import Random
from signal import Signals
from typing import Final, Literal, NamedTuple, get_args

from contract.progress import Step
from tools.simulator.endpoint_store import FIRST_ENDPOINT

PLANS: Final = {"Wakanda 30Days / 30GB": "PLAN-WAKANDA-30D-30GB", "Wakanda Daily": "PLAN-WAKANDA-DAILY"}
UNKNOWN_PLAN: Final = "PLAN-NOBODY-KNOWS"
"""SFT refuses it: a mistake in the portal's mapping of products to plans."""

WORKERS: Final = ("worker-1", "worker-2")

STEPS: Final[tuple[Step, ...]] = ("activating", "provisioning_addon")
"""Where a purchase has something to give back."""

Way = Literal["start", "careless_start", "addon_purchased", "purchase_addon"]
"""A start with the contract's id policies or with Temporal's default ones; the signal or the update of the contract."""

Reaction = Literal["amend", "cancel", "leave"]

Hand = Literal["pause, unpause", "pause, reset", "reset"]
"""What an operator does to an activity in mid-call, with ``temporal activity``."""

HANDS: Final[tuple[Hand, ...]] = get_args(Hand)

Activity = Literal["provision_addon", "activate_esim"]

CALLERS: Final = 20
"""At once on one suspended eSIM: twice as many as Temporal lets wait in a run."""

CEILING: Final = 40.0
"""Calls to SFT a second that an operator has the server keep from some moment on; more than there ever are."""

OTHER_CEILINGS: Final = (None, CEILING / 2)
"""What workers are started with that disagree; None is no ceiling."""

CUSTOMERS: Final = 4
"""At least, whose eSIMs were sold elsewhere: with and without known purchases, some topped up and some looked at."""

LONG_ENOUGH: Final = 200.0
"""Seconds of a storm in which a minute without SFT leaves room for everything else."""


@dataclass(frozen=True)
class Delivery:
    """One time that the portal sends a purchase, in seconds after it was due."""

    way: Way
    after: float


@dataclass(frozen=True)
class Purchase:
    """One paid purchase, due so many seconds after the beginning, and every delivery of it."""

    purchase_id: str
    product: str
    plan_id: str
    due: float
    deliveries: tuple[Delivery, ...]


@dataclass(frozen=True)
class Crowd:
    """So many callers at once who buy for an eSIM that is suspended; some of them send the same purchase."""

    due: float
    callers: tuple[Purchase, ...]


@dataclass(frozen=True)
class Traveler:
    """Somebody who buys an eSIM, and then add-ons for it."""

    traveler_id: str
    first: Purchase
    top_ups: tuple[Purchase, ...]
    reaction: Reaction = "amend"
    """What the portal does when SFT refuses the first add-on."""
    cancel_after: float | None = None
    """When the first purchase is cancelled, in seconds after its first delivery."""
    cancel_at: Step | None = None
    """At which step of the first purchase the portal cancels it, as soon as it sees it there."""
    walks_away: bool = False
    """Whether a cancelled purchase stays cancelled; it is bought again if not."""
    cancel_again: float | None = None
    """How long after each cancellation of the first purchase it is cancelled a second time, in seconds."""
    leaves_at: float | None = None
    """When the subscription is cancelled, in seconds after the beginning."""
    forgotten_after: float | None = None
    """How long after the sale Temporal forgets the first purchase, in seconds; it is repeated then."""
    terminated_at: float | None = None
    """When somebody terminates the subscription by accident, in seconds after the beginning; it is restored then."""
    paid_back_at: float | None = None
    """When the add-on that was sold with the eSIM is taken off again, in seconds after the beginning."""
    given_back_at: float | None = None
    """When the whole eSIM is given back."""
    crowd: Crowd | None = None
    """Who buys for this traveler's eSIM while it is suspended."""


@dataclass(frozen=True)
class Customer:
    """A traveler whose eSIM was sold elsewhere before, and is taken over."""

    traveler_id: str
    products: tuple[str, ...]
    """What the eSIM came with."""
    purchase_ids: tuple[str, ...]
    """What each of these was bought as; empty if nobody knows any more."""
    due: float
    again: float
    """When it is taken over once more: at the earliest, as the first time may take until then."""
    top_ups: tuple[Purchase, ...]
    """None for those whose usage is only looked at."""


@dataclass(frozen=True)
class Kill:
    """One process that is killed, and how long it stays dead, in seconds."""

    due: float
    victim: str
    down: float
    signal: Signals = Signals.SIGKILL


@dataclass(frozen=True)
class Meddling:
    """What is done to an activity of this type, the first that is in mid-call from then on."""

    due: float
    activity: Activity
    hand: Hand


@dataclass(frozen=True)
class Intruder:
    """A worker that is started with another ceiling than the one that the server keeps."""

    due: float
    ceiling: float | None


class Size(NamedTuple):
    """How much is to happen in how many seconds."""

    seconds: float
    travelers: int
    purchases: int
    worker_kills: int
    server_kills: int


@dataclass(frozen=True)
class Plan:
    """Everything that is decided before a run."""

    travelers: tuple[Traveler, ...]
    kills: tuple[Kill, ...]
    stock: int
    """eSIMs at the beginning: too few for the first rush."""
    later_stock: int
    strangers: tuple[int, ...]
    """Positions in the stock of eSIMs that somebody else activates at the worst moment."""
    foreign: tuple[int, ...]
    """Positions in the stock of eSIMs that have somebody else's add-on from the beginning."""
    meddlings: tuple[Meddling, ...]
    ceiling_due: float
    """When an operator has the server keep a ceiling."""
    intruders: tuple[Intruder, ...]
    login_refused_due: float | None
    """When SFT refuses a login, after which everybody waits a minute; None where the run is too short for that."""
    customers: tuple[Customer, ...]
    first_endpoint: int = FIRST_ENDPOINT

    def endpoint_id(self, position: int) -> str:
        """Of an eSIM in stock. Those of the customers are behind the stock of the beginning."""
        return str(self.first_endpoint + position + (len(self.customers) if position >= self.stock else 0))


def plan(seed: int, size: Size, first_endpoint: int = FIRST_ENDPOINT, mark: str = "") -> Plan:
    """The plan of this seed, for an account whose first endpoint that is; ``mark`` is in every purchase id."""
    name = f"{mark}{seed}"
    random = Random(seed)
    stock = max(2, size.travelers // 4)
    later = size.travelers + 10 + size.travelers // 3 - stock
    positions = range(stock + later)
    strangers = random.sample(positions[: size.travelers], max(3, size.travelers // 6))
    foreign = random.sample(positions, (stock + later) // 2)
    travelers, kills = _travelers(random, name, size), _kills(random, size)
    return Plan(
        travelers=travelers,
        kills=kills,
        stock=stock,
        later_stock=later,
        strangers=tuple(sorted(strangers)),
        foreign=tuple(sorted(foreign)),
        meddlings=_meddlings(random, size),
        ceiling_due=0.3 * size.seconds,
        intruders=tuple(Intruder(random.uniform(0.4, 0.7) * size.seconds, ceiling) for ceiling in OTHER_CEILINGS),
        login_refused_due=0.1 * size.seconds if size.seconds > LONG_ENOUGH else None,
        customers=_customers(random, name, size, kills),
        first_endpoint=first_endpoint,
    )


def _travelers(random: Random, name: str, size: Size) -> tuple[Traveler, ...]:
    numbers = range(1, size.travelers + 1)
    misfits = random.sample(numbers, max(4, size.travelers // 2))
    unlucky, impatient, leaving = misfits[::4], misfits[1::2], misfits[2::4]
    crowded, forgotten, terminated, paid_back, given_back = _settled(random, size, misfits)
    absent = {*unlucky[:2], impatient[0]}  # nobody tops up an eSIM that was never sold
    buyers = [number for number in numbers if number not in absent]
    counts = dict.fromkeys(numbers, 0)
    for number in random.choices(buyers, k=size.purchases - size.travelers):
        counts[number] += 1
    return tuple(
        Traveler(
            traveler_id=f"T-{number}",
            first=_first(random, f"P-{name}-{number}", size, number, number in unlucky, number in absent),
            top_ups=tuple(_top_up(random, f"P-{name}-{number}.{n}", size) for n in range(1, counts[number] + 1)),
            reaction=_reaction(number, unlucky),
            cancel_after=random.uniform(0, min(12.0, size.seconds / 8)) if number in impatient[::2] else None,
            cancel_at=random.choice(STEPS) if number in impatient[1::2] else None,
            walks_away=number in absent,
            cancel_again=random.uniform(0, 0.3) if number in (*impatient[::2], unlucky[1]) else None,
            leaves_at=size.seconds * random.uniform(0.5, 0.9) if number in leaving else None,
            forgotten_after=random.uniform(0, 0.1) * size.seconds if number in forgotten else None,
            terminated_at=random.uniform(0.4, 0.7) * size.seconds if number in terminated else None,
            paid_back_at=random.uniform(0.4, 0.7) * size.seconds if number in paid_back else None,
            given_back_at=random.uniform(0.5, 0.8) * size.seconds if number in given_back else None,
            crowd=_crowd(random, f"P-{name}-{number}", size) if number in crowded else None,
        )
        for number in numbers
    )


def _settled(random: Random, size: Size, misfits: list[int]) -> tuple[list[int], ...]:
    """Who is bought for by a crowd, whose purchase is forgotten, whose subscription is terminated, whose add-on is
    taken off, and who gives the eSIM back: different ones, to whom nothing else happens.
    """
    others = [number for number in range(1, size.travelers + 1) if number not in misfits]
    random.shuffle(others)
    travelers = size.travelers
    counts = (
        *(max(1, travelers // 20), max(2, travelers // 8), max(1, travelers // 10)),
        *(max(1, travelers // 12), max(1, travelers // 20)),
    )
    left = iter(others)
    return tuple(list(islice(left, count)) for count in counts)


def _crowd(random: Random, name: str, size: Size) -> Crowd:
    different = [_bought(random, f"{name}.c{n}") for n in range(1, CALLERS - random.randint(3, 6) + 1)]
    same = random.choices(different, k=CALLERS - len(different))
    return Crowd(random.uniform(0.35, 0.5) * size.seconds, tuple(random.sample([*different, *same], CALLERS)))


def _bought(random: Random, purchase_id: str) -> Purchase:
    product = random.choice(list(PLANS))
    return Purchase(purchase_id, product, PLANS[product], 0, (Delivery("purchase_addon", 0),))


def _reaction(number: int, unlucky: list[int]) -> Reaction:
    return "leave" if number == unlucky[0] else "cancel" if number in unlucky[1:2] else "amend"


def _first(random: Random, purchase_id: str, size: Size, number: int, unknown: bool, at_once: bool) -> Purchase:
    rush = number <= size.travelers // 3
    product = random.choice(list(PLANS))
    again = 0.0 if at_once or random.random() < 0.5 else random.uniform(0.5, 0.4 * size.seconds)
    way: Way = "careless_start" if again and random.random() < 0.5 else "start"
    return Purchase(
        purchase_id=purchase_id,
        product=product,
        plan_id=UNKNOWN_PLAN if unknown else PLANS[product],
        due=0.0 if rush else random.uniform(0, 0.3 * size.seconds),
        deliveries=(Delivery("start", 0), Delivery(way, again)),
    )


def _top_up(random: Random, purchase_id: str, size: Size) -> Purchase:
    ways: tuple[Way, ...] = ("addon_purchased", "purchase_addon")
    product = random.choice(list(PLANS))
    again = 0.0 if random.random() < 0.5 else random.uniform(0.2, 0.3 * size.seconds)
    return Purchase(
        purchase_id=purchase_id,
        product=product,
        plan_id=UNKNOWN_PLAN if random.random() < 0.03 else PLANS[product],
        due=random.uniform(0.05, 0.9) * size.seconds,
        deliveries=(Delivery(random.choice(ways), 0), Delivery(random.choice(ways), again)),
    )


def _customers(random: Random, name: str, size: Size, kills: tuple[Kill, ...]) -> tuple[Customer, ...]:
    """Each is taken over as a worker is about to be killed, while there is time for what comes then."""
    moments = [kill.due for kill in kills if kill.victim in WORKERS and kill.due < 0.75 * size.seconds]
    return tuple(
        Customer(
            traveler_id=f"T-old-{number}",
            products=tuple(products := random.choices(list(PLANS), k=random.randint(1, 3))),
            purchase_ids=tuple(f"P-{name}-old-{number}.{n}" for n in range(len(products) if number % 2 else 0)),
            due=max(0.0, random.choice(moments or [0.3 * size.seconds]) - random.uniform(0, 1.5)),
            again=random.uniform(0.75, 0.95) * size.seconds,
            top_ups=tuple(
                _top_up(random, f"P-{name}-old-{number}.t{n}", size) for n in range(0 if number % 3 == 0 else 2)
            ),
        )
        for number in range(1, max(CUSTOMERS, size.travelers // 8) + 1)
    )


def _kills(random: Random, size: Size) -> tuple[Kill, ...]:
    workers = [
        Kill(due, random.choice(WORKERS), random.uniform(0, 3)) for due in _moments(random, size.worker_kills, size)
    ]
    servers = [Kill(due, "temporal", random.uniform(0, 5)) for due in _moments(random, size.server_kills, size)]
    gentle = [Kill(due, random.choice(WORKERS), 0.0, Signals.SIGTERM) for due in _moments(random, 1, size)]
    return tuple(sorted(workers + servers + gentle, key=lambda kill: kill.due))


def _meddlings(random: Random, size: Size) -> tuple[Meddling, ...]:
    """Each hand in turn. Activations are all in the first part of a run, add-ons are provisioned throughout."""
    count = max(6, size.worker_kills)
    hands = random.sample(HANDS, len(HANDS))
    early = [random.uniform(0.02, 0.2) * size.seconds for _ in range(count // 4)]
    later = _moments(random, count - len(early), size._replace(seconds=0.75 * size.seconds))
    meddlings = [
        *(Meddling(due, "activate_esim", hands[n % 3]) for n, due in enumerate(early)),
        *(Meddling(due, "provision_addon", hands[n % 3]) for n, due in enumerate(later)),
    ]
    return tuple(sorted(meddlings, key=lambda meddling: meddling.due))


def _moments(random: Random, count: int, size: Size) -> list[float]:
    """So many moments, spread over the run but for its ends."""
    first, last = 0.05 * size.seconds, 0.95 * size.seconds
    step = (last - first) / max(1, count)
    return [first + step * (n + random.random()) for n in range(count)]
