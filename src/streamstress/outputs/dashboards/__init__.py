"""Grafana dashboards, made from code; the files of ``dashboards/`` are what this makes.

``promql``     fragments of queries, above all of axial angles
``panel``      a panel and its kinds        ``dashboard``  panels in rows, variables, links
``shmax_map``  SHmax bars on a map          the rest       one module a dashboard
"""

from streamstress.outputs.dashboards.dashboard import Dashboard
from streamstress.outputs.dashboards.events import events_and_mechanisms
from streamstress.outputs.dashboards.overview import overview
from streamstress.outputs.dashboards.pipeline import pipeline_and_kafka
from streamstress.outputs.dashboards.stations import stations_and_data
from streamstress.outputs.dashboards.stress import stress_by_region

__all__ = ["Dashboard", "dashboards"]


def dashboards() -> tuple[Dashboard, ...]:
    """All dashboards, the one to begin with first."""
    return (
        overview(),
        stress_by_region(),
        events_and_mechanisms(),
        stations_and_data(),
        pipeline_and_kafka(),
    )
