"""What KEDA reads of a ScaledObject with triggers of Temporal's, as far as we write any of it, by what it documents
of 2.22 (the pages "ScaledObject specification" and "Temporal"). Its own schema has no types for what a trigger says."""

from typing import Any, Final

import jsonschema  # type: ignore[import-untyped]

WHOLE: Final = {"type": "integer", "minimum": 0}
TEXT: Final = {"type": "string", "minLength": 1}
NUMERAL: Final = {"type": "string", "pattern": "^[0-9]+$"}
SWITCH: Final = {"enum": ["true", "false"]}

OF_TEMPORAL: Final[dict[str, Any]] = {
    "endpoint": {"type": "string", "pattern": r"^[a-z0-9.-]+:[0-9]+$"},
    "endpointFromEnv": TEXT,
    "namespace": TEXT,
    "taskQueue": TEXT,
    "queueTypes": {"type": "string", "pattern": "^(workflow|activity)(,(workflow|activity))*$"},
    "targetQueueSize": NUMERAL,
    "activationTargetQueueSize": NUMERAL,
    "workerDeploymentName": TEXT,
    "workerDeploymentBuildId": TEXT,
    "includeRunningWorkflowCount": SWITCH,
    "workflowTaskQueueForCount": TEXT,
    "apiKeyFromEnv": TEXT,
    "minConnectTimeout": NUMERAL,
    "unsafeSsl": SWITCH,
    "tlsServerName": TEXT,
    "enableTLS": SWITCH,
}
"""Every value is text, also numbers: what is not in quotes in YAML is refused by the API server."""


def _object(required: list[str], **properties: Any) -> dict[str, Any]:
    return {"type": "object", "required": required, "properties": properties, "additionalProperties": False}


METADATA: Final = _object(["endpoint", "taskQueue"], **OF_TEMPORAL) | {
    "dependentRequired": {
        "workerDeploymentName": ["workerDeploymentBuildId"],
        "workerDeploymentBuildId": ["workerDeploymentName"],
    }
}

TRIGGER: Final = _object(
    ["type", "metadata"],
    type={"const": "temporal"},
    name=TEXT,
    metadata=METADATA,
    metricType={"enum": ["AverageValue", "Value", "Utilization"]},
    useCachedMetrics={"type": "boolean"},
    authenticationRef=_object(
        ["name"], name=TEXT, kind={"enum": ["TriggerAuthentication", "ClusterTriggerAuthentication"]}
    ),
)

SCALED_OBJECT: Final = _object(
    ["apiVersion", "kind", "metadata", "spec"],
    apiVersion={"const": "keda.sh/v1alpha1"},
    kind={"const": "ScaledObject"},
    metadata={"type": "object", "required": ["name"]},
    spec=_object(
        ["scaleTargetRef", "triggers"],
        scaleTargetRef=_object(["name"], apiVersion=TEXT, kind=TEXT, name=TEXT, envSourceContainerName=TEXT),
        pollingInterval=WHOLE,
        cooldownPeriod=WHOLE,
        initialCooldownPeriod=WHOLE,
        idleReplicaCount=WHOLE,
        minReplicaCount=WHOLE,
        maxReplicaCount=WHOLE | {"minimum": 1},
        fallback={"type": "object"},
        advanced={"type": "object"},
        triggers={"type": "array", "minItems": 1, "items": TRIGGER},
    ),
)


def validate(scaled: Any) -> None:
    """Raises jsonschema.ValidationError for what KEDA does not read, or would refuse."""
    jsonschema.validate(scaled, SCALED_OBJECT, cls=jsonschema.Draft202012Validator)
    least, most = (
        scaled["spec"].get(name, default) for name, default in (("minReplicaCount", 0), ("maxReplicaCount", 100))
    )
    if least > most:
        raise jsonschema.ValidationError(f"minReplicaCount {least} is more than maxReplicaCount {most}")
