"""SHmax on a map: a bar a cell, turned by its azimuth."""

from streamstress.outputs.dashboards.panel import Json, Panel, Query, field_named, steps
from streamstress.outputs.dashboards.promql import NODE, axis_deg, with_columns

BAR = "img/icons/unicons/arrows-v.svg"
"""Grafana's own picture of an arrow with two heads, upright: north at no rotation."""

_COLUMNS = {
    "latitude": f"streamstress_stress_latitude_degrees{NODE}",
    "longitude": f"streamstress_stress_longitude_degrees{NODE}",
    "a_phi": f"streamstress_stress_a_phi{NODE}",
    "events": f"streamstress_stress_events{NODE}",
}
_SHMAX = axis_deg(
    f"streamstress_shmax_double_angle_sine{NODE}", f"streamstress_shmax_double_angle_cosine{NODE}"
)


def shmax_map() -> Panel:
    """SHmax of every cell; place, angle and colour stand in one row of one query."""
    query = Query(with_columns(f"max by (cell) ({_SHMAX})", "cell", _COLUMNS), now=True)
    return Panel(
        "geomap",
        "SHmax on the map",
        "Direction of the largest horizontal compression, of each region at the mean place of its "
        "events, and of each node of a grid. Colour by A-phi: below 1 normal, to 2 strike-slip, "
        "above 2 reverse faulting. A cell whose SHmax is undefined is absent. The basemap comes "
        "from the internet; without it use the monitor's own page.",
        (query,),
        unit="degree",
        width=12,
        height=14,
        defaults=steps("red", (1, "green"), (2, "blue")) | {"decimals": 0},
        overrides=[field_named("Value", displayName="SHmax")],
        options={
            "basemap": {"type": "default", "name": "Basemap", "config": {}},
            "controls": {"showZoom": True, "mouseWheelZoom": True, "showScale": True},
            "layers": [_bars()],
            "tooltip": {"mode": "details"},
            "view": {"id": "fit", "allLayers": True, "lat": 0, "lon": 0, "zoom": 6, "padding": 20},
        },
        transformations=[_as_numbers(*_COLUMNS)],
    )


def _bars() -> Json:
    return {
        "type": "markers",
        "name": "SHmax",
        "location": {"mode": "coords", "latitude": "latitude", "longitude": "longitude"},
        "tooltip": True,
        "config": {
            "showLegend": True,
            "style": {
                "symbol": {"mode": "fixed", "fixed": BAR},
                "symbolAlign": {"horizontal": "center", "vertical": "center"},
                "rotation": {"mode": "mod", "field": "SHmax", "fixed": 0, "min": -360, "max": 360},
                "color": {"field": "a_phi", "fixed": "dark-green"},
                "size": {"fixed": 18, "min": 10, "max": 30},
                "opacity": 1,
                "text": {"mode": "fixed", "field": "", "fixed": ""},
            },
        },
    }


def _as_numbers(*fields: str) -> Json:
    """Labels are text; a map needs numbers."""
    conversions = [{"targetField": name, "destinationType": "number"} for name in fields]
    return {"id": "convertFieldType", "options": {"fields": {}, "conversions": conversions}}
