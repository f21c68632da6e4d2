"""The stock: how many eSIMs SFT lists as available for sale."""

from datetime import datetime

from contract.message import Message, StartInput


class StockQuestion(StartInput):
    """The input of CountStockWorkflow. It has no fields yet."""


class Stock(Message):
    """The eSIMs that SFT lists as available, counted at a moment in UTC; ``or_more`` if there was no end of them."""

    available: int
    or_more: bool
    counted_at: datetime
