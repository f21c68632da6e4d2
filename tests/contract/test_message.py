"""No message shows what is secret or personal in it, unless it is written as JSON."""

import importlib
import pkgutil

import pytest
from pydantic import BaseModel, ValidationError

import activities
import cli
import contract
import seller
import sft
import workflows
from activities.messages import FoundEsim, Notice
from contract.esim import ProvisionedEsim
from contract.message import Message
from contract.purchase import EsimPurchase
from contract.subscription import Subscription

SECRET = {"activation_code", "matching_id", "iphone_link", "android_link", "email", "msisdn", "access", "refresh"}


def models() -> list[type[BaseModel]]:
    """Every model of ours."""
    packages = (activities, cli, contract, seller, sft, workflows)
    for package in packages:
        for module in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
            importlib.import_module(module.name)
    found, waiting = list[type[BaseModel]](), [BaseModel]
    while waiting:
        below = waiting.pop().__subclasses__()
        waiting += below
        found += [model for model in below if model.__module__.startswith(tuple(f"{p.__name__}." for p in packages))]
    return found


def test_no_models_repr_shows_what_is_secret() -> None:
    fields = [(model, name, field) for model in models() for name, field in model.model_fields.items()]
    secret = [(model, name, field) for model, name, field in fields if name in SECRET]
    assert {name for _, name, _ in secret} == SECRET
    shown = [f"{model.__name__}.{name}" for model, name, field in secret if field.repr and "Secret" not in str(field)]
    assert shown == []


def test_no_fault_in_what_temporal_or_sft_sends_quotes_it() -> None:
    read = [model for model in models() if not model.__module__.startswith("cli.")]
    quoting = [model.__name__ for model in read if not model.model_config.get("hide_input_in_errors")]
    assert quoting == ["_Head"]  # whose faults nobody sees: sft/envelope.py


CODE = "LPA:1$smdp.example.com$MATCHING-ID"


@pytest.mark.parametrize(
    ("kind", "unreadable"),
    [
        (EsimPurchase, {"purchase_id": "P-1", "email": "traveler@"}),
        (FoundEsim, {"esim": {"activation_code": CODE, "msisdn": "32460000001"}}),
        (ProvisionedEsim, {"activation_code": CODE, "msisdn": 32460000001}),
        (Subscription, {"msisdn": 32460000001}),
        (Notice, {"email": "traveler@example.com"}),
    ],
)
def test_a_message_that_cannot_be_read_is_not_quoted(kind: type[Message], unreadable: dict[str, object]) -> None:
    with pytest.raises(ValidationError) as fault:
        kind.model_validate(unreadable)
    told = f"{fault.value} {fault.value!r}"
    assert not any(secret in told for secret in ("MATCHING", "32460000001", "traveler@"))


def test_it_is_shown_where_it_has_to_be() -> None:
    read = EsimPurchase(
        purchase_id="P-1", product="Wakanda", plan_id="1", traveler_id="T", email="traveler@example.com"
    )
    assert "traveler@example.com" in read.model_dump_json()
    assert "traveler@" not in f"{read} {read!r}"
