"""Texts for travelers as they are written in the program. Imports nothing: who says nothing needs no catalog."""

from typing import NewType

Text = NewType("Text", str)
"""A text for travelers in English, by which the catalogs find it. Values are in it as ``%(name)s``, and a percent sign
is doubled."""


def marked(text: str) -> Text:
    """Marks what is written here for the catalogs: they are made of all that is marked, or stands so in a template."""
    return Text(text)
