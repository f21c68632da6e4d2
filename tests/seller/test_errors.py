import pytest
from pydantic import ValidationError
from temporalio.exceptions import ApplicationError, CancelledError, TerminatedError
from temporalio.service import RPCError, RPCStatusCode

from contract.purchase import EsimPurchase
from seller.catalog import UnknownProduct
from seller.errors import MANY_IN_ALL, Conflict, NoAnswer, SellerError, failed, malformed, seller_error
from temporal.client import NoTemporalServer
from temporal.encryption.sealed import Undecipherable


@pytest.mark.parametrize(
    ("error", "type", "message"),
    [
        (ApplicationError("no stock", type="NoEsimAvailable"), "NoEsimAvailable", "no stock"),
        (ApplicationError("no type"), "Failed", "no type"),
        (NoTemporalServer("nobody there"), "NoTemporalServer", "nobody there"),
        (UnknownProduct("no such product"), "InvalidRequest", "no such product"),
        (Undecipherable("key k1 is missing"), "UnknownKey", "key k1 is missing"),
        (RPCError("not allowed", RPCStatusCode.PERMISSION_DENIED, b""), "TemporalRefused", "refused: not allowed"),
        (RPCError("too many", RPCStatusCode.RESOURCE_EXHAUSTED, b""), "TemporalLimit", "takes no more"),
        (RPCError(f"The {MANY_IN_ALL}…", RPCStatusCode.FAILED_PRECONDITION, b""), "TemporalLimit", "takes no more"),
        (Conflict("sold before"), "InvalidRequest", "sold before"),
        (NoAnswer("NoWorker", "no worker"), "NoWorker", "no worker"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else None,
)
def test_every_error_has_a_type_and_a_sentence(error: Exception, type: str, message: str) -> None:
    told = seller_error(error)
    assert (told.type, message in told.message) == (type, True)


def test_an_error_that_nobody_foresaw_is_not_quoted() -> None:
    told = seller_error(KeyError("LPA:1$a secret"))
    assert (told.type, "secret" in told.message, "KeyError" in told.message) == ("Unexpected", False, True)


@pytest.mark.parametrize(
    ("cause", "type"), [(CancelledError(), "Cancelled"), (TerminatedError("by hand"), "Terminated"), (None, "Failed")]
)
def test_a_run_that_failed_is_the_subject_of_the_sentence(cause: BaseException | None, type: str) -> None:
    error = failed("Purchase P-1", cause)
    assert (error.type, error.message.startswith("Purchase P-1 ")) == (type, True)


def test_the_failure_of_a_run_is_found_behind_what_temporal_wraps_it_in() -> None:
    wrapper = RuntimeError("Activity task failed")
    wrapper.__cause__ = ApplicationError("SFT refused", type="AddonRejected")
    assert failed("Purchase P-1", wrapper).type == "AddonRejected"


def test_a_malformed_request_names_its_first_fault_and_no_address() -> None:
    def fault(**fields: str) -> SellerError:
        with pytest.raises(ValidationError) as invalid:
            EsimPurchase.model_validate({"traveler_id": "T-1", "product": "A", "plan_id": "B"} | fields)
        return malformed(invalid.value)

    assert fault(purchase_id="P 1").message.startswith("purchase_id 'P 1': ")
    assert fault(purchase_id="P-1", email="somebody at home").message.startswith("email: ")
