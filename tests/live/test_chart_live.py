"""The Helm chart by the programs that judge charts, and the values that it refuses."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml
from helm_chart import (
    CHART,
    VALUES,
    helm,
    refusal,
    rendered_text,
)
from programs import require_program

pytestmark = pytest.mark.live

EVERY_VALUES = pytest.mark.parametrize("values", [path.name for path in VALUES])


def test_helm_finds_nothing_to_say_of_the_chart():
    for values in VALUES:
        told = helm("lint", "--strict", str(CHART), "-f", str(values))
        assert told.returncode == 0, told.stdout
        assert "[WARNING]" not in told.stdout


@pytest.mark.parametrize("version", ["1.25", "1.31", "1.37"])
def test_kubernetes_knows_every_field(version: str, tmp_path: Path):
    program = require_program("kubernetes-validate")
    for values in VALUES:
        (tmp_path / values.name).write_text(rendered_text(values.name))
    told = subprocess.run(
        [program, "--strict", "-k", version, *tmp_path.iterdir()],
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.returncode == 0, told.stdout + told.stderr
    assert told.stdout.count("INFO") > 40 * len(VALUES)
    # Kinds of operators, which are no part of Kubernetes.
    others = {"ServiceMonitor", "PrometheusRule", "ScaledObject", "TriggerAuthentication"}
    assert set(re.findall(r"schema for kind (\w+)", told.stdout)) <= others


@EVERY_VALUES
def test_kube_score_finds_nothing_critical(values: str, tmp_path: Path):
    program = require_program("kube-score")
    file = tmp_path / "all.yaml"
    file.write_text(rendered_text(values))
    told = subprocess.run(
        [program, "score", "--output-format", "ci", str(file)],
        capture_output=True,
        text=True,
        check=False,
    )
    lines = told.stdout.splitlines()
    assert len([line for line in lines if line.startswith("[OK]")]) > 100
    assert [line for line in lines if line.startswith("[CRITICAL]")] == []


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("config.kafka.bootstrap_servers=", "give the host:port of your Kafka"),
        ("stations.text=", "give the station list"),
        ("config.network.regions=null", "at least one region"),
        ("roles.pick.replicas=5", "waveform_partitions gives work to 4"),
        ("roles.locate.replicas=2", "one pod a zone"),
        ("roles.stress.replicas=2", "one pod a region"),
        ("roles.web.replicas=2", "needs PostgreSQL"),
        ("config.backfill.source=/archive", "fill.archive.existingClaim"),
        ("config.kafka.security_protocol=SASL_SSL", "kafkaAuth.existingSecret"),
        ("config.picking.p_threshold=2", "p_threshold"),
        ("config.picking.p_treshold=0.3", "p_treshold"),
        ("config.run_folder=elsewhere", "run_folder"),
        ("roles.picker.replicas=2", "picker"),
        ("image.digest=latest", "digest"),
    ],
)
def test_values_that_cannot_work_are_refused_by_name(setting: str, said: str):
    assert said in refusal("minimal-values.yaml", setting)


def test_the_notes_tell_what_to_look_at_and_what_is_missing(tmp_path: Path):
    # helm shows notes only after it has asked a cluster, so here they are rendered as a manifest.
    chart = Path(shutil.copytree(CHART, tmp_path / "streamstress"))
    (chart / "templates" / "NOTES.txt").rename(chart / "notes")
    (chart / "templates" / "shown.yaml").write_text(
        'kind: Notes\nmetadata: {name: x}\ntext: {{ tpl (.Files.Get "notes") . | toJson }}\n'
    )
    values = str(CHART / "ci" / "minimal-values.yaml")
    told = helm(
        "template", "crust", str(chart), "-f", values, "--show-only", "templates/shown.yaml"
    )
    assert told.returncode == 0, told.stderr
    notes = yaml.safe_load(told.stdout)["text"]
    assert "port-forward svc/crust-streamstress-web" in notes
    assert 'picker is "demo"' in notes
    assert "serviceMonitor.enabled is false" in notes


def test_the_packaged_chart_holds_the_rules_and_the_dashboards(tmp_path: Path):
    # They are links, which lead nowhere once the chart has left the repository.
    command = [require_program("helm"), "package", str(CHART), "-d", str(tmp_path)]
    subprocess.run(command, check=True, capture_output=True)
    (package,) = tmp_path.iterdir()
    told = helm("template", "crust", str(package), "-f", str(CHART / "ci" / "full-values.yaml"))
    assert told.stdout == rendered_text("full-values.yaml")
    assert "alert: ShmaxRotation" in told.stdout
