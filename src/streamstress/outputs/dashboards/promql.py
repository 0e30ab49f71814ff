"""PromQL that several panels share; above all that of axial angles.

SHmax has no direction: 179 and 1 degree are two degrees apart. So angles are averaged by the cosine
and sine of twice the angle, and a series is drawn as its deviation from one reference, which is the
same for the whole picture: it may run past 180 or below 0, and never jumps from one to the other.
"""

from collections.abc import Mapping

CELL = '{cell=~"$region"}'
"""The cells that are a whole region; PromQL's patterns match from end to end."""
NODE = '{cell=~"($region)(/.*)?"}'
"""These, and the nodes ``region/latitude,longitude`` of a region with a grid."""
REGION = '{region=~"$region"}'
STATION = '{station=~"$station"}'

SINE = f"streamstress_shmax_double_angle_sine{CELL}"
COSINE = f"streamstress_shmax_double_angle_cosine{CELL}"
HALF_WIDTH = f"streamstress_shmax_half_interval95_degrees{CELL}"


def axis_deg(sine: str, cosine: str) -> str:
    """Axial angle from sine and cosine of twice the angle, 0 to 180 degrees."""
    return f"(deg(({sine}) atan2 ({cosine})) / 2 + 180) % 180"


def mean_over_picture(series: str) -> str:
    """Mean of a series over the time shown, one value for the whole picture."""
    return f"avg_over_time({series}[$__range] @ end())"


def axial_difference(angle: str, reference: str) -> str:
    """Angle less a reference, both 0 to 180 degrees, into -90 to 90 degrees.

    PromQL's ``%`` keeps the sign of its left side, so that side is made positive first.
    """
    return f"((({angle}) - ({reference}) + 270) % 180 - 90)"


SHMAX = axis_deg(SINE, COSINE)
"""SHmax of each cell, 0 to 180 degrees."""
REFERENCE = axis_deg(mean_over_picture(SINE), mean_over_picture(COSINE))
"""Axial mean of each cell over the time shown."""
DEVIATION = axial_difference(SHMAX, REFERENCE)
CONTINUOUS = f"{REFERENCE} + {DEVIATION}"
"""SHmax of each cell without a jump at 180."""


def with_columns(series: str, on: str, columns: Mapping[str, str]) -> str:
    """One row a series, with the values of other metrics as labels beside its own value.

    A map needs place and angle in the answer of one query: Grafana loses the angle where they come
    from two (its issue 91631).
    """
    rows = f"({series})"
    for name, metric in columns.items():
        values = f'count_values by ({on}) ("{name}", {metric})'
        # group: 1 also where two exporters answer.
        rows += f" * on ({on}) group_left ({name}) group by ({on}, {name}) ({values})"
    return rows


def hourly(counter: str, by: str) -> str:
    """How many an hour, by a label."""
    return f"sum by ({by}) (rate({counter}[$__rate_interval])) * 3600"


def share(part: str, whole: str, window: str) -> str:
    """Share of one counter's increase in another's; absent where nothing came."""
    return f"sum(increase({part}[{window}])) / (sum(increase({whole}[{window}])) > 0)"


def quantile(rank: float, histogram: str, window: str = "$__rate_interval") -> str:
    """Quantile of a histogram by stage."""
    buckets = f"sum by (stage, le) (rate({histogram}_bucket[{window}]))"
    return f"histogram_quantile({rank:g}, {buckets})"
