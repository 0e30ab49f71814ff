"""What is known of the stress, of its changes and of what operators must decide, as metrics.

SHmax is axial, so it is exported as cosine and sine of twice the angle, which average and subtract
without a wrap: ``shmax = atan2(sine, cosine) / 2``. The angle itself is for reading only.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from math import cos, radians, sin

from prometheus_client import CollectorRegistry, Gauge

from streamstress.records import StressChange, StressEstimate

QUIET, HELD, ALARM = 0, 1, 2
"""Values of ``streamstress_anomaly_state``."""

_STATE_VALUES = {
    "open": ALARM,
    "confirmed": ALARM,
    "held": HELD,
    "closed": QUIET,
    "withdrawn": QUIET,
}
_REGIMES = ("NF", "NS", "SS", "TS", "TF", "U")
"""Zoback (1992): normal to thrust faulting, with strike-slip in the middle; U is none of them."""
_VERDICT_VALUES = {"pass": 0, "untested": 1, "hold": 2}
"""Values of ``streamstress_anomaly_guard`` by the first word of a verdict."""


@dataclass(frozen=True, slots=True)
class CellMetrics:
    """The stress of each cell and region; set by the exporter alone."""

    shmax_azimuth: Gauge
    shmax_cosine: Gauge
    shmax_sine: Gauge
    shmax_half_interval95: Gauge
    events: Gauge
    a_phi: Gauge
    shape_ratio: Gauge
    regime: Gauge
    """Labels cell, regime; only the present one is there."""
    latitude: Gauge
    longitude: Gauge
    data_time: Gauge
    anomaly_state: Gauge
    anomaly_score: Gauge
    anomaly_threshold: Gauge
    anomaly_rotation: Gauge
    anomaly_onset: Gauge
    anomaly_guard: Gauge
    """Labels region, guard."""
    reversal_proposed: Gauge
    """Label station."""

    def show_stress(self, estimate: StressEstimate) -> None:
        """Set the gauges of one cell; an undefined SHmax removes its gauges, so it goes absent."""
        cell = estimate.cell
        self.events.labels(cell).set(estimate.n_events)
        self.a_phi.labels(cell).set(estimate.a_phi)
        self.shape_ratio.labels(cell).set(estimate.r)
        self.latitude.labels(cell).set(estimate.latitude_deg)
        self.longitude.labels(cell).set(estimate.longitude_deg)
        self.data_time.labels(cell).set(estimate.data_time_ns / 1e9)
        self._show_regime(cell, estimate.regime)
        self._show_shmax(estimate)

    def _show_regime(self, cell: str, regime: str) -> None:
        # The new one first: a scrape between the two steps must not find a cell without any.
        self.regime.labels(cell, regime).set(1)
        for other in _REGIMES:
            if other != regime:
                self.regime.remove_by_labels({"cell": cell, "regime": other})

    def _show_shmax(self, estimate: StressEstimate) -> None:
        cell = estimate.cell
        if not estimate.shmax_defined:
            for gauge in (
                self.shmax_azimuth,
                self.shmax_cosine,
                self.shmax_sine,
                self.shmax_half_interval95,
            ):
                gauge.remove_by_labels({"cell": cell})
            return
        doubled = radians(2 * estimate.shmax_deg)
        lowest, highest = estimate.shmax_interval95_deg
        self.shmax_azimuth.labels(cell).set(estimate.shmax_deg)
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
        for guard, verdict in change.guards.items():
            value = _VERDICT_VALUES.get(verdict.partition(":")[0], _VERDICT_VALUES["untested"])
            self.anomaly_guard.labels(region, guard).set(value)

    def expect_region(self, region: str) -> None:
        """Export a region that has had no change as quiet, so that its absence means trouble."""
        self.anomaly_state.labels(region).set(QUIET)

    def show_proposals(self, before: Iterable[str], now: Iterable[str]) -> None:
        """Show the stations whose reversal waits for a person, and no longer those before."""
        waiting = set(now)
        for station in waiting:
            self.reversal_proposed.labels(station).set(1)
        for station in set(before) - waiting:
            self.reversal_proposed.remove_by_labels({"station": station})


def cell_metrics(registry: CollectorRegistry) -> CellMetrics:
    """Register the metrics of stress and change."""

    def gauge(name: str, text: str, *labels: str) -> Gauge:
        return Gauge(f"streamstress_{name}", text, labels or ("cell",), registry=registry)

    def anomaly(name: str, text: str, *labels: str) -> Gauge:
        return gauge(f"anomaly_{name}", text, "region", *labels)

    return CellMetrics(
        shmax_azimuth=gauge(
            "shmax_azimuth_degrees", "SHmax clockwise from north, 0 to 180; never average it."
        ),
        shmax_cosine=gauge("shmax_double_angle_cosine", "Cosine of twice the SHmax azimuth."),
        shmax_sine=gauge("shmax_double_angle_sine", "Sine of twice the SHmax azimuth."),
        shmax_half_interval95=gauge(
            "shmax_half_interval95_degrees", "Half the width of SHmax's 95 % interval."
        ),
        events=gauge("stress_events", "Events in the current estimate."),
        a_phi=gauge("stress_a_phi", "Simpson's A-phi, 0 radial extension to 3 radial compression."),
        shape_ratio=gauge("stress_shape_ratio", "R = (s1 - s2) / (s1 - s3)."),
        regime=gauge("stress_regime", "1 for Zoback's regime of the cell.", "cell", "regime"),
        latitude=gauge("stress_latitude_degrees", "Mean latitude of the estimate's events."),
        longitude=gauge("stress_longitude_degrees", "Mean longitude of the estimate's events."),
        data_time=gauge(
            "stress_data_timestamp_seconds", "Origin time of the newest event in the estimate."
        ),
        anomaly_state=anomaly("state", "0 no change, 1 a change held back by a guard, 2 alarm."),
        anomaly_score=anomaly("score", "Score of the last decision on a change."),
        anomaly_threshold=anomaly("threshold", "Score at which an alarm opens."),
        anomaly_rotation=anomaly(
            "rotation_degrees", "Rotation of the stress axes across the onset."
        ),
        anomaly_onset=anomaly("onset_timestamp_seconds", "Origin time at which the change began."),
        anomaly_guard=anomaly("guard", "0 the guard passes, 1 untested, 2 it holds.", "guard"),
        reversal_proposed=gauge(
            "reversal_proposed", "1 while a station's reversal waits for a person.", "station"
        ),
    )
