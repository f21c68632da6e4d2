"""The platform's clock: real time, unless it is pushed ahead or made to stand."""

from datetime import UTC, datetime, timedelta


class Clock:
    """Never goes back behind a moment that it has told, nor behind the one at which it was made."""

    def __init__(self) -> None:
        self._ahead = timedelta()
        self._standing: datetime | None = None
        self._told = datetime.now(UTC)

    def now(self) -> datetime:
        """The platform's time, UTC."""
        moment = datetime.now(UTC) + self._ahead if self._standing is None else self._standing
        self._told = max(self._told, moment)
        return self._told

    def push(self, seconds: float) -> None:
        """Move the clock ahead, from where it runs on, or stands if it stood. Raises ValueError for less than 0."""
        if not seconds >= 0:
            raise ValueError("a clock can only be pushed ahead")
        if self._standing is None:
            self._ahead += timedelta(seconds=seconds)
        else:
            self._standing += timedelta(seconds=seconds)
        self.now()

    def set(self, moment: datetime) -> None:
        """Stand at exactly this moment, which has a time zone, until set again. One that is over is ignored."""
        if moment >= self._told:
            self._standing = self._told = moment.astimezone(UTC)
