"""The command of Temporal's own terminal program that rolls a build out."""

import shlex


def set_current_command(namespace: str, deployment_name: str, build_id: str | None) -> str:
    """The ``temporal`` command with which an operator sends new work to a build; to workers without one if None."""
    target = ["--unversioned"] if build_id is None else ["--build-id", build_id]
    command = ["temporal", "worker", "deployment", "set-current-version", "--namespace", namespace]
    return shlex.join([*command, "--deployment-name", deployment_name, *target])
