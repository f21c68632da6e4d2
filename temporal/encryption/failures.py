"""Failure converters: with keys, message and stack trace are encrypted like everything else."""

from temporalio import workflow
from temporalio.api.failure.v1 import Failure
from temporalio.converter import DefaultFailureConverter, PayloadConverter

from temporal.encryption.sealed import PLAINTEXT, WHY, Undecipherable, why_sealed


class NamingKeys(DefaultFailureConverter):
    """The SDK's default converter, but a failure that cannot be decrypted says which key it takes."""

    def from_failure(self, failure: Failure, payload_converter: PayloadConverter) -> BaseException:
        """The error that was encoded. If it cannot be decrypted, its message is the reason.

        Raises:
            Undecipherable: in a workflow, which must not decide anything by half a failure.
        """
        if failure.HasField("encoded_attributes") and (why := why_sealed([failure.encoded_attributes])):
            if workflow.in_workflow():
                raise Undecipherable(f"The failure {why}")
            failure = _without_what_is_sealed(failure, f"The reason {why}")
        return super().from_failure(failure, payload_converter)


class EncodedFailures(NamingKeys):
    """For processes with keys: moves message and stack trace of a failure to where the codec encrypts them."""

    def __init__(self) -> None:
        super().__init__(encode_common_attributes=True)


class EncryptedFailures(EncodedFailures):
    """For processes that require encryption: nobody is shown what somebody without keys wrote. The type of a failure is
    never encrypted, and stays."""

    def from_failure(self, failure: Failure, payload_converter: PayloadConverter) -> BaseException:
        """The error that was encoded. One of a program's own that was not is told without its words."""
        if failure.HasField("application_failure_info") and not failure.HasField("encoded_attributes"):
            failure = _without_what_is_sealed(failure, f"The reason {WHY[PLAINTEXT]}")
            failure.stack_trace = ""
        return super().from_failure(failure, payload_converter)


def _without_what_is_sealed(failure: Failure, message: str) -> Failure:
    readable = Failure()
    readable.CopyFrom(failure)
    readable.message = message
    readable.ClearField("encoded_attributes")
    if readable.HasField("application_failure_info"):
        readable.application_failure_info.ClearField("details")
    return readable
