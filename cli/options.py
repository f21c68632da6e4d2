"""The arguments and options that several commands of starter.py take."""

from typing import Annotated, Literal

from typer import Argument, Option

Product = Annotated[str, Argument(help="A product of the catalog, say 'Wakanda Daily'.", show_default=False)]
Purchase = Annotated[str, Argument(metavar="PURCHASE", help="The purchase id of the eSIM.", show_default=False)]
OfSubscription = Annotated[
    str, Argument(metavar="SUBSCRIPTION", help="A subscription id or an endpoint id.", show_default=False)
]
Reason = Annotated[
    Literal["system", "non-payment", "customer-service"], Option(help="Why, in the words that SFT has for it.")
]
ForPurchase = Annotated[
    str | None,
    Option("--purchase-id", help="The portal's id of this purchase; made up if absent. The same id is the same sale."),
]
By = Annotated[str | None, Option("--by", help="Who orders it: it stands in the eSIM's orders, too.")]
AsJson = Annotated[bool, Option("--json", help="One JSON document on standard output, and nothing else.")]
Debug = Annotated[bool, Option("--debug", help="A traceback if something unforeseen goes wrong.", envvar="ESIM_DEBUG")]
