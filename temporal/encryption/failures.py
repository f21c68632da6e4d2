"""How failures travel: with their message and stack trace encrypted like everything else."""

from temporalio import workflow
from temporalio.api.failure.v1 import Failure
from temporalio.converter import DefaultFailureConverter, PayloadConverter

from temporal.encryption.sealed import Undecipherable, why_sealed


class NamingKeys(DefaultFailureConverter):
    """The SDK's own, but where a message cannot be decrypted it says with which key it could be."""

    def from_failure(self, failure: Failure, payload_converter: PayloadConverter) -> BaseException:
        """The error that it was; raises Undecipherable in a workflow, which must not go on with half of it."""
        if failure.HasField("encoded_attributes") and (why := why_sealed([failure.encoded_attributes])):
            if workflow.in_workflow():
                raise Undecipherable(f"The failure {why}")
            failure = _without_what_is_sealed(failure, f"The reason {why}")
        return super().from_failure(failure, payload_converter)


class EncodedFailures(NamingKeys):
    """The same, for where there are keys: moves what a failure says to where the codec encrypts it."""

    def __init__(self) -> None:
        super().__init__(encode_common_attributes=True)


def _without_what_is_sealed(failure: Failure, message: str) -> Failure:
    readable = Failure()
    readable.CopyFrom(failure)
    readable.message = message
    readable.ClearField("encoded_attributes")
    if readable.HasField("application_failure_info"):
        readable.application_failure_info.ClearField("details")
    return readable
