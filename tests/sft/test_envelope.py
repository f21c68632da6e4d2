import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sft.envelope import FAILURE, SUCCESS, Envelope, judge
from sft.errors import AccountRefused, Malformed, NotSent, SftError, Unanswered
from sft.models import EndpointProfile, LifecycleChange, SimPage, Subscribed
from sft.transport import Answer
from tests.support.raw_sft import failure, success

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=10,
)
names = st.sampled_from(["resultCode", "resultParam", "responseParam", "info", "promotionalPlans", "plan", "rows"])
answers_of_sft = st.fixed_dictionaries(
    {"Response": st.recursive(json_values, lambda inner: st.dictionaries(names, inner), max_leaves=10)}
)


def judged(body: object, status: int = 200) -> Envelope:
    return judge("SubscribeAddon", Answer(status, body if isinstance(body, str) else json.dumps(body)))


def conclusion(body: object, status: int = 200) -> type[SftError] | str | None:
    try:
        return judged(body, status).outcome
    except SftError as error:
        return type(error)


@pytest.mark.parametrize("status", [500, 501, 502, 503, 504, 520, 599, 999, 408])
@pytest.mark.parametrize("body", ["", "<html>", failure("6420"), success()])
def test_a_server_error_leaves_the_call_unanswered_whatever_it_says(status: int, body: object) -> None:
    assert conclusion(body, status) is Unanswered


@pytest.mark.parametrize("code", ["408", 500, "503"])
def test_a_server_error_told_in_an_envelope_leaves_the_call_unanswered(code: object) -> None:
    assert conclusion(failure(code)) is Unanswered


@pytest.mark.parametrize("code", ["400", "403", 404, "5017", "5030", "50"])
def test_any_other_code_of_a_failed_envelope_is_left_to_the_call(code: object) -> None:
    assert conclusion(failure(code)) == FAILURE


@pytest.mark.parametrize("status", [200, 201, 302, 400, 401, 403, 404, 408, 429, 500, 503])
@pytest.mark.parametrize(
    "body",
    [
        "API operation has Time out",
        "<h1>The API operation has time out.</h1>",
        failure("99", "API operation has Time out"),
        success(responseParam={"message": "... API OPERATION HAS TIME OUT ..."}),
    ],
)
def test_sfts_time_out_text_leaves_the_call_unanswered_wherever_it_comes(status: int, body: object) -> None:
    assert conclusion(body, status) is Unanswered


@pytest.mark.parametrize("status", [400, 402, 403, 404, 405, 409, 410, 413, 415, 422, 451, 499])
def test_any_other_client_error_is_a_failure_with_its_own_code(status: int) -> None:
    envelope = judged("<html>", status)
    assert (envelope.outcome, envelope.code) == (FAILURE, str(status))


def test_a_client_error_around_a_success_may_have_been_done() -> None:
    assert conclusion(success(), 400) is Malformed


@pytest.mark.parametrize("status", [300, 301, 302, 304, 307, 308])
def test_a_redirect_may_have_been_done(status: int) -> None:
    assert conclusion("", status) is Malformed


def test_too_many_requests_means_not_sent() -> None:
    assert conclusion("", 429) is NotSent


def test_an_expired_token_wins_over_the_words_around_it() -> None:
    assert judged(failure("401", "Authorisation Failure")).token_refused
    assert judged(failure(401)).token_refused
    assert judged("Authorisation Failure", 401).token_refused
    assert not judged(failure("4010")).token_refused
    assert conclusion(failure("77", "authorisation failure")) is AccountRefused


@pytest.mark.parametrize("outer", ["2", "-", None, "ok", True])
def test_an_outer_code_that_is_not_known_is_neither_success_nor_failure(outer: object) -> None:
    with pytest.raises(Malformed):
        judged({"Response": {"resultCode": outer}}).require_success()


@pytest.mark.parametrize("outer", ["0", 0, " 0 ", 0.0])
def test_the_outer_code_may_be_text_or_a_number(outer: object) -> None:
    assert judged({"Response": {"resultCode": outer}}).outcome == SUCCESS


@pytest.mark.parametrize(
    "body", ["", "{", "null", "[]", '"Response"', "[" * 100_000, '{"a":' * 100_000, '{"Response": {} ']
)
def test_what_is_no_json_object_is_malformed(body: str) -> None:
    assert conclusion(body) is Malformed


def test_a_byte_order_mark_is_passed_over() -> None:
    assert conclusion("\ufeff" + json.dumps(success())) == SUCCESS


@given(st.integers(200, 599), st.text() | answers_of_sft | json_values)
def test_no_answer_whatever_raises_anything_but_an_sft_error(status: int, body: object) -> None:
    with suppress(SftError):
        envelope = judged(body, status)
        for model in (SimPage, Subscribed, LifecycleChange, EndpointProfile):
            with suppress(SftError):
                envelope.read(model)
        envelope.require_success()
