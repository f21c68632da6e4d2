"""The data converter of every client and worker: pydantic's JSON, encrypted where there are keys.

Left to itself, the SDK answers a workflow input that cannot be decoded with a workflow task that fails and is retried
for ever; it drops such a signal with a traceback; and it refuses such an update as a RuntimeError. With this converter
all of them become ``InvalidRequest``, in one sentence: the run fails with it, an update is answered with it, and the
SDK logs it for a signal, which it drops. ``StartInput`` and ``HandlerInput`` tell it what is an input.

What is only encrypted with a key that this process lacks is another matter: the operator can give it the key. Until
then a start waits, as a workflow task that fails and names the key; a signal is set aside, and no purchase is lost; an
update and a query are answered with that at once (temporal/input_check.py). What was altered, or written for another
workflow, or comes in plain text where that is refused, is refused for good.

What one of our workflows wrote (``InternalMessage``) and this build cannot read waits in the same way, for a build that
can: the workflow task names the fields.
"""

import copy
from collections.abc import Sequence
from types import UnionType
from typing import TYPE_CHECKING, Any, ClassVar, Final, Self, cast, get_args

from pydantic import ValidationError
from temporalio.api.common.v1 import Payload
from temporalio.client import Client, WorkflowExecutionDescription
from temporalio.contrib.pydantic import PydanticPayloadConverter
from temporalio.converter import (
    CompositePayloadConverter,
    DataConverter,
    PayloadConverter,
    SerializationContext,
    WithSerializationContext,
    WorkflowSerializationContext,
)
from temporalio.exceptions import ApplicationError

from contract.failure import INVALID_REQUEST
from contract.message import HandlerInput, InternalMessage, Message, StartInput, told
from temporal.encryption.failures import EncodedFailures, EncryptedFailures, NamingKeys
from temporal.encryption.sealed import (
    EncryptedInput,
    Undecipherable,
    came_under,
    is_hopeless,
    is_plaintext,
    why_sealed,
    without_tags,
)
from temporal.paused import read_paused_as_running
from temporal.unread_input import UnreadInput, WrittenByAnotherBuild, release_of, why_unread

# Not imported at runtime, so that a process without keys is spared the import of cryptography.
if TYPE_CHECKING:
    from temporal.encryption.codec import EncryptionCodec
    from temporal.encryption.keys import KeyRing

read_paused_as_running()  # here, because whoever has a client comes by

PERSONAL: Final = {"email", "msisdn", "activation_code"}
"""Fields whose value is not repeated in an error message."""


CONVERTERS: Final = tuple(PydanticPayloadConverter().converters.values())
"""Made once: pydantic's one keeps how each type is read."""


class StrictPayloadConverter(PydanticPayloadConverter):
    """Pydantic's JSON, with ``InvalidRequest`` for an input of a workflow or a handler that cannot be decoded.

    Results of activities are not inputs: one that cannot be decoded comes from a worker of another version, and there a
    workflow task that waits for the right one is just what is wanted.
    """

    is_tagged: ClassVar = False
    """Whether the codec says under which key it found what it decrypted."""

    def __init__(self) -> None:
        # The SDK makes one for each run and for each workflow task: pydantic's would begin anew with each.
        CompositePayloadConverter.__init__(self, *CONVERTERS)

    def from_payloads(self, payloads: Sequence[Payload], type_hints: list[type] | None = None) -> list[Any]:
        """Decodes the arguments of one call.

        Raises:
            ApplicationError: ``InvalidRequest`` if they are not what a message of the contract looks like.
            Undecipherable: if they are encrypted with a key that is not known here.
            WrittenByAnotherBuild: if a workflow of ours wrote them, and this build cannot read them.

        Where they are for a handler, there is an ``UnreadInput`` instead of the last, because the SDK would drop a
        signal that raises; and an ``EncryptedInput`` instead of whatever came encrypted, also of what can be read here.
        """
        if type_hints is None and len(payloads) > 1:  # the SDK drops the hints where their number does not fit
            raise invalid_request(f"expected one input, got {len(payloads)}")
        hints = type_hints or []
        if hints == [object]:  # an input that its handler ignores
            return [None]
        key = came_under(payloads[0], is_tagged=self.is_tagged) if payloads else None
        if key and hints and all(_is_message(hint, HandlerInput) for hint in hints):
            return [EncryptedInput(key, payload, hint) for payload, hint in zip(payloads, hints, strict=True)]
        are_inputs = any(_is_message(hint, StartInput, HandlerInput) for hint in hints)
        if why := why_sealed(payloads):
            if are_inputs and is_hopeless(payloads) and not _may_be_taken_later(payloads, hints):
                raise invalid_request(f"the input {why}")
            raise Undecipherable(f"What Temporal keeps of this {why}")
        if not are_inputs:
            return super().from_payloads(payloads, type_hints)
        try:
            messages = super().from_payloads(payloads, type_hints)
        except ValidationError as error:
            if any(_is_message(hint, InternalMessage) for hint in hints) and (release := release_of(payloads[0])):
                return _unread(hints, why_unread(release, error))
            raise invalid_request(_sentence(error)) from None
        except Exception as error:
            raise invalid_request(f"the input cannot be decoded ({type(error).__name__})") from None
        _refuse_what_is_none(messages)
        for message in messages:
            if isinstance(message, StartInput):
                message.encrypted_with = key
        return messages


class TaggedPayloadConverter(StrictPayloadConverter):
    """For processes with keys, whose codec tags what it decrypted."""

    is_tagged = True


