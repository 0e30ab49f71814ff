"""Every Prometheus metric of the project, once.

Names follow the Prometheus conventions: prefix ``streamstress_``, base units, counters end in
``_total``. What is known of the stress, which the exporter alone sets, stands in `cell_metrics`.
Labels stay few: stage, reason, cell, station; never event or station times phase.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector

from streamstress.outputs.cell_metrics import CellMetrics, cell_metrics

LATENCY_BUCKETS_S = (0.05, 0.1, 0.25, 0.5, 1, 2, 3, 5, 8, 13, 20, 30, 60, 120, 300, 900)
"""From a step inside a process to an event that waits for its last station."""

WORK_BUCKETS_S = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10)


@dataclass(frozen=True, slots=True)
class StageMetrics:
    """How a worker does; label ``stage`` everywhere."""

    received: Counter
    sent: Counter
    rejected: Counter
    """Labels stage, reason."""
    latency: Histogram
    packet_latency: Histogram
    answer_latency: Histogram
    work: Histogram
    watermark_age: Gauge
    open_messages: Gauge
    queued: Gauge
    last_poll: Gauge


@dataclass(frozen=True, slots=True)
class FeedMetrics:
    """How the waveforms come."""

    bytes_received: Counter
    reconnects: Counter
    data_age: Gauge
    """Label station: now less the end of its newest record (SeisComP's delay)."""
    silence: Gauge
    """Label station: now less the arrival of its newest record (SeisComP's latency)."""
    clock_skew: Gauge


@dataclass(frozen=True, slots=True)
class ScienceMetrics:
    """What was found."""

    picks: Counter
    polarities: Counter
    events: Counter
    event_kinds: Counter
    """Label kind: of final versions."""
    mechanisms: Counter
    estimates: Counter
    changes: Counter
    model_loaded: Gauge
    clock_offset: Gauge
    """Label station."""

    def show_clocks(self, offsets_s: Mapping[str, float]) -> None:
        """Show the clocks that seem wrong, and no other."""
        self.clock_offset.clear()
        for station, offset_s in offsets_s.items():
            self.clock_offset.labels(station).set(offset_s)


@dataclass(frozen=True, slots=True)
class Metrics:
    """All metrics on one registry."""

    registry: CollectorRegistry
    stage: StageMetrics
    feed: FeedMetrics
    science: ScienceMetrics
    cell: CellMetrics

    def forget_station(self, station: str) -> None:
        """Drop the series of a station that left the network."""
        for gauge in (self.feed.data_age, self.feed.silence):
            gauge.remove_by_labels({"station": station})


def create_metrics(version: str, registry: CollectorRegistry | None = None) -> Metrics:
    """Register every metric; each call needs a registry of its own (made if None)."""
    registry = registry if registry is not None else CollectorRegistry()
    build = Gauge(
        "streamstress_build_info",
        "Version that runs; always 1.",
        ["version"],
        registry=registry,
    )
    build.labels(version).set(1)
    ProcessCollector(registry=registry)
    return Metrics(
        registry=registry,
        stage=_stage_metrics(registry),
        feed=_feed_metrics(registry),
        science=_science_metrics(registry),
        cell=cell_metrics(registry),
    )


def _counter(registry: CollectorRegistry, name: str, text: str, *labels: str) -> Counter:
    return Counter(f"streamstress_{name}", text, labels, registry=registry)


def _gauge(registry: CollectorRegistry, name: str, text: str, *labels: str) -> Gauge:
    return Gauge(f"streamstress_{name}", text, labels, registry=registry)


def _stage_metrics(registry: CollectorRegistry) -> StageMetrics:
    def counter(name: str, text: str, *labels: str) -> Counter:
        return _counter(registry, name, text, "stage", *labels)

    def gauge(name: str, text: str) -> Gauge:
        return _gauge(registry, name, text, "stage")

    def histogram(name: str, text: str, buckets: tuple[float, ...]) -> Histogram:
        return Histogram(
            f"streamstress_{name}", text, ["stage"], buckets=buckets, registry=registry
        )

    return StageMetrics(
        received=counter("records_received_total", "Records read from the stage's topics."),
        sent=counter("records_sent_total", "Records written and acknowledged by the broker."),
        rejected=counter("records_rejected_total", "Records set aside as dead letters.", "reason"),
        latency=histogram(
            "stage_latency_seconds",
            "Wall time from the sending of a record to the end of its processing.",
            LATENCY_BUCKETS_S,
        ),
        packet_latency=histogram(
            "packet_latency_seconds",
            "Wall time from the arrival of the last packet needed to a result acknowledged.",
            LATENCY_BUCKETS_S,
        ),
        answer_latency=histogram(
            "answer_latency_seconds",
            "Wall time from the sending of what a result is made of to the result acknowledged.",
            LATENCY_BUCKETS_S,
        ),
        work=histogram(
            "stage_work_seconds", "Wall time of the processing of one record.", WORK_BUCKETS_S
        ),
        watermark_age=gauge("watermark_age_seconds", "Data clock less the stage's watermark."),
        open_messages=gauge("open_messages", "Messages read and not yet acknowledged."),
        queued=gauge("queued_messages", "Messages on the stage's topics not acknowledged."),
        last_poll=gauge(
            "last_poll_timestamp_seconds",
            "When the stage last took messages, or none waited for it.",
        ),
    )


def _feed_metrics(registry: CollectorRegistry) -> FeedMetrics:
    return FeedMetrics(
        bytes_received=_counter(registry, "feed_received_bytes_total", "Waveform bytes received."),
        reconnects=_counter(registry, "feed_reconnects_total", "Connections to SeedLink begun."),
        data_age=_gauge(
            registry,
            "data_age_seconds",
            "Data clock less the end of the newest record of a station.",
            "station",
        ),
        silence=_gauge(
            registry,
            "feed_silence_seconds",
            "Wall time since the newest record of a station came.",
            "station",
        ),
        clock_skew=_gauge(
            registry, "clock_skew_seconds", "Newest data less the data clock, where it is ahead."
        ),
    )


def _science_metrics(registry: CollectorRegistry) -> ScienceMetrics:
    return ScienceMetrics(
        picks=_counter(registry, "picks_total", "Phases picked.", "phase"),
        polarities=_counter(registry, "polarities_total", "First motions decided.", "decision"),
        events=_counter(registry, "events_total", "Event versions sent.", "status"),
        event_kinds=_counter(
            registry, "event_kinds_total", "Final events by what they are taken for.", "kind"
        ),
        mechanisms=_counter(registry, "mechanisms_total", "Mechanisms solved.", "grade"),
        estimates=_counter(registry, "stress_estimates_total", "Stress estimates sent.", "region"),
        changes=_counter(registry, "stress_changes_total", "Decisions on changes sent.", "state"),
        model_loaded=_gauge(
            registry, "model_loaded", "1 once the stage has loaded what it works with.", "stage"
        ),
        clock_offset=_gauge(
            registry,
            "station_clock_offset_seconds",
            "How late the P picks of a station come by its clock, which seems wrong.",
            "station",
        ),
    )
