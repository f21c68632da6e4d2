import pytest

from tools.demo.surroundings import surroundings


@pytest.mark.parametrize(
    "name",
    [
        "TEMPORAL_API_KEY",
        "SFT_PASSWORD",
        "ESIM_TASK_QUEUE",
        "SMTP_URL",
        "EMAIL_FROM",
        "PORTAL_WEBHOOK_SECRET",
        "METRICS_ADDRESS",
        "ESIM_ENCRYPTION_KEYS",
        "CODEC_SERVER_TOKENS",
        "OTEL_EXPORTER_OTLP_ENDPOINT",
    ],
)
def test_what_configures_the_real_thing_reaches_no_child_of_a_demo(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, "hunter2")
    assert name not in surroundings({})
    assert surroundings({name: "demo"})[name] == "demo"
