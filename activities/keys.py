"""The activity that opens a signal that was set aside: wherever a worker has its key."""

from typing import Final

from temporalio import activity
from temporalio.client import Client
from temporalio.exceptions import ApplicationError

from activities.messages import OpenedMessage, SealedMessage
from temporal.data_converter import converter_for, has_key
from temporal.encryption.sealed import is_hopeless, label_of, payload_of, text_of, why_sealed, without_tags

UNKNOWN_KEY: Final = "UnknownKey"


class KeyActivities:
    """Opens what is encrypted, with the keys of this process."""

    def __init__(self, client: Client) -> None:
        self._client = client

    @activity.defn
    async def open_message(self, message: SealedMessage) -> OpenedMessage:
        """What a signal says that was encrypted under a key that its run did not know.

        Raises:
            ApplicationError: ``UnknownKey`` if this worker has not got the key either: another may, or this one later.
        """
        converter = converter_for(self._client, activity.info().workflow_id or "")
        payload = payload_of(message.payload)
        if converter.payload_codec and label_of(payload) is not None:
            [payload] = await converter.payload_codec.decode([payload])
        why = why_sealed([payload])
        if why and is_hopeless([payload]):
            return OpenedMessage(refusal=why)
        if why or not has_key(converter, message.key):  # another worker may have decrypted it before it was set aside
            why = why or f"is encrypted with key {message.key}, which is not in ESIM_ENCRYPTION_KEYS here: add it"
            raise ApplicationError(f"Signal {message.message} {why}", type=UNKNOWN_KEY)
        return OpenedMessage(payload=text_of(without_tags(payload)))
