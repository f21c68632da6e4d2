"""What deploy/ has run: each process of ours with the environment that Compose, Kubernetes or systemd gives it."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from tests.support.prometheus import DEPLOY

COMPOSE: Final = DEPLOY / "compose.yaml"
KUBERNETES: Final = DEPLOY / "kubernetes"
UNITS: Final = DEPLOY / "systemd"

OF_KUSTOMIZE: Final = ("Kustomization", "Component")

CHOSEN: Final = {"BUILD_ID": "1.0.0", "POSTGRES_PASSWORD": "hush", "SFT_USERNAME": "api@seller.example"}
"""What somebody puts into the .env of Compose."""

CHOICE: Final = re.compile(r"\$\{(\w+)(?::[-?]([^}]*))?\}")

PROGRAMS: Final = {
    "worker.py": "worker",
    "portal": "shop",
    "temporal.codec_server": "codec server",
}


@dataclass(frozen=True)
class Deployed:
    """A process of ours, and what its environment is. ``grace_seconds`` is how long it may take to stop."""

    where: str
    process: str
    variables: Mapping[str, str]
    grace_seconds: int


def documents(path: Path) -> list[Any]:
    """What is in a YAML file, each document of it."""
    return [document for document in yaml.safe_load_all(path.read_text()) if document is not None]


def objects() -> Iterator[tuple[Path, dict[str, Any]]]:
    """Every object for Kubernetes, with the file that it is in; what only kustomize reads is none."""
    for path in sorted(KUBERNETES.rglob("*.yaml")):
        for document in documents(path):
            if "apiVersion" in document and document["kind"] not in OF_KUSTOMIZE:
                yield path, document


def pods() -> Iterator[tuple[Path, dict[str, Any]]]:
    """The template of each pod, with the file that it is in."""
    for path, found in objects():
        if "template" in found.get("spec", {}):
            yield path, found["spec"]["template"]


def compose() -> Any:
    """The project, as Compose reads it with what was chosen."""
    [project] = documents(COMPOSE)
    return _chosen(project)


def _chosen(value: Any) -> Any:
    if isinstance(value, str):
        return CHOICE.sub(lambda found: CHOSEN.get(found[1], found[2] or ""), value).replace("$$", "$")
    if isinstance(value, list):
        return [_chosen(item) for item in value]
    return {key: _chosen(item) for key, item in value.items()} if isinstance(value, dict) else value


def deployed() -> list[Deployed]:
    """All of them. Commands that end by themselves are none: they read the connection alone."""
    return [*_by_compose(), *_by_kubernetes(), *_by_systemd()]


def ending_by_themselves() -> Iterator[tuple[str, Mapping[str, str]]]:
    """What is run once, of our image: where, and its environment."""
    for name, service in compose()["services"].items():
        ours = service["image"].startswith("esim:")
        if ours and name != "worker" and not _process_of(service.get("command", [])):
            yield f"compose: {name}", service["environment"]
    for path, template in pods():
        for container in template["spec"]["containers"]:
            if container["image"].startswith("esim") and not _process_of(container["command"]):
                yield path.name, _variables_of(container)


def _by_compose() -> Iterator[Deployed]:
    for name, service in compose()["services"].items():
        if process := _process_of(service.get("command") or ["worker.py"] * (name == "worker")):
            grace = int(service.get("stop_grace_period", "10s").removesuffix("s"))
            yield Deployed(f"compose: {name}", process, service["environment"], grace)


def _by_kubernetes() -> Iterator[Deployed]:
    for path, template in pods():
        for container in template["spec"]["containers"]:
            if process := _process_of(container["command"]):
                grace = template["spec"]["terminationGracePeriodSeconds"]
                yield Deployed(path.name, process, _variables_of(container), grace)


def _variables_of(container: Mapping[str, Any]) -> dict[str, str]:
    shared = settings_of_example()
    variables = shared.copy() if "envFrom" in container else {}
    for variable in container.get("env", ()):
        given = variable.get("valueFrom", {}).get("configMapKeyRef")
        variables[variable["name"]] = shared[given["key"]] if given else variable["value"]
    return variables


def settings_of_example() -> dict[str, str]:
    """What the example's ConfigMap has."""
    [kustomization] = documents(KUBERNETES / "example" / "kustomization.yaml")
    [generated] = [maps for maps in kustomization["configMapGenerator"] if maps["name"] == "esim-settings"]
    return dict(literal.split("=", 1) for literal in generated["literals"])


def _by_systemd() -> Iterator[Deployed]:
    for path in sorted(UNITS.glob("*.service")):
        unit = [line.split("=", 1) for line in path.read_text().splitlines() if re.match("[A-Za-z]+=", line)]
        variables: dict[str, str] = {}
        for file in (value for key, value in unit if key == "EnvironmentFile" and not value.startswith("-")):
            variables |= environment_file(UNITS / Path(file).name)
        for value in (value for key, value in unit if key == "Environment"):
            variables |= dict(assigned.split("=", 1) for assigned in value.split())
        [command] = [value for key, value in unit if key == "ExecStart"]
        [grace] = [int(value) for key, value in unit if key == "TimeoutStopSec"]
        process = _process_of(command.split())
        assert process, path.name
        yield Deployed(path.name, process, variables, grace)


def environment_file(path: Path) -> dict[str, str]:
    """The variables in a file of systemd's."""
    lines = path.read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def _process_of(command: list[str]) -> str | None:
    program = command[-1] if command else ""
    return PROGRAMS.get(program)
