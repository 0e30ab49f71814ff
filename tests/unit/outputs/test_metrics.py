import math
import shutil
import subprocess

import msgspec
import pytest
from prometheus_client import generate_latest
from sample_records import Sample

from streamstress.outputs.metrics import Metrics, create_metrics


def _used(metrics: Metrics, sample: Sample) -> Metrics:
    stage = metrics.stage
    stage.received.labels("pick").inc()
    stage.sent.labels("pick").inc()
    stage.rejected.labels("pick", "corrupt-record").inc()
    stage.latency.labels("pick").observe(1.2)
    stage.work.labels("pick").observe(0.02)
    for gauge in (stage.watermark_age, stage.open_messages, stage.queued, stage.last_poll):
        gauge.labels("pick").set(3)
    metrics.feed.bytes_received.inc(512)
    metrics.feed.data_age.labels("XS.S00").set(2)
    metrics.feed.silence.labels("XS.S00").set(1)
    metrics.science.mechanisms.labels("A").inc()
    metrics.cell.show_stress(sample.estimates[-1])
    metrics.cell.show_change(sample.changes[-1])
    return metrics


def test_two_sets_of_metrics_live_beside_each_other(sample: Sample):
    one, two = create_metrics("1"), create_metrics("1")
    one.stage.received.labels("pick").inc()
    labels = {"stage": "pick"}
    name = "streamstress_records_received_total"
    assert one.registry.get_sample_value(name, labels) == 1
    assert two.registry.get_sample_value(name, labels) is None


def test_shmax_comes_back_from_its_cosine_and_sine(sample: Sample):
    metrics = _used(create_metrics("1"), sample)
    cell = {"cell": "west-basin"}
    cosine = metrics.registry.get_sample_value("streamstress_shmax_double_angle_cosine", cell)
    sine = metrics.registry.get_sample_value("streamstress_shmax_double_angle_sine", cell)
    shmax = math.degrees(math.atan2(sine, cosine)) / 2 % 180
    assert shmax == pytest.approx(sample.estimates[-1].shmax_deg)


def test_an_undefined_shmax_goes_absent(sample: Sample):
    metrics = create_metrics("1")
    metrics.cell.show_stress(sample.estimates[-1])
    metrics.cell.show_stress(msgspec.structs.replace(sample.estimates[-1], shmax_defined=False))
    cell = {"cell": "west-basin"}
    value = metrics.registry.get_sample_value
    assert value("streamstress_shmax_double_angle_cosine", cell) is None
    assert value("streamstress_stress_events", cell) == 60


def test_a_cell_has_one_regime_and_a_place(sample: Sample):
    metrics = create_metrics("1")
    for regime in ("SS", "TS"):
        metrics.cell.show_stress(msgspec.structs.replace(sample.estimates[-1], regime=regime))
    value = metrics.registry.get_sample_value
    cell = {"cell": "west-basin"}
    assert value("streamstress_stress_regime", {**cell, "regime": "TS"}) == 1
    assert value("streamstress_stress_regime", {**cell, "regime": "SS"}) is None
    assert value("streamstress_stress_latitude_degrees", cell) == sample.estimates[-1].latitude_deg
    assert value("streamstress_shmax_azimuth_degrees", cell) == sample.estimates[-1].shmax_deg


@pytest.mark.parametrize(
    ("verdict", "number"),
    [("pass: p = 0.2", 0), ("untested: not given", 1), ("hold: p = 1e-9", 2), ("other", 1)],
)
def test_what_a_guard_says_is_a_number(sample: Sample, verdict: str, number: int):
    metrics = create_metrics("1")
    metrics.cell.show_change(msgspec.structs.replace(sample.changes[-1], guards={"depth": verdict}))
    labels = {"region": "west-basin", "guard": "depth"}
    assert metrics.registry.get_sample_value("streamstress_anomaly_guard", labels) == number


@pytest.mark.parametrize(
    ("state", "number"),
    [("open", 2), ("confirmed", 2), ("held", 1), ("closed", 0), ("withdrawn", 0)],
)
def test_anomaly_state_is_a_number(sample: Sample, state: str, number: int):
    metrics = create_metrics("1")
    metrics.cell.expect_region("west-basin")
    metrics.cell.show_change(msgspec.structs.replace(sample.changes[-1], state=state))
    region = {"region": "west-basin"}
    assert metrics.registry.get_sample_value("streamstress_anomaly_state", region) == number


def test_a_station_that_left_is_forgotten(sample: Sample):
    metrics = _used(create_metrics("1"), sample)
    metrics.forget_station("XS.S00")
    assert b"XS.S00" not in generate_latest(metrics.registry)


def test_promtool_finds_nothing_to_object_to(sample: Sample):
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("promtool is absent; apt-get install prometheus brings it")
    text = generate_latest(_used(create_metrics("1"), sample).registry)
    checked = subprocess.run([promtool, "check", "metrics"], input=text, capture_output=True)
    assert (checked.returncode, checked.stdout + checked.stderr) == (0, b"")
