"""Dockerfile, compose file and Prometheus' configuration by the programs that judge them."""

import shutil
import subprocess
from pathlib import Path

import pytest
from compose_file import DEPLOY
from programs import require_program

pytestmark = pytest.mark.live

YAML_RULES = "{extends: relaxed, rules: {line-length: disable}}"


@pytest.mark.parametrize(
    ("program", "arguments"),
    [
        ("hadolint", ["Dockerfile"]),
        ("check-jsonschema", ["--builtin-schema", "vendor.compose-spec", "compose.yaml"]),
        ("yamllint", ["--strict", "-d", YAML_RULES, "compose.yaml", "compose"]),
        (
            "yamllint",
            [
                "--strict",
                "-d",
                YAML_RULES,
                "../helm/streamstress/values.yaml",
                "../helm/streamstress/ci",
            ],
        ),
    ],
    ids=["Dockerfile", "compose", "YAML of compose", "YAML of the chart"],
)
def test_the_tools_find_nothing(program: str, arguments: list[str]):
    told = subprocess.run(
        [require_program(program), *arguments],
        cwd=DEPLOY,
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.returncode == 0, told.stdout + told.stderr


def test_prometheus_accepts_its_configuration_with_the_rules(tmp_path: Path):
    promtool = require_program("promtool", "prometheus")
    text = (DEPLOY / "compose" / "prometheus.yml").read_text()
    (tmp_path / "prometheus.yml").write_text(text.replace("/etc/prometheus/rules", "rules"))
    shutil.copytree(DEPLOY / "prometheus", tmp_path / "rules")
    told = subprocess.run(
        [promtool, "check", "config", "prometheus.yml"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.returncode == 0, told.stdout + told.stderr
    assert "rules found" in told.stdout
