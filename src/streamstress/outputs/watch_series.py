"""What a watch saw through time, as columns for a figure.

SHmax is axial: means are taken on doubled angles or on tensors, and curves are unwrapped around
the reference, so that 179 and 1 degree lie two degrees apart.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from streamstress.change import ChangeEvent
from streamstress.geometry.axes import axial_difference, horizontal_deviator, shmax_azimuth
from streamstress.geometry.rotations import stress_rotation_deg
from streamstress.geometry.tensors import normalised, tensor_of

Array = NDArray[np.float64]

RUN_EVENTS = 50
"""Events of a running mean: SHmax to about 3 degrees at 20 degrees of mechanism error (1 sigma,
21 / sqrt(N) degrees, strike-slip)."""

MIN_HORIZONTAL_DEVIATOR = 0.15
"""A tensor of unit norm with less than this tells no SHmax worth a point."""


@dataclass(slots=True)
class WatchSeries:
    """Events as they were decided on, with score and threshold after each; 0 while learning."""

    learn: int
    events: list[ChangeEvent] = field(default_factory=list)
    score: list[float] = field(default_factory=list)
    threshold: list[float] = field(default_factory=list)

    def add(self, event: ChangeEvent, score: float, threshold: float | None) -> None:
        """Take in an event after it was decided on."""
        self.events.append(event)
        self.score.append(score)
        self.threshold.append(threshold or 0.0)


@dataclass(frozen=True, slots=True)
class Orientation:
    """Orientation through time; angles in degrees, NaN where undefined.

    Attributes
    ----------
    shmax_reference_deg
        Of the learned events, the branch around which the others are unwrapped.
    shmax_event_deg, shmax_run_deg : (n,) float
        Of each event's double couple, and of the mean of the latest `RUN_EVENTS`.
    rotation_run_deg : (n,) float
        Smallest rotation from the mean of the learned events to that of the latest.
    """

    shmax_reference_deg: float
    shmax_event_deg: Array
    shmax_run_deg: Array
    rotation_run_deg: Array


def orientation(series: WatchSeries) -> Orientation:
    """Orientation of the events of a series, and of their running mean."""
    five = np.array([event.five for event in series.events]).reshape(-1, 5)
    reference = tensor_of(five[: series.learn].mean(axis=0))
    centre = float(shmax_azimuth(reference))
    run = _running_tensors(five)
    enough = np.arange(1, len(five) + 1) >= RUN_EVENTS
    rotation = np.where(enough, stress_rotation_deg(reference, run), np.nan)
    return Orientation(
        centre,
        _unwrapped(tensor_of(five), centre),
        np.where(enough, _unwrapped(run, centre), np.nan),
        rotation,
    )


def without_jumps(values: Array, largest: float = 60.0) -> Array:
    """Values with NaN after each jump, so that a curve breaks where it leaves the figure."""
    jump = np.abs(np.diff(values, prepend=values[:1])) > largest
    return np.asarray(np.where(jump, np.nan, values))


def seconds(times_ns: Sequence[int]) -> NDArray[np.datetime64]:
    """Times as an array that an axis of dates takes."""
    return np.array(times_ns, np.int64).astype("datetime64[ns]")


def _running_tensors(five: Array) -> Array:
    total = np.cumsum(five, axis=0)
    earlier = np.concatenate([np.zeros((RUN_EVENTS, 5)), total[:-RUN_EVENTS]])[: len(five)]
    return tensor_of(total - earlier)


def _unwrapped(tensors: Array, centre_deg: float) -> Array:
    told = horizontal_deviator(normalised(tensors)) >= MIN_HORIZONTAL_DEVIATOR
    near = centre_deg + axial_difference(shmax_azimuth(tensors), centre_deg)
    return np.asarray(np.where(told, near, np.nan))