def open_input(encrypted: EncryptedInput, converter: PayloadConverter) -> Message | UnreadInput:
    """What a handler gets instead of what came encrypted.

    Raises:
        ApplicationError: ``InvalidRequest`` if it is no message of the contract, or can never be read.
        Undecipherable: if the key is not known here.
    """
    if why := why_sealed([encrypted.payload]):
        if is_hopeless([encrypted.payload]):
            raise invalid_request(f"the input {why}")
        raise Undecipherable(why)
    [message] = converter.from_payloads([without_tags(encrypted.payload)], [encrypted.hint])
    return cast("Message | UnreadInput", message)


def has_key(converter: DataConverter, label: str) -> bool:
    """Whether what is encrypted under this key can be read here."""
    codec = cast("EncryptionCodec | None", converter.payload_codec)
    return codec is not None and codec.has(label)


def labels_of(converter: DataConverter) -> Sequence[str]:
    """The labels of the keys that can be read under here, the one that is written under first; none without keys, and
    with a codec of another's."""
    labels: Sequence[str] = getattr(converter.payload_codec, "labels", ())
    return labels


def first_key(converter: DataConverter) -> str | None:
    """The label of the key that everything is encrypted with here; None without one, and with a codec of another's."""
    return next(iter(labels_of(converter)), None)


class PlacedDataConverter(DataConverter):
    """For processes with keys. Only its codec asks for which workflow a payload is: the SDK would make all of its
    parts anew for each payload of an activity, which costs more than to encrypt it."""

    def with_context(self, context: SerializationContext) -> Self:
        """The same converter for the payloads of one workflow."""
        placed = copy.copy(self)
        if isinstance(self.payload_codec, WithSerializationContext):
            object.__setattr__(placed, "payload_codec", self.payload_codec.with_context(context))
        return placed


data_converter: Final = DataConverter(
    payload_converter_class=StrictPayloadConverter, failure_converter_class=NamingKeys
)
"""Without keys: what it sends is readable. A portal may use any JSON converter instead."""


def data_converter_with(keys: "KeyRing | None", *, anywhere: bool = False) -> DataConverter:
    """Encrypts all payloads, and failures with their stack traces too; ``data_converter`` if there are no keys.

    With ``anywhere``, it reads a payload of whichever workflow, as a replay has to: it is told of another namespace.
    """
    if keys is None:
        return data_converter
    # Here, so that a process without keys is spared the import of cryptography: every call of starter.py comes by.
    from temporal.encryption.codec import EncryptionCodec

    return PlacedDataConverter(
        payload_converter_class=TaggedPayloadConverter,
        payload_codec=EncryptionCodec(keys, tags=True, anywhere=anywhere),
        failure_converter_class=EncryptedFailures if keys.is_required else EncodedFailures,
    )


def converter_for(client: Client, workflow_id: str) -> DataConverter:
    """The client's converter for what belongs to one workflow, whether sent to it or read of it: where the SDK does not
    find the right one by itself."""
    return client.data_converter.with_context(WorkflowSerializationContext(client.namespace, workflow_id))


async def summary_of(client: Client, description: WorkflowExecutionDescription) -> str | None:
    """The summary that a run was started with, as it is shown to people. That of a child is encrypted for its parent,
    which the SDK does not know of when it reads it: here it is not asked whose it is."""
    metadata = description.raw_description.execution_config.user_metadata
    if not metadata.HasField("summary"):
        return None
    [summary] = await client.data_converter.decode([metadata.summary], [str])
    return str(summary)


def invalid_request(sentence: str) -> ApplicationError:
    """A refusal for good of type ``InvalidRequest``: ``sentence`` says what is wrong, and what to do is added."""
    return ApplicationError(
        f"{sentence}; correct the request and send it again", type=INVALID_REQUEST, non_retryable=True
    )


def _unread(hints: list[type], why: str) -> list[Any]:
    if all(_is_message(hint, HandlerInput) for hint in hints):
        return [UnreadInput(why)] * len(hints)
    raise WrittenByAnotherBuild(f"The state of this run {why}")


def _may_be_taken_later(payloads: Sequence[Payload], hints: list[type]) -> bool:
    """Whether this is a state that a run of ours carried over in plain text: no setting may end a subscription."""
    return is_plaintext(payloads) and any(_is_message(hint, InternalMessage) for hint in hints)


def _refuse_what_is_none(messages: list[Any]) -> None:
    if not all(isinstance(message, Message) for message in messages):  # null, or bytes
        raise invalid_request("the input is not a JSON object")
    if any(isinstance(message, InternalMessage) and not message.is_marked for message in messages):
        raise invalid_request("the input does not come from one of our workflows: it lacks written_by")


def _is_message(hint: object, *kinds: type[Message]) -> bool:
    """Whether a type hint is a message of one of these kinds, or that or None."""
    alternatives = get_args(hint) if isinstance(hint, UnionType) else (hint,)
    return any(isinstance(alternative, type) and issubclass(alternative, kinds) for alternative in alternatives)


def _sentence(error: ValidationError) -> str:
    faults = []
    for fault in error.errors(include_url=False, include_context=False):
        field = ".".join(str(part) for part in fault["loc"]) or "input"
        shown = PERSONAL.isdisjoint(map(str, fault["loc"]))
        faults.append(f"{field}: {told(fault)}{_value(fault['input']) if shown else ''}")
    return "; ".join(faults)


def _value(value: object) -> str:
    """Nothing for an object or a list, and for what looks like an address or a code that is in the wrong field."""
    text = repr(value)
    if isinstance(value, dict | list) or "@" in text or "LPA:" in text.upper():
        return ""
    return f", got {text if len(text) <= 80 else text[:77] + '...'}"
