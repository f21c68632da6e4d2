"""The command that tries the portal's webhook: no Temporal server is needed for it."""

import pytest

from tests.support.event_receiver import SECRET, EventReceiver, listening
from tests.support.terminal import Terminal


def terminal(settings: dict[str, object] | None = None) -> Terminal:
    url = str(settings["portal_webhook_url"]) if settings else "https://shop:hunter2@portal.invalid/hush"
    return Terminal({"PORTAL_WEBHOOK_URL": url, "PORTAL_WEBHOOK_SECRET": SECRET.get_secret_value()})


async def test_one_signed_event_is_posted_and_its_answer_told() -> None:
    portal = EventReceiver(202)
    async with listening(portal) as settings:
        shown = await terminal(settings).run("webhook", "test")
        told = await terminal(settings).run("webhook", "test", "--json")
    assert portal.types == ["test", "test"]
    assert shown.output == f"Taken: 127.0.0.1 answered 202 to event {portal.events[0].event_id}\n"
    assert told.document == {"event_id": portal.events[1].event_id, "status": 202}
    assert (shown.code, told.code) == (0, 0)


async def test_what_is_not_taken_is_one_sentence_with_the_answer() -> None:
    async with listening(EventReceiver(503)) as settings:
        refused = await terminal(settings).run("webhook", "test")
    assert refused.sentence.startswith("Event test-")
    assert refused.sentence.endswith("was not taken: 127.0.0.1 answered 503")
    assert (refused.code, refused.output) == (1, "")


@pytest.mark.parametrize(
    ("variables", "says"),
    [
        ({"PORTAL_WEBHOOK_URL": "", "PORTAL_WEBHOOK_SECRET": ""}, "PORTAL_WEBHOOK_URL is not set: set it and"),
        ({"PORTAL_WEBHOOK_SECRET": "hunter2"}, "the secret is not whsec_ and the base64 of 24 to 64 bytes"),
    ],
)
async def test_what_is_not_set_up_is_one_sentence(variables: dict[str, str], says: str) -> None:
    refused = await terminal().run("webhook", "test", **variables)
    assert says in refused.sentence
    assert "hunter2" not in refused.sentence
    assert refused.code == 2
