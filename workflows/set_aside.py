"""Signals under a key that their run does not know: kept as they came, and taken up once a worker can open them.

Which those are is decided in temporal/input_check.py, and by nothing but the history: by what this run has read before,
never by which keys the worker has that happens to carry it out.
"""

import asyncio
from collections.abc import Callable
from typing import Final, get_type_hints

from temporalio import workflow
from temporalio.exceptions import ActivityError, ApplicationError

from activities.keys import KeyActivities
from activities.messages import OpenedMessage, SealedMessage, SetAsideMessages
from contract.failure import INVALID_REQUEST
from contract.subscription import SetAsideReference, Subscription, WaitingMessage
from temporal.data_converter import open_input
from temporal.encryption.sealed import EncryptedInput, payload_of, text_of
from temporal.unread_input import UnreadInput, WrittenByAnotherBuild
from workflows.part import Part, Shared
from workflows.policies import OPEN
from workflows.sft_calls import call

MOST_MESSAGES: Final = 20
"""Anybody who may signal can write a label that no key ever had: the state has to stay small."""

MOST_BYTES: Final = 4096
"""Of one of them, encrypted. Ours are a tenth of that."""


class SetAside:
    """The signals of one run that wait for a key. Those under one key are taken up in the order in which they came, and
    one key does not wait for another."""

    def __init__(self, kept: SetAsideMessages, show: Callable[[], None] = lambda: None) -> None:
        self._kept = kept
        self._show = show
        self._known: set[str] = set()
        self._opening: dict[str, asyncio.Task[None]] = {}
        for message in kept.messages:
            self._open_all_under(message.key)

    def learn(self, key: str | None) -> None:
        """This run has read something under this key: whoever replays it needs the key."""
        if key is not None:
            self._known.add(key)

    def must_take(self, key: str) -> bool:
        """Whether a signal under this key is to be set aside: it is not known, or others under it are not taken up."""
        return key not in self._known or key in self._opening

    def take(self, signal: str, encrypted: EncryptedInput) -> None:
        """Sets a signal aside, if there is room."""
        kept = self._kept
        if len(kept.messages) >= MOST_MESSAGES or encrypted.sealed_bytes > MOST_BYTES:
            kept.lost += 1
            workflow.logger.warning(
                "signal %s under key %s is lost: %d wait for a key already, or it has more than %d bytes; have it sent "
                "again once the workers have the key",
                *(signal, encrypted.key, len(kept.messages), MOST_BYTES),
            )
        else:
            kept.count += 1
            data = text_of(encrypted.payload)
            now = workflow.now()
            message = SealedMessage(number=kept.count, message=signal, key=encrypted.key, since=now, payload=data)
            kept.messages.append(message)
            self._open_all_under(encrypted.key)
        self._show()

    def drop(self, message: SealedMessage) -> None:
        """Forgets a signal. Whether it is being opened just now makes no difference."""
        workflow.logger.warning("signal %s under key %s is dropped, as ordered", message.message, message.key)
        self._kept.messages.remove(message)
        self._opening.pop(message.key).cancel()
        self._open_all_under(message.key)
        self._show()

    def _open_all_under(self, key: str) -> None:
        if key not in self._opening and self._next_under(key):
            self._opening[key] = asyncio.create_task(self._keep_opening(key))

    def _next_under(self, key: str) -> SealedMessage | None:
        return next((message for message in self._kept.messages if message.key == key), None)

    async def _keep_opening(self, key: str) -> None:
        while message := self._next_under(key):
            summary = f"Open {message.message}, which came under key {key}"
            try:
                opened = await call(KeyActivities.open_message, message, OPEN, summary)
            except ActivityError as failure:  # it is tried without end: an operator has ended it
                opened = OpenedMessage(refusal=f"could not be opened ({failure.cause})")
            if opened.payload is not None:
                self.learn(key)
            # In a condition, because what that raises fails the workflow task, which waits for a build that can do it;
            # an error in a task of asyncio's would be lost, and the signal with it.
            await workflow.wait_condition(lambda opened=opened, message=message: self._take_up(message, opened))  # type: ignore[misc]
            self._kept.messages.remove(message)
        del self._opening[key]
        self._show()

    def _take_up(self, message: SealedMessage, opened: OpenedMessage) -> bool:
        """Hands a signal to its handler; one that is no message of the contract, or can never be read, is ignored.

        Raises WrittenByAnotherBuild if one of our workflows sent it, and only another build can read it.
        """
        if opened.payload is None:
            workflow.logger.warning("signal %s ignored: it %s", message.message, opened.refusal)
            return True
        handler = getattr(workflow.instance(), message.message)  # our handlers are called what they serve
        hint = next(iter(get_type_hints(handler).values()))
        encrypted = EncryptedInput(message.key, payload_of(opened.payload), hint)
        try:
            read = open_input(encrypted, workflow.payload_converter())
        except ApplicationError as refusal:
            workflow.logger.warning("signal %s ignored: %s", message.message, refusal.message)
            return True
        if isinstance(read, UnreadInput):
            raise WrittenByAnotherBuild(f"Signal {message.message} {read.why}")
        handler(read)
        return True


class SetAsideSignals(Part):
    """Those of a subscription: shown with it, carried to its next run, and dropped by an operator's order."""

    def __init__(self, shared: Shared) -> None:
        super().__init__(shared)
        self.kept = SetAside(self._state.set_aside, self._show)
        self.kept.learn(self._state.encrypted_with)
        # Here, and not in the class of the workflow: it is an operator's, and no portal's.
        workflow.set_update_handler("drop_set_aside", self._drop, validator=self._refuse_unknown)

    def _show(self) -> None:
        subscription, set_aside = self._state.subscription, self._state.set_aside
        subscription.set_aside = [
            WaitingMessage.model_validate(message.model_dump(exclude={"payload"})) for message in set_aside.messages
        ]
        subscription.set_aside_lost = set_aside.lost
        self._display.refresh()

    def _find(self, number: int) -> SealedMessage | None:
        return next((message for message in self._state.set_aside.messages if message.number == number), None)

    async def _drop(self, reference: SetAsideReference) -> Subscription:
        self._callers.count()
        if message := self._find(reference.number):
            self.kept.drop(message)
        return self._state.subscription

    def _refuse_unknown(self, reference: SetAsideReference) -> None:
        if self._find(reference.number) is None:
            raise ApplicationError(
                f"no message {reference.number} is set aside: it was taken up or dropped, or never was",
                type=INVALID_REQUEST,
                non_retryable=True,
            )
