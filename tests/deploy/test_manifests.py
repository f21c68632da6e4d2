"""What deploy/ tells Compose, Kubernetes and systemd: in their words, in settings that there are, nothing secret."""

import json
import re
import shutil
import subprocess
from importlib.resources import files
from pathlib import Path

import jsonschema  # type: ignore[import-untyped]
import kubernetes_validate  # type: ignore[import-untyped]
import pytest
import yaml

from process.settings import read_settings
from tests.support import keda
from tests.support.deployment import (
    COMPOSE,
    KUBERNETES,
    UNITS,
    Deployed,
    compose,
    deployed,
    documents,
    ending_by_themselves,
    environment_file,
    objects,
    pods,
    settings_of_example,
)
from tests.support.encryption_keys import key
from tests.support.prometheus import DEPLOY
from tests.support.settings import CREDENTIALS, SETTINGS, set_environment

ROOT = DEPLOY.parent

OF_TEMPORAL = {"TEMPORAL_ADDRESS", "TEMPORAL_NAMESPACE"}

SECRETS = {
    "ESIM_ENCRYPTION_KEYS": key(1),
    "SFT_PASSWORD": "hunter2",
    "PORTAL_SECRET": "a" * 48,
    "PORTAL_OPERATOR_PASSWORD": "b" * 48,
    "CODEC_SERVER_TOKENS": "operator:" + "c" * 48,
}

PROCESSES = deployed()


def test_every_process_is_deployed_in_every_way() -> None:
    ways = [(one.process, one.where.rpartition(".")[2] if ".service" in one.where else one.where) for one in PROCESSES]
    for process in ("worker", "shop", "codec server"):
        assert len([way for name, way in ways if name == process]) == 3, process


@pytest.mark.parametrize("one", PROCESSES, ids=lambda one: f"{one.where}: {one.process}")
def test_a_process_starts_with_what_it_is_given(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, one: Deployed) -> None:
    """All that it reads can be used, what has no default is there, and every variable is a setting of something."""
    known = {name.upper() for kind in SETTINGS.values() for name in kind.model_fields} | OF_TEMPORAL
    secret = {name.upper() for kind in SETTINGS.values() for name, field in kind.model_fields.items()
              if "SecretStr" in str(field.annotation)}  # fmt: skip
    assert not secret & set(one.variables), "a secret is in a file"
    variables = dict(one.variables)
    for name in [name for name in variables if name.removesuffix("_FILE") in secret]:
        file = tmp_path / name
        setting = name.removesuffix("_FILE")
        assert Path(variables[name]).name == setting
        file.write_text(SECRETS[setting])
        variables[name] = str(file)
        known.add(name)
    assert set(variables) <= known
    set_environment(monkeypatch, {})
    for name in CREDENTIALS:
        monkeypatch.delenv(name)
    for name, value in variables.items():
        monkeypatch.setenv(name, str(value))
    if "ESIM_CATALOG" in variables:
        monkeypatch.setenv("ESIM_CATALOG", str(KUBERNETES / "example" / "catalog.toml"))
    for name in ("AUDIT_LOG", "PORTAL_API_KEYS", "PORTAL_OPERATORS"):
        if name in variables:
            monkeypatch.setenv(name, str(tmp_path / name))
    settings = read_settings(SETTINGS[one.process])
    assert one.grace_seconds > getattr(settings, "esim_shutdown_grace_seconds", 5) + 10 * (one.process == "worker")
    assert settings.keys().is_required or one.process == "codec server"  # type: ignore[attr-defined]


def test_what_is_run_once_is_told_settings_that_there_are() -> None:
    known = {name.upper() for kind in SETTINGS.values() for name in kind.model_fields} | OF_TEMPORAL
    told = dict(ending_by_themselves())
    assert set(told) == {"compose: prepare", "prepare.yaml"}
    for where, variables in told.items():
        assert OF_TEMPORAL <= set(variables) <= known, where


def test_compose_reads_its_file_and_every_secret_and_file_of_it_is_made_or_there() -> None:
    vendored = files("check_jsonschema").joinpath("builtin_schemas", "vendor", "compose-spec.json")
    jsonschema.validate(documents(COMPOSE)[0], json.loads(vendored.read_text()))
    project = compose()
    made = (DEPLOY / "make-secrets").read_text()
    for name, secret in project["secrets"].items():
        assert secret["file"] == f"./secrets/{name}"
        assert name in made
    for service in project["services"].values():
        for name in service.get("secrets", ()):
            assert name in project["secrets"]
        for volume in service.get("volumes", ()):
            source = volume.split(":")[0]
            assert source in project["volumes"] or source == "./files" or (DEPLOY / source).exists(), volume
    assert all(port.startswith("127.0.0.1:") for one in project["services"].values() for port in one.get("ports", ()))
    asked = set(re.findall(r"\$\{(\w+):\?", COMPOSE.read_text()))
    assert asked <= set(environment_file(DEPLOY / "compose" / "env.example"))


def test_kubernetes_reads_every_object() -> None:
    seen = set()
    for path, found in objects():
        seen.add(found["kind"])
        if found["kind"] != "ScaledObject":  # KEDA's, which the schemas of Kubernetes do not know: below
            kubernetes_validate.validate(found, "1.37", strict=True)
            assert found["metadata"]["name"], path
    assert {"Deployment", "Job", "NetworkPolicy", "PodDisruptionBudget", "HorizontalPodAutoscaler", "Ingress"} <= seen
    wrong = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "x"}, "spec": {"replica": 2}}
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(wrong, "1.37", strict=True)


