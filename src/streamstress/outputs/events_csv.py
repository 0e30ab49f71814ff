"""Located earthquakes as CSV: one row an event."""

import csv
from collections.abc import Iterable, Mapping
from pathlib import Path

from streamstress.location.hypocentre import INLIER_WEIGHT
from streamstress.location.relocated import RelativeError
from streamstress.outputs.json_view import iso_time
from streamstress.records import Event, Magnitude

COLUMNS = (
    "event_id", "time", "latitude", "longitude", "depth_km", "n_p", "n_s", "rms_s", "gap_deg",
    "horizontal_error_km", "depth_error_km", "depth_fixed", "magnitude", "magnitude_type",
    "magnitude_sigma",
)  # fmt: skip


RELATIVE_COLUMNS = ("relative_horizontal_error_km", "relative_depth_error_km")


def write_events(
    path: Path, events: Iterable[Event], relative: Mapping[str, RelativeError] | None = None
) -> None:
    """Write events in their order; errors are 1 sigma, the horizontal one the larger half axis.

    ``relative`` are errors next to the neighbours, by event id, where events were relocated: two
    more columns, empty where one was not.
    """
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS if relative is None else (*COLUMNS, *RELATIVE_COLUMNS))
        writer.writerows(
            [*_row(event), *([] if relative is None else _relative(relative.get(event.event_id)))]
            for event in events
        )


def _relative(error: RelativeError | None) -> list[str]:
    if error is None:
        return ["", ""]
    return [f"{error.horizontal_km:.4f}", f"{error.depth_km:.4f}"]


def _row(event: Event) -> list[str]:
    origin = event.origin
    used = [arrival.phase for arrival in event.arrivals if arrival.weight >= INLIER_WEIGHT]
    return [
        event.event_id,
        iso_time(origin.time_ns),
        f"{origin.latitude_deg:.5f}",
        f"{origin.longitude_deg:.5f}",
        f"{origin.depth_km:.3f}",
        str(used.count("P")),
        str(used.count("S")),
        f"{origin.rms_s:.3f}",
        f"{origin.gap_deg:.1f}",
        f"{origin.horizontal_error_km:.3f}",
        f"{origin.depth_error_km:.3f}",
        str(origin.depth_fixed).lower(),
        *_magnitude(event.magnitude),
    ]


def _magnitude(told: Magnitude | None) -> list[str]:
    return ["", "", ""] if told is None else [f"{told.value:.2f}", told.kind, f"{told.sigma:.2f}"]
