"""Prometheus' and Alertmanager's own tools on the alert rules."""

import subprocess
from pathlib import Path

import pytest
from programs import require_program

pytestmark = pytest.mark.live

DEPLOY = Path(__file__).parents[2] / "deploy"


@pytest.mark.parametrize(
    ("program", "package", "arguments"),
    [
        ("promtool", "prometheus", ["check", "rules", "prometheus/streamstress.rules.yml"]),
        ("promtool", "prometheus", ["test", "rules", "prometheus/streamstress.rules.test.yml"]),
        ("promtool", "prometheus", ["test", "rules", "prometheus/streamstress.days.test.yml"]),
        ("amtool", "prometheus-alertmanager", ["check-config", "alertmanager/alertmanager.yml"]),
        ("amtool", "prometheus-alertmanager", ["check-config", "alertmanager/mail-and-chat.yml"]),
    ],
    ids=["rules", "tests of minutes", "tests of days", "alertmanager", "mail and chat"],
)
def test_the_tools_accept_the_files(program: str, package: str, arguments: list[str]):
    told = subprocess.run(
        [require_program(program, package), *arguments],
        cwd=DEPLOY,
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.returncode == 0, told.stdout + told.stderr
