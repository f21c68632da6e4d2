import pickle

import pytest

from sft.errors import AuthenticationFailed, Malformed, NotSent, Rejected, SftError, Unanswered

ERRORS: list[SftError] = [
    Rejected("SubscribeAddon", "6110", "Invalid add-on plan"),
    Unanswered("SubscribeAddon", "no answer within 35 seconds"),
    NotSent("SubscribeAddon", "SFT takes no more calls for now (429)", 17.0),
    AuthenticationFailed("SubscribeAddon", "SFT refuses the credentials"),
    Malformed("SubscribeAddon", "Response.resultCode"),
]


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_an_error_says_which_call_it_is_about_and_survives_pickling(error: SftError) -> None:
    assert str(error).startswith("SubscribeAddon: ")
    copy = pickle.loads(pickle.dumps(error))
    assert type(copy) is type(error)
    assert vars(copy) == vars(error)
    assert str(copy) == str(error)


def test_not_done_is_told_from_perhaps_done_by_the_type() -> None:
    assert issubclass(AuthenticationFailed, NotSent)
    for perhaps in (Unanswered, Malformed):
        assert not issubclass(perhaps, NotSent | Rejected)
        assert not issubclass(NotSent, perhaps)
        assert not issubclass(Rejected, perhaps)
