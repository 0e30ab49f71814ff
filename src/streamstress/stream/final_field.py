"""The field of a live window as ``streamstress invert`` makes it of the same events.

It takes seconds, so it is made beside the stream (`stream.background`): planes, strength of
smoothing and shapes anew, and intervals from resampled clusters with resampled planes.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from streamstress.errors import UnusableDataError
from streamstress.records import Mechanism, StressEstimate
from streamstress.stream.event_window import WindowLimits
from streamstress.stream.stress_records import node_place, stress_record
from streamstress.stress.contribution import EventContribution, plane_set
from streamstress.stress.estimate import FieldEstimate, IntervalOptions, estimate_field
from streamstress.stress.nodes import grid_nodes

METHOD = "michael/instability/abic field/phi corrected/bootstrap"


@dataclass(frozen=True, slots=True)
class FieldLimits:
    """What is asked of a field.

    Attributes
    ----------
    min_events
        A node with fewer is not told of.
    every_events
        Changes between two publications.
    resamplings
        Behind the final intervals.
    """

    window: WindowLimits
    min_events: int
    every_events: int
    grades: str
    friction: float
    resamplings: int


@dataclass(frozen=True, slots=True)
class FinalField:
    """A region's window as it was, which nothing changes any more.

    Attributes
    ----------
    events
        Oldest first.
    shared
        Their contributions, shared within clusters.
    label : (n,) int
        Their clusters.
    """

    region: str
    step_deg: float
    west_deg: float
    events: Sequence[Mechanism]
    shared: Sequence[EventContribution]
    label: NDArray[np.int64]


def final_estimates(
    field: FinalField, limits: FieldLimits, version: int, seed: int
) -> list[StressEstimate]:
    """Estimates of the nodes with events enough; none where the events resolve no stress."""
    found = _estimate(field, limits, seed)
    if found is None:
        return []
    node_of_event = found.grid.node_of_event
    records = []
    for node, (place, one) in enumerate(zip(found.grid.coordinates, found.nodes, strict=True)):
        if one.tensor is None or one.description is None:
            continue
        records.append(
            stress_record(
                node_place(field.region, *place.tolist()),
                version,
                one.tensor,
                one.description,
                [field.events[k] for k in np.flatnonzero(node_of_event == node).tolist()],
                one.effective_events,
                METHOD,
            )
        )
    return records


def _estimate(field: FinalField, limits: FieldLimits, seed: int) -> FieldEstimate | None:
    where = np.array([[event.latitude_deg, event.longitude_deg] for event in field.events])
    where[:, 1] = (where[:, 1] - field.west_deg) % 360.0 + field.west_deg
    steps = [field.step_deg, field.step_deg]
    try:
        return estimate_field(
            plane_set(field.shared),
            grid_nodes(where, steps, latitude_axis=0, longitude_axis=1),
            friction=limits.friction,
            min_events=limits.min_events,
            intervals=IntervalOptions(limits.resamplings, seed, field.label),
        )
    except UnusableDataError:
        # The window does not resolve a field yet; later events may.
        return None
