"""The settings of a check: those with which the workers call SFT."""

from activities.settings import SftSettings


class CheckSettings(SftSettings):
    """How SFT is called, and what its answers are held against."""
