"""The stock: how many eSIMs SFT lists as available for sale, and how long they will last."""

from datetime import datetime

from contract.message import Message, StartInput


class StockQuestion(StartInput):
    """The input of CountStockWorkflow. It has no fields yet."""


class Stock(Message):
    """The eSIMs that can be sold, counted at a moment in UTC; ``or_more`` if there was no end of them."""

    available: int
    or_more: bool
    counted_at: datetime
    held: int = 0
    """How many more SFT lists that cannot be sold: quarantined here, or just being sold."""
    quarantined: int = 0
    """How many of those that are held are quarantined: nobody will get them, whatever SFT lists."""
    uninstallable: int = 0
    """How many more SFT lists without an activation code, or with one that no phone could install: they are passed
    over."""
    sold_last_day: int | None = None
    """eSIMs that were sold in the 24 hours before; None if Temporal does not remember as much."""
    sold_last_week: int | None = None
    """The same of the seven days before."""
    ends_at: datetime | None = None
    """UTC; when the stock ends at the faster of the two rates. None if nothing was sold, or there is no end of it."""
    is_low: bool = False
    """Whether there are few, or it ends within ESIM_STOCK_LOW_DAYS of the workers: order more."""
