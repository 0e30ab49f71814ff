"""Every Prometheus metric of the project, once.

Names follow the Prometheus conventions: prefix ``streamstress_``, base units, counters end in
``_total``. SHmax is axial, so it is exported as cosine and sine of twice the angle, which average
and subtract without a wrap: ``shmax = atan2(sine, cosine) / 2``.
Labels stay few: stage, reason, cell, station; never event or station times phase.
"""

from dataclasses import dataclass
from math import cos, radians, sin

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector

from streamstress.records import StressChange, StressEstimate

LATENCY_BUCKETS_S = (0.05, 0.1, 0.25, 0.5, 1, 2, 3, 5, 8, 13, 20, 30, 60, 120, 300, 900)
"""From a step inside a process to an event that waits for its last station."""

WORK_BUCKETS_S = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10)

QUIET, HELD, ALARM = 0, 1, 2
"""Values of ``streamstress_anomaly_state``."""

_STATE_VALUES = {
    "open": ALARM,
    "confirmed": ALARM,
    "held": HELD,
    "closed": QUIET,
    "withdrawn": QUIET,
}


@dataclass(frozen=True, slots=True)
class StageMetrics:
    """How a worker does; label ``stage`` everywhere."""

    received: Counter
    sent: Counter
    rejected: Counter
    """Labels stage, reason."""
    latency: Histogram
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
    mechanisms: Counter
    estimates: Counter
    changes: Counter
    model_loaded: Gauge


@dataclass(frozen=True, slots=True)
class CellMetrics:
    """The stress of each cell and region; set by the exporter alone."""

    shmax_cosine: Gauge
    shmax_sine: Gauge
    shmax_half_interval95: Gauge
    events: Gauge
    a_phi: Gauge
    shape_ratio: Gauge
    data_time: Gauge
    anomaly_state: Gauge
    anomaly_score: Gauge
    anomaly_threshold: Gauge
    anomaly_rotation: Gauge
    anomaly_onset: Gauge

    def show_stress(self, estimate: StressEstimate) -> None:
        """Set the gauges of one cell; an undefined SHmax removes its gauges, so it goes absent."""
        cell = estimate.cell
        self.events.labels(cell).set(estimate.n_events)
        self.a_phi.labels(cell).set(estimate.a_phi)
        self.shape_ratio.labels(cell).set(estimate.r)
        self.data_time.labels(cell).set(estimate.data_time_ns / 1e9)
        if not estimate.shmax_defined:
            for gauge in (self.shmax_cosine, self.shmax_sine, self.shmax_half_interval95):
                gauge.remove_by_labels({"cell": cell})
            return
        doubled = radians(2 * estimate.shmax_deg)
        lowest, highest = estimate.shmax_interval95_deg
        self.shmax_cosine.labels(cell).set(cos(doubled))
        self.shmax_sine.labels(cell).set(sin(doubled))
        self.shmax_half_interval95.labels(cell).set((highest - lowest) / 2)

    def show_change(self, change: StressChange) -> None:
        """Set the anomaly gauges of one region."""
        region = change.region
        self.anomaly_state.labels(region).set(_STATE_VALUES[change.state])
        self.anomaly_score.labels(region).set(change.score)
        self.anomaly_threshold.labels(region).set(change.threshold)
        self.anomaly_rotation.labels(region).set(change.rotation_deg)
        self.anomaly_onset.labels(region).set(change.onset_time_ns / 1e9)

    def expect_region(self, region: str) -> None:
        """Export a region that has had no change as quiet, so that its absence means trouble."""
        self.anomaly_state.labels(region).set(QUIET)


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
        cell=_cell_metrics(registry),
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
        work=histogram(
            "stage_work_seconds", "Wall time of the processing of one record.", WORK_BUCKETS_S
        ),
        watermark_age=gauge("watermark_age_seconds", "Data clock less the stage's watermark."),
        open_messages=gauge("open_messages", "Messages read and not yet acknowledged."),
        queued=gauge("queued_messages", "Messages on the stage's topics not acknowledged."),
        last_poll=gauge("last_poll_timestamp_seconds", "When the stage last asked the broker."),
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
        mechanisms=_counter(registry, "mechanisms_total", "Mechanisms solved.", "grade"),
        estimates=_counter(registry, "stress_estimates_total", "Stress estimates sent.", "region"),
        changes=_counter(registry, "stress_changes_total", "Decisions on changes sent.", "state"),
        model_loaded=_gauge(
            registry, "model_loaded", "1 once the stage has loaded what it works with.", "stage"
        ),
    )


def _cell_metrics(registry: CollectorRegistry) -> CellMetrics:
    def gauge(name: str, text: str, label: str = "cell") -> Gauge:
        return _gauge(registry, name, text, label)

    return CellMetrics(
        shmax_cosine=gauge("shmax_double_angle_cosine", "Cosine of twice the SHmax azimuth."),
        shmax_sine=gauge("shmax_double_angle_sine", "Sine of twice the SHmax azimuth."),
        shmax_half_interval95=gauge(
            "shmax_half_interval95_degrees", "Half the width of SHmax's 95 % interval."
        ),
        events=gauge("stress_events", "Events in the current estimate."),
        a_phi=gauge("stress_a_phi", "Simpson's A-phi, 0 radial extension to 3 radial compression."),
        shape_ratio=gauge("stress_shape_ratio", "R = (s1 - s2) / (s1 - s3)."),
        data_time=gauge(
            "stress_data_timestamp_seconds", "Origin time of the newest event in the estimate."
        ),
        anomaly_state=gauge(
            "anomaly_state", "0 no change, 1 a change held back by a guard, 2 alarm.", "region"
        ),
        anomaly_score=gauge("anomaly_score", "Score of the last decision on a change.", "region"),
        anomaly_threshold=gauge("anomaly_threshold", "Score at which an alarm opens.", "region"),
        anomaly_rotation=gauge(
            "anomaly_rotation_degrees", "Rotation of the stress axes across the onset.", "region"
        ),
        anomaly_onset=gauge(
            "anomaly_onset_timestamp_seconds", "Origin time at which the change began.", "region"
        ),
    )
