"""Panels of the stress and its changes, and the dashboard of each region."""

from streamstress.outputs.dashboards.dashboard import Dashboard, Section
from streamstress.outputs.dashboards.panel import (
    Panel,
    Query,
    course,
    field_named,
    figure,
    rows,
    states,
    steps,
    words,
)
from streamstress.outputs.dashboards.promql import (
    CELL,
    CONTINUOUS,
    DEVIATION,
    HALF_WIDTH,
    REGION,
    SHMAX,
)
from streamstress.outputs.dashboards.shmax_map import shmax_map

STATE = words({0: ("no change", "green"), 1: ("held by a guard", "orange"), 2: ("ALARM", "red")})
GUARD = words({0: ("passes", "green"), 1: ("untested", "yellow"), 2: ("holds", "orange")})
REGIMES = {"NF": "red", "NS": "orange", "SS": "green", "TS": "super-light-blue", "TF": "blue"}
"""Colours of the World Stress Map: normal, strike-slip and thrust faulting, and between."""
UNKNOWN_REGIME = "gray"


def alarm_state() -> Panel:
    """Whether there is an alarm, by region."""
    return figure(
        "State of each region",
        "What the detector says now. An alarm stays until its new state has become the reference, "
        "the old one returns or a revision withdraws it.",
        Query(f"streamstress_anomaly_state{REGION}", "{{region}}"),
        defaults=STATE,
        alert="ShmaxRotation",
    )


def score() -> Panel:
    """How far the detector is from an alarm."""
    return course(
        "Score and threshold of the detector",
        "Of the last decision on a change: an alarm opens where the score reaches the threshold "
        "and every guard passes. Absent until the first decision.",
        Query(f"streamstress_anomaly_score{REGION}", "{{region}} score"),
        Query(f"streamstress_anomaly_threshold{REGION}", "{{region}} threshold"),
        overrides=[
            field_named("/ threshold$/", custom__lineStyle={"fill": "dash", "dash": [8, 6]})
        ],
        alert="ShmaxRotation",
    )


def _shmax_with_interval() -> Panel:
    return course(
        "SHmax of $region with its 95 % interval",
        "Clockwise from north. Axial: drawn around the mean of the time shown, so a line that "
        "passes north goes on above 180 or below 0 instead of jumping; 181 is 1 degree.",
        Query(f"{CONTINUOUS} + {HALF_WIDTH}", "high"),
        Query(CONTINUOUS, "SHmax"),
        Query(f"{CONTINUOUS} - {HALF_WIDTH}", "low"),
        unit="degree",
        width=12,
        repeat="region",
        alert="UncertaintyTooWide",
        overrides=[
            field_named("high", custom__lineWidth=0, custom__fillBelowTo="low"),
            field_named("low", custom__lineWidth=0),
            field_named("SHmax", custom__lineWidth=2),
        ],
    )


def _regime() -> Panel:
    numbered = " or ".join(
        f'streamstress_stress_regime{{cell=~"$region",regime="{name}"}} * {number}'
        for number, name in enumerate([*REGIMES, "U"])
    )
    meaning = {i: (name, color) for i, (name, color) in enumerate(REGIMES.items())}
    return states(
        "Faulting regime",
        "After Zoback (1992): NF normal, SS strike-slip, TF thrust, NS and TS between, U unknown.",
        Query(f"max by (cell) ({numbered})", "{{cell}}"),
        defaults=words(meaning | {len(REGIMES): ("U", UNKNOWN_REGIME)}),
        width=12,
        height=6,
        alert="RegimeChange",
    )


def _guards() -> Panel:
    return states(
        "Guards of the last decision",
        "A guard that holds explains the change without a change of stress; untested: what it "
        "needs is not known. Empty until the first decision on a change.",
        Query(f"streamstress_anomaly_guard{REGION}", "{{region}}: {{guard}}"),
        defaults=GUARD,
        width=12,
        height=9,
        alert="GuardHeldChange",
    )


