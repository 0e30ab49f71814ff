"""Dashboards: the files are what the code makes, fit for Grafana, and ask for what exists."""

import itertools
import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from panel_queries import panels

from streamstress.cli.dashboards import write_dashboards
from streamstress.outputs.dashboards import dashboards
from streamstress.outputs.metrics import create_metrics

ROOT = Path(__file__).parents[2]
RULES = yaml.safe_load((ROOT / "deploy/prometheus/streamstress.rules.yml").read_text())
ALERTS = {rule["alert"].lower() for group in RULES["groups"] for rule in group["rules"]}
OF_PROMETHEUS = {"up", "ALERTS", "process_start_time_seconds", "process_cpu_seconds_total"}
OF_PROMETHEUS |= {"process_resident_memory_bytes"}
"""What Prometheus itself and its client library give of every program."""
PANELS = [pytest.param(panel, id=f"{name}-{panel['id']}") for name, panel in panels()]
DOCUMENTS = [pytest.param(one.json(), id=one.name) for one in dashboards()]


def test_the_files_are_what_the_code_makes(tmp_path: Path):
    made = {path.name: path.read_text() for path in write_dashboards(tmp_path)}
    kept = {path.name: path.read_text() for path in (ROOT / "dashboards").glob("*.json")}
    assert made == kept, "run: streamstress dashboards"


def test_the_set_has_the_five_dashboards_each_with_its_own_id():
    titles = {one.title for one in dashboards()}
    assert titles == {
        "Overview",
        "Stress by region",
        "Events and mechanisms",
        "Stations and data quality",
        "Pipeline and Kafka",
    }
    assert len({one.json()["uid"] for one in dashboards()}) == len(titles)
    assert all(len(one.json()["uid"]) <= 40 for one in dashboards())


@pytest.mark.parametrize("document", DOCUMENTS)
def test_panels_have_ids_of_their_own_and_do_not_lie_upon_another(document: dict[str, Any]):
    ids = [panel["id"] for panel in document["panels"]]
    assert len(set(ids)) == len(ids)
    places = [panel["gridPos"] for panel in document["panels"]]
    assert all(place["x"] >= 0 and place["x"] + place["w"] <= 24 for place in places)
    for one, other in itertools.combinations(places, 2):
        beside = one["x"] + one["w"] <= other["x"] or other["x"] + other["w"] <= one["x"]
        below = one["y"] + one["h"] <= other["y"] or other["y"] + other["h"] <= one["y"]
        assert beside or below, (one, other)


@pytest.mark.parametrize("document", DOCUMENTS)
def test_a_dashboard_is_chosen_by_source_region_and_station_and_shows_alarms(
    document: dict[str, Any],
):
    names = [variable["name"] for variable in document["templating"]["list"]]
    assert names == ["datasource", "region", "station", "page", "runbooks"]
    asked = [note["expr"] for note in document["annotations"]["list"]]
    assert any("streamstress_anomaly_state" in expr and "== 2" in expr for expr in asked)
    assert {"${page}", "${runbooks}"} <= {link["url"] for link in document["links"]}
    assert document["schemaVersion"] >= 36
    assert json.loads(json.dumps(document)) == document


@pytest.mark.parametrize("panel", PANELS)
def test_a_panel_says_what_it_shows_in_which_unit(panel: dict[str, Any]):
    assert len(panel["description"]) > 20
    assert panel["fieldConfig"]["defaults"]["unit"]
    assert panel["datasource"] == {"type": "prometheus", "uid": "${datasource}"}
    references = [target["refId"] for target in panel["targets"]]
    assert references == sorted(set(references))
    assert references


@pytest.mark.parametrize("panel", PANELS)
def test_a_panel_asks_for_metrics_that_exist_and_links_to_a_runbook_that_exists(
    panel: dict[str, Any],
):
    exported = set(OF_PROMETHEUS)
    for family in create_metrics("0").registry.collect():
        exported |= {family.name + end for end in ("", "_total", "_bucket")}
    for target in panel["targets"]:
        named = re.findall(r"\b(?:streamstress|process)_\w+|\bup\b|\bALERTS\b", target["expr"])
        assert named
        assert set(named) - exported == set()
    for link in panel["links"]:
        assert link["url"].removeprefix("${runbooks}#") in ALERTS


@pytest.mark.parametrize("panel", PANELS)
def test_no_panel_averages_an_angle(panel: dict[str, Any]):
    for target in panel["targets"]:
        averaged = re.search(r"(avg|rate|delta|deriv)\w* ?\([^)]*azimuth_degrees", target["expr"])
        assert averaged is None
