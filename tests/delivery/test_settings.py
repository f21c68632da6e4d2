import pytest

from delivery.settings import DeliverySettings
from tests.support.settings import refusal

URL = "https://shop:hunter2@portal.example.com/hush"
SECRET = "whsec_" + "correct0horse0battery0staple" * 2


@pytest.mark.parametrize(
    ("variables", "says"),
    [
        ({"PORTAL_WEBHOOK_URL": URL}, "PORTAL_WEBHOOK_SECRET is not set"),
        ({"PORTAL_WEBHOOK_SECRET": SECRET}, "PORTAL_WEBHOOK_URL is not set"),
        (
            {"PORTAL_WEBHOOK_URL": URL, "PORTAL_WEBHOOK_SECRET": "horse"},
            "the secret is not whsec_ and the base64",
        ),
        ({"PORTAL_WEBHOOK_URL": "hunter2", "PORTAL_WEBHOOK_SECRET": SECRET}, "the URL is not of the form"),
    ],
)
def test_half_a_webhook_is_refused_in_one_sentence_without_its_secrets(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], says: str
) -> None:
    problem = refusal(monkeypatch, DeliverySettings, variables, says)
    assert not any(secret in problem for secret in ("hunter2", "horse", "hush"))
