"""Panels of what was found: picks, first motions, events, mechanisms."""

from streamstress.outputs.dashboards.dashboard import Dashboard, Section
from streamstress.outputs.dashboards.panel import Panel, Query, course, figure, heatmap, steps
from streamstress.outputs.dashboards.promql import hourly, quantile, share

UNKNOWN = 'streamstress_polarities_total{decision="unknown"}'
DECIDED = "streamstress_polarities_total"
USABLE = 'streamstress_mechanisms_total{grade=~"A|B|C"}'
SOLVED = 'streamstress_mechanisms_total{grade!~"E|F"}'
LATENCY = "streamstress_stage_latency_seconds"


def events_hourly() -> Panel:
    """How many events."""
    return course(
        "Event versions an hour",
        "Every version counts: provisional ones first, then the final one; a tombstone withdraws.",
        Query(hourly("streamstress_events_total", "status"), "{{status}}"),
        defaults={"min": 0},
        alert="PickRateCollapse",
    )


def mechanisms_hourly() -> Panel:
    """How many mechanisms of each grade."""
    return course(
        "Mechanisms an hour by grade",
        "A to C enter the stress. E: gaps too large, F: too few first motions.",
        Query(hourly("streamstress_mechanisms_total", "grade"), "{{grade}}"),
        stacked=True,
        defaults={"min": 0},
        alert="MechanismGradeCollapse",
    )


def kinds_hourly() -> Panel:
    """What the events are taken for."""
    return course(
        "Located events an hour by kind",
        "Earthquakes alone are solved; a kind is overruled on the event's page.",
        Query(hourly("streamstress_event_kinds_total", "kind"), "{{kind}}"),
        stacked=True,
        defaults={"min": 0},
        alert="MechanismGradeCollapse",
    )


def final_until() -> Panel:
    """How late mechanisms are."""
    return figure(
        "Mechanisms are final up to",
        "Data time that the mechanisms lag behind the data clock.",
        Query('max(streamstress_watermark_age_seconds{stage="mechanism"})', "ago"),
        unit="s",
        defaults=steps("green", (300, "yellow"), (900, "red")),
        alert="EndToEndLatencyHigh",
    )


def _shares() -> list[Panel]:
    return [
        figure(
            "First motions unknown, 6 hours",
            "Share left undecided. Over 85 % mechanisms become few and bad.",
            Query(share(UNKNOWN, DECIDED, "6h"), "unknown"),
            unit="percentunit",
            defaults=steps("green", (0.7, "yellow"), (0.85, "red")),
            alert="PolarityUnknownHigh",
        ),
        figure(
            "Mechanisms of grade A to C, 24 hours",
            "Share among those that were solved. Below 30 % polarities or rays are wrong.",
            Query(share(USABLE, SOLVED, "24h"), "A to C"),
            unit="percentunit",
            defaults=steps("red", (0.3, "yellow"), (0.5, "green")),
            alert="MechanismGradeCollapse",
        ),
        final_until(),
    ]


def _picks() -> list[Panel]:
    return [
        course(
            "Picks an hour",
            "P and S phases above the thresholds of the picker.",
            Query(hourly("streamstress_picks_total", "phase"), "{{phase}}"),
            defaults={"min": 0},
            alert="PickRateCollapse",
        ),
        course(
            "First motions an hour",
            "What the polarity network decided: up, down or unknown.",
            Query(hourly(DECIDED, "decision"), "{{decision}}"),
            stacked=True,
            defaults={"min": 0},
            alert="PolarityUnknownHigh",
        ),
        course(
            "Share of unknown first motions",
            "Of the last hour. A storm raises it for a night; a changed model for good.",
            Query(share(UNKNOWN, DECIDED, "1h"), "unknown"),
            unit="percentunit",
            defaults={"min": 0, "max": 1},
            alert="PolarityUnknownHigh",
        ),
    ]


def _solving() -> list[Panel]:
    waiting = f'sum by (le) (increase({LATENCY}_bucket{{stage="mechanism"}}[$__rate_interval]))'
    return [
        heatmap(
            "From an event's sending to its mechanism",
            "Wall time of each event version in the mechanism worker, waiting included.",
            Query(waiting, "{{le}}", heatmap=True),
            alert="EndToEndLatencyHigh",
        ),
        course(
            "Time to solve a mechanism",
            "Work alone, without waiting: median and 95th percentile.",
            Query(quantile(0.5, "streamstress_stage_work_seconds", "1h"), "{{stage}} median"),
            Query(quantile(0.95, "streamstress_stage_work_seconds", "1h"), "{{stage}} 95 %"),
            unit="s",
            alert="ConsumerLagGrowing",
        ),
        course(
            "Estimates and decisions an hour",
            "Stress estimates by region, and decisions on changes by state.",
            Query(hourly("streamstress_stress_estimates_total", "region"), "estimates {{region}}"),
            Query(hourly("streamstress_stress_changes_total", "state"), "changes {{state}}"),
            defaults={"min": 0},
            alert="StressEstimateStale",
        ),
    ]


def events_and_mechanisms() -> Dashboard:
    """What was found, how good it is and how late."""
    return Dashboard(
        "events",
        "Events and mechanisms",
        "Picks, first motions, events and focal mechanisms. The places are on the monitor's page.",
        [
            Section("Now", _shares()),
            Section("Found", [events_hourly(), kinds_hourly(), mechanisms_hourly()]),
            Section("Picks and first motions", _picks()),
            Section("From event to stress", _solving()),
        ],
    )