def _decision() -> Panel:
    return rows(
        "The last decision in figures",
        "Rotation of the stress axes across the onset, the onset, and the score. A row appears "
        "with the first decision on a change.",
        Query(f"streamstress_anomaly_rotation_degrees{REGION}", now=True),
        Query(f"streamstress_anomaly_onset_timestamp_seconds{REGION} * 1000", now=True),
        Query(f"streamstress_anomaly_score{REGION}", now=True),
        join="region",
        names={"Value #A": "Rotation", "Value #B": "Onset", "Value #C": "Score"},
        overrides=[
            field_named("Rotation", unit="degree", decimals=0),
            field_named("Onset", unit="dateTimeAsIso"),
        ],
        width=12,
        height=9,
        alert="ShmaxRotation",
    )


def _state_course() -> Panel:
    return states(
        "State of each region",
        "No change, a change that a guard holds back, or an alarm.",
        Query(f"streamstress_anomaly_state{REGION}", "{{region}}"),
        defaults=STATE,
        width=12,
        height=6,
        alert="ShmaxRotation",
    )


def _shape() -> list[Panel]:
    return [
        course(
            "A-phi",
            "Simpson (1997): 0 to 1 normal, 1 to 2 strike-slip, 2 to 3 reverse faulting.",
            Query(f"streamstress_stress_a_phi{CELL}", "{{cell}}"),
            defaults={"min": 0, "max": 3},
            alert="RegimeChange",
        ),
        course(
            "Shape ratio R",
            "(s1 - s2) / (s1 - s3): 0 where the two larger compressions are alike, 1 where the two "
            "smaller are.",
            Query(f"streamstress_stress_shape_ratio{CELL}", "{{cell}}"),
            defaults={"min": 0, "max": 1},
        ),
        course(
            "Events in the estimate",
            "Below 20 the interval of SHmax is wider than 10 degrees: read the interval.",
            Query(f"streamstress_stress_events{CELL}", "{{cell}}"),
            defaults={"min": 0, **steps("orange", (20, "green"))},
            alert="LowEventCount",
        ),
        course(
            "Half the 95 % interval of SHmax",
            "Over 25 degrees SHmax is nearly unknown (World Stress Map quality D).",
            Query(HALF_WIDTH, "{{cell}}"),
            unit="degree",
            defaults={"min": 0},
            alert="UncertaintyTooWide",
        ),
        course(
            "SHmax less its mean of the time shown",
            "Signed, clockwise positive, always between -90 and 90 degrees.",
            Query(DEVIATION, "{{cell}}"),
            unit="degree",
        ),
        course(
            "Age of the newest event in the estimate",
            "Wall time less its origin time; in a replay of old data the age of the data.",
            Query(f"time() - streamstress_stress_data_timestamp_seconds{CELL}", "{{cell}}"),
            unit="s",
            alert="StressEstimateStale",
        ),
    ]


def stress_by_region() -> Dashboard:
    """Stress and its changes, region by region."""
    present = rows(
        "Stress now",
        "SHmax, its interval and the events behind it. A cell without SHmax has horizontal "
        "stresses that are nearly alike.",
        Query(SHMAX, now=True),
        Query(HALF_WIDTH, now=True),
        Query(f"streamstress_stress_events{CELL}", now=True),
        join="cell",
        names={"Value #A": "SHmax", "Value #B": "± (95 %)", "Value #C": "Events"},
        overrides=[field_named("/SHmax|±/", unit="degree", decimals=0)],
        width=12,
        height=14,
        alert="LowEventCount",
    )
    return Dashboard(
        "stress",
        "Stress by region",
        "Where the largest horizontal stress points, how well that is known, and if it turned.",
        [
            Section("SHmax", [_shmax_with_interval()]),
            Section("Now", [shmax_map(), present]),
            Section("Change", [_state_course(), _regime(), _guards(), _decision()]),
            Section("Shape and evidence", [score(), *_shape()]),
        ],
        shown="now-7d",
    )
