"""One ticket: what a customer says, and what is behind it."""

from dataclasses import asdict, dataclass

MAIN = "esim-provisioning"
PARTNER = "partner"
DESK = "corporate-desk"
KIOSK = "kiosk"
"""Sellers, by the task queues of their workers. The desk's worker polls another one, and nobody polls the kiosk's."""


@dataclass(frozen=True)
class Ticket:
    """What is reported, the cause in a sentence, and what to do about it.

    ``command`` is one of starter.py that names the cause, and ``signs`` are regular expressions of words in what it
    prints that do so; ``words`` stand in the row of docs/runbook.md that is about it. ``queue`` is the ESIM_TASK_QUEUE
    of the seller that it is about.
    """

    says: str
    cause: str
    answer: str
    command: tuple[str, ...]
    signs: tuple[str, ...]
    words: str
    queue: str = MAIN

    def asked(self) -> str:
        """The ticket as it comes in."""
        seller = "" if self.queue == MAIN else f"[{self.queue}] "
        return f"{seller}{self.says}"

    def answered(self) -> str:
        """The cause, the command that shows it, and the remedy."""
        seller = "" if self.queue == MAIN else f"ESIM_TASK_QUEUE={self.queue} "
        command = f"{seller}starter.py {' '.join(self.command)}"
        return f"Cause:   {self.cause}\nShown by: {command}\nAnswer:  {self.answer}"

    def document(self) -> dict[str, object]:
        """All of it, for a script."""
        return asdict(self)
