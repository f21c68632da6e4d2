import pytest

from temporal.settings import DeploymentSettings
from tests.support.settings import refusal


@pytest.mark.parametrize(
    ("variables", "says"),
    [
        ({"TEMPORAL_DEPLOYMENT_NAME": "esim"}, "TEMPORAL_WORKER_BUILD_ID is not set"),
        ({"TEMPORAL_WORKER_BUILD_ID": "1.7"}, "TEMPORAL_DEPLOYMENT_NAME is not set"),
        (
            {"TEMPORAL_DEPLOYMENT_NAME": "e.sim", "TEMPORAL_WORKER_BUILD_ID": "1.7"},
            r"TEMPORAL_DEPLOYMENT_NAME \('e.sim",
        ),
        ({"TEMPORAL_DEPLOYMENT_NAME": "esim", "TEMPORAL_WORKER_BUILD_ID": "__7"}, r"TEMPORAL_WORKER_BUILD_ID \('__7"),
    ],
)
def test_a_version_that_the_server_would_not_take_is_refused(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], says: str
) -> None:
    refusal(monkeypatch, DeploymentSettings, variables, says)
