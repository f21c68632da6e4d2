import pytest
from temporalio.api.common.v1 import Payload

from temporal.unread_input import release_of


def test_a_message_of_our_workflows_says_which_release_wrote_it() -> None:
    assert release_of(Payload(data=b'{"written_by": "1.0", "plan_id": "P"}')) == "1.0"


@pytest.mark.parametrize(
    "foreign",
    [
        *(b"", b"[]", b"null", b'{"plan_id": "P"}', b'{"written_by": 1}', b"\xff\xfe", b'{"written_by": "1.0"'),
        *(b'{"written_by": "\\ud800"}', b'{"written_by":' * 100_000, b'{"written_by": ' + b"9" * 5_000 + b"}"),
    ],
    ids=lambda data: data[:20].hex(),
)
def test_what_no_sentence_can_bear_was_written_by_nobody_of_ours(foreign: bytes) -> None:
    assert release_of(Payload(data=foreign)) is None