def test_keda_reads_what_scales_the_workers_and_finds_what_it_names() -> None:
    """Also as the example patches it: by what KEDA documents, with a Deployment, queue, build and Temporal of ours."""
    [scaled] = [found for _, found in objects() if found["kind"] == "ScaledObject"]
    settings, [trigger] = settings_of_example(), scaled["spec"]["triggers"]
    commented = (KUBERNETES / "example" / "worker-1-0-0" / "kustomization.yaml").read_text()
    example = yaml.safe_load(re.sub(r"^# (?=(components|patches| ))", "", commented, flags=re.MULTILINE))
    for patch in yaml.safe_load(example["patches"][0]["patch"]):
        where, _, name = patch["path"].rpartition("/")
        assert (where, name in trigger["metadata"]) == ("/spec/triggers/0/metadata", True)
        trigger["metadata"][name] = patch["value"]
    keda.validate(scaled)
    told = trigger["metadata"]
    assert [image["newTag"] for image in example["images"]] == [told["workerDeploymentBuildId"]]
    assert (told["endpoint"], told["namespace"]) == (settings["TEMPORAL_ADDRESS"], settings["TEMPORAL_NAMESPACE"])
    assert told["taskQueue"] == settings.get(
        "ESIM_TASK_QUEUE", SETTINGS["worker"].model_fields["esim_task_queue"].default
    )
    assert f"TEMPORAL_DEPLOYMENT_NAME={told['workerDeploymentName']} " in (ROOT / "Containerfile").read_text()
    deployments = [found["metadata"]["name"] for _, found in objects() if found["kind"] == "Deployment"]
    assert scaled["spec"]["scaleTargetRef"]["name"] in deployments
    told["targetQueueSize"] = 50  # KEDA's values are texts
    with pytest.raises(jsonschema.ValidationError):
        keda.validate(scaled)


def test_kustomize_finds_every_file_and_none_is_forgotten() -> None:
    images: list[dict[str, str]] = []
    for path in KUBERNETES.rglob("kustomization.yaml"):
        [kustomization] = documents(path)
        images += kustomization.get("images", ())
        named = [*kustomization.get("resources", ()), *kustomization.get("configurations", ())]
        folders = [name for name in named if not name.endswith(".yaml")]
        assert all((path.parent / name / "kustomization.yaml").exists() for name in folders), path
        there = {file.name for file in path.parent.glob("*.yaml")} - {"kustomization.yaml"}
        assert there == set(named) - set(folders), path
        for generated in kustomization.get("configMapGenerator", ()):
            assert all((path.parent / name).exists() for name in generated.get("files", ())), path
    # Else an overlay would change what a build of the workers has for an image.
    assert not {image["name"] for image in images} & {image["newName"] for image in images}


def test_what_a_pod_names_is_there() -> None:
    """Its ports, its volumes, and the ConfigMaps and Secrets that the example or the page makes."""
    page = (ROOT / "docs" / "deploy.md").read_text()
    for path, template in pods():
        spec = template["spec"]
        volumes = {volume["name"] for volume in spec.get("volumes", ())}
        for container in (*spec["containers"], *spec.get("initContainers", ())):
            ports = {port["name"] for port in container.get("ports", ())}
            for probe in (container.get("readinessProbe"), container.get("livenessProbe")):
                assert probe is None or probe["httpGet"]["port"] in ports, path
            assert {mount["name"] for mount in container.get("volumeMounts", ())} <= volumes, path
        for volume in spec.get("volumes", ()):
            if secret := volume.get("secret"):
                assert f"secret generic {secret['secretName']} " in page
                assert {item["key"] for item in secret.get("items", ())} <= set(SECRETS)


def test_every_process_may_do_as_little_as_it_can() -> None:
    for path, template in pods():
        assert template["spec"]["securityContext"]["runAsNonRoot"] is True, path
        assert template["spec"]["automountServiceAccountToken"] is False, path
        for container in (*template["spec"]["containers"], *template["spec"].get("initContainers", ())):
            context = container["securityContext"]
            assert (context["readOnlyRootFilesystem"], context["allowPrivilegeEscalation"]) == (True, False), path
            assert context["capabilities"] == {"drop": ["ALL"]}, path
            assert {"requests", "limits"} <= set(container["resources"]), path
    for name, service in compose()["services"].items():
        if service["image"].startswith("esim:"):
            assert (service["read_only"], service["cap_drop"]) == (True, ["ALL"]), name


def test_an_image_of_ours_is_of_no_registry_and_others_have_a_version() -> None:
    used = [service["image"] for service in compose()["services"].values()]
    for _, template in pods():
        spec = template["spec"]
        used += [container["image"] for container in (*spec["containers"], *spec.get("initContainers", ()))]
    theirs = {image for image in used if not image.startswith("esim")}
    assert theirs, "Temporal's and others"
    assert all(re.fullmatch(r"(\w+/)?[a-z-]+:v?\d+(\.\d+)+", image) for image in theirs), theirs


def test_everything_that_is_sold_is_in_the_image() -> None:
    kept = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    packages = {file.parent.name for file in ROOT.glob("*/__init__.py")} - {"tests", "tools"}
    assert kept == packages | {"requirements/*.txt", "catalog.toml", "starter.py", "worker.py"}


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="there is no systemd here")
def test_systemd_reads_every_unit(tmp_path: Path) -> None:
    for unit in UNITS.glob("*.service"):
        # What it starts is installed nowhere here.
        text = re.sub("ExecStart=.*", "ExecStart=/bin/true", unit.read_text())
        (tmp_path / unit.name).write_text(text)
    found = [str(path) for path in tmp_path.iterdir()]
    assert len(found) == 3
    ended = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *found], capture_output=True, text=True, check=False, timeout=60
    )
    assert (ended.returncode, ended.stderr) == (0, "")
