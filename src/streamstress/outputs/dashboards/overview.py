"""The dashboard to begin with."""

from streamstress.outputs.dashboards.dashboard import Dashboard, Section
from streamstress.outputs.dashboards.events import (
    events_hourly,
    final_until,
    mechanisms_hourly,
)
from streamstress.outputs.dashboards.panel import Panel, Query, figure, rows
from streamstress.outputs.dashboards.pipeline import alerts_firing, queued, workers_down
from streamstress.outputs.dashboards.promql import SHMAX
from streamstress.outputs.dashboards.shmax_map import shmax_map
from streamstress.outputs.dashboards.stations import (
    heard_stations,
    silent_stations,
    waiting_reversals,
)
from streamstress.outputs.dashboards.stress import alarm_state, score


def overview() -> Dashboard:
    """What somebody on shift looks at first."""
    shmax = figure(
        "SHmax now",
        "Direction of the largest horizontal compression, clockwise from north.",
        Query(SHMAX, "{{cell}}"),
        unit="degree",
        defaults={"decimals": 0, "color": {"mode": "fixed", "fixedColor": "blue"}},
        alert="UncertaintyTooWide",
    )
    wide = [alarm_state().sized(8, 4), shmax.sized(8, 4), alerts_firing(), final_until()]
    return Dashboard(
        "overview",
        "Overview",
        "Is there an alarm, can it be trusted, and does the system work?",
        [
            Section("Stress", wide),
            Section(
                "System",
                [workers_down(), heard_stations(), silent_stations(), waiting_reversals()],
            ),
            Section("Where", [shmax_map(), _firing()]),
            Section(
                "Course",
                [score(), events_hourly(), mechanisms_hourly(), queued().sized(24, 7)],
            ),
        ],
    )


def _firing() -> Panel:
    return rows(
        "Alerts that fire",
        "Each has its heading in the runbooks. Watchdog fires always: it shows that the rules run.",
        Query('ALERTS{alertstate="firing"}', now=True),
        hidden=("Time", "__name__", "instance", "job", "alertstate", "Value"),
        names={"alertname": "Alert", "severity": "Severity", "region": "Region", "stage": "Stage"},
        width=12,
        height=14,
        alert="Watchdog",
    )
