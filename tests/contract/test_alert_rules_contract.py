"""Alert rules: each says what a person on shift needs, and asks for metrics that exist."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from streamstress.outputs.metrics import create_metrics

ROOT = Path(__file__).parents[2]
PROMETHEUS = ROOT / "deploy/prometheus"


def rules() -> list[dict[str, Any]]:
    document = yaml.safe_load((PROMETHEUS / "streamstress.rules.yml").read_text())
    return [rule for group in document["groups"] for rule in group["rules"]]


def names(pattern: str, text: str) -> set[str]:
    return set(re.findall(pattern, text, flags=re.MULTILINE))


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule["alert"])
def test_an_alert_has_severity_summary_description_and_a_runbook(rule: dict[str, Any]):
    assert rule["labels"]["severity"] in {"critical", "warning", "info", "none"}
    notes = rule["annotations"]
    assert set(notes) == {"summary", "description", "runbook_url"}
    assert notes["runbook_url"].endswith(f"#{rule['alert'].lower()}")


def test_every_alert_has_its_heading_in_the_runbooks_and_no_heading_is_left_over():
    headings = names(r"^## (\w+)$", (ROOT / "docs/runbooks.md").read_text())
    assert headings == {rule["alert"] for rule in rules()}


def test_every_metric_that_is_asked_for_exists():
    exported = set()
    for family in create_metrics("0").registry.collect():
        exported |= {family.name, f"{family.name}_total"}
    asked = set().union(*(names(r"streamstress_\w+", str(rule["expr"])) for rule in rules()))
    assert asked - exported == set()


def test_every_alert_is_fired_by_a_test():
    tests = "".join(path.read_text() for path in PROMETHEUS.glob("*.test.yml"))
    for rule in rules():
        assert rule["alert"] in tests


def test_every_alert_that_inhibits_or_is_inhibited_exists():
    text = (ROOT / "deploy/alertmanager/alertmanager.yml").read_text()
    named = set("|".join(names(r'alertname =~? "([\w|]+)"', text)).split("|"))
    assert named - {rule["alert"] for rule in rules()} == set()
