"""The compose file, read."""

from pathlib import Path
from typing import Any

import yaml

DEPLOY = Path(__file__).parents[2] / "deploy"


def services() -> dict[str, Any]:
    """Services of the compose file by name, its merge keys resolved."""
    found: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]
    return found


def binds(service: dict[str, Any]) -> dict[str, Path]:
    """Paths of this repository that a service mounts, by their place in the container."""
    pairs = [volume.split(":") for volume in service.get("volumes", [])]
    return {pair[1]: (DEPLOY / pair[0]).resolve() for pair in pairs if pair[0].startswith(".")}
