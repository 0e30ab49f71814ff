"""Prometheus metrics: names and units as the conventions ask, on one registry each."""

import re

import pytest
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.metrics_core import Metric
from prometheus_client.parser import text_string_to_metric_families

from streamstress.outputs.metrics import create_metrics

NAME = re.compile(r"streamstress_[a-z0-9]+(_[a-z0-9]+)*")
NOT_BASE_UNITS = ("_ms", "_milliseconds", "_minutes", "_hours", "_days", "_km", "_kb", "_percent")
FEW_LABELS = {"stage", "reason", "cell", "region", "station", "phase", "decision", "status"}
FEW_LABELS |= {"grade", "state", "version", "regime", "guard", "kind"}


def families() -> list[Metric]:
    """Ours; those of the process (CPU, memory) are Prometheus' own."""
    collected = create_metrics("1.2.3").registry.collect()
    return [family for family in collected if not family.name.startswith("process_")]


def labels_of(registry: CollectorRegistry) -> dict[str, tuple[str, ...]]:
    # The registry keeps its collectors private and shows no labels before a series exists.
    ours = [c for c in registry._collector_to_names if hasattr(c, "_labelnames")]
    return {c._name: c._labelnames for c in ours}


@pytest.mark.parametrize("family", families(), ids=lambda family: family.name)
def test_a_metric_has_the_prefix_a_base_unit_and_a_sentence(family: Metric):
    assert NAME.fullmatch(family.name)
    assert not family.name.endswith(NOT_BASE_UNITS)
    assert "__" not in family.name
    assert len(family.documentation) > 10
    assert family.documentation.endswith(".") or "=" in family.documentation


def test_counters_end_in_total_and_nothing_else_does():
    metrics = create_metrics("1")
    metrics.stage.received.labels("pick").inc()
    metrics.stage.latency.labels("pick").observe(1.0)
    for family in metrics.registry.collect():
        ends = {sample.name.endswith("_total") for sample in family.samples}
        if family.samples and family.type == "counter":
            assert True in ends
        elif family.samples:
            assert ends == {False}


def test_times_are_in_seconds_and_moments_are_timestamps():
    times = re.compile("_(latency|age|work|silence|skew|poll|onset|data_timestamp)_")
    names = [family.name for family in families() if times.search(family.name)]
    assert len(names) == 11
    assert all(name.endswith("_seconds") for name in names)


def test_labels_are_few_and_never_an_event():
    labels = labels_of(create_metrics("1").registry)
    assert {label for names in labels.values() for label in names} <= FEW_LABELS
    assert max(len(names) for names in labels.values()) <= 2
    stage = [name for name in labels if re.search("records|stage_|messages|watermark", name)]
    assert all("stage" in labels[name] for name in stage)


def test_two_workers_in_one_process_count_apart():
    one, two = create_metrics("1"), create_metrics("1")
    one.stage.received.labels("pick").inc(3)
    text = generate_latest(two.registry).decode()
    assert "streamstress_records_received_total" not in {
        sample.name for f in text_string_to_metric_families(text) for sample in f.samples
    }


def test_the_version_that_runs_is_exported():
    assert b'streamstress_build_info{version="1.2.3"} 1.0' in generate_latest(
        create_metrics("1.2.3").registry
    )
