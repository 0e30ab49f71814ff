"""The Helm chart, rendered."""

import functools
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml
from programs import require_program

CHART = Path(__file__).parents[2] / "helm" / "streamstress"
VALUES = sorted((CHART / "ci").glob("*-values.yaml"))
KUBERNETES = "1.32.0"
Object = Mapping[str, Any]


def helm(*arguments: str) -> subprocess.CompletedProcess[str]:
    """What helm answers."""
    command = [require_program("helm"), *arguments, "--kube-version", KUBERNETES]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@functools.cache
def rendered_text(values: str, *settings: str) -> str:
    """All manifests of a values file of ``ci``, as helm prints them."""
    options = [part for setting in settings for part in ("--set", setting)]
    told = helm("template", "crust", str(CHART), "-f", str(CHART / "ci" / values), *options)
    assert told.returncode == 0, told.stderr
    return told.stdout


def rendered(values: str, *settings: str) -> list[Object]:
    """The same as objects."""
    return [one for one in yaml.safe_load_all(rendered_text(values, *settings)) if one]


def refusal(values: str, *settings: str) -> str:
    """What helm says of values that must not install."""
    options = [part for setting in settings for part in ("--set", setting)]
    told = helm("template", "crust", str(CHART), "-f", str(CHART / "ci" / values), *options)
    assert told.returncode != 0, f"{settings} should not install"
    return told.stderr


def of_kind(objects: list[Object], kind: str) -> dict[str, Object]:
    """Objects of a kind by name, without the release's name before it."""
    return {
        one["metadata"]["name"].removeprefix("crust-streamstress").lstrip("-"): one
        for one in objects
        if one["kind"] == kind
    }


def pods(objects: list[Object]) -> dict[str, Object]:
    """Pod specifications by role."""
    deployments = of_kind(objects, "Deployment")
    return {role: one["spec"]["template"]["spec"] for role, one in deployments.items()}


def containers(pod: Object) -> Iterator[Object]:
    """All containers of a pod."""
    yield from pod.get("initContainers", [])
    yield from pod["containers"]
