"""The arguments and options that several commands of starter.py take."""

from pathlib import Path
from typing import Annotated, Literal

from typer import Argument, Option

Product = Annotated[str, Argument(help="A product of the catalog, say 'Wakanda Daily'.", show_default=False)]
Purchase = Annotated[str, Argument(metavar="PURCHASE", help="The purchase id of the eSIM.", show_default=False)]
OfSubscription = Annotated[
    str, Argument(metavar="SUBSCRIPTION", help="A subscription id or an endpoint id.", show_default=False)
]
OfAny = Annotated[
    str, Argument(metavar="ID", help="A purchase id, a subscription id or an endpoint id.", show_default=False)
]
OneOrMany = Annotated[
    str | None,
    Argument(
        metavar="SUBSCRIPTION",
        help="A subscription id or an endpoint id; or else one of --traveler, --query and --file.",
        show_default=False,
    ),
]
OfTraveler = Annotated[str | None, Option("--traveler", help="All eSIMs of this traveler, in the place of one.")]
OfQuery = Annotated[
    str | None,
    Option("--query", help="All eSIMs that this condition finds, in the query language of Temporal's visibility."),
]
OfFile = Annotated[
    Path | None,
    Option("--file", metavar="FILE", help="All eSIMs of this file: CSV with a column endpoint_id, or an id a line."),
]
Reseller = Annotated[
    str | None,
    Option(help="Of many: whose they are. Several resellers' have turns, where the server is fair; or the traveler's."),
]
PerSecond = Annotated[
    float | None,
    Option(help="Of many: how many a second; ESIM_BULK_ORDERS_PER_SECOND if absent.", min=0.001, max=1000),
]
Failures = Annotated[
    Path | None,
    Option(metavar="FILE", help="Of many: a new file for those that failed and why, as CSV that --file takes again."),
]
By = Annotated[str | None, Option("--by", help="Who orders it: it stands in the eSIM's orders.")]
Yes = Annotated[bool, Option("--yes", help="Do not ask whether that is meant.")]
Reason = Annotated[
    Literal["system", "non-payment", "customer-service"], Option(help="Why, in the words that SFT has for it.")
]
Again = Annotated[
    bool, Option("--again", help="Tell SFT also if it is so already: for an eSIM that somebody changed at SFT.")
]
ForPurchase = Annotated[
    str | None,
    Option("--purchase-id", help="The portal's id of this purchase; made up if absent. The same id is the same sale."),
]
AsJson = Annotated[bool, Option("--json", help="One JSON document on standard output, and nothing else.")]
Debug = Annotated[bool, Option("--debug", help="A traceback if something unforeseen goes wrong.", envvar="ESIM_DEBUG")]
