"""The loops of the stack of origin times."""

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

Array = NDArray[np.float64]
Numbers = NDArray[np.int64]
Floats = NDArray[np.float32]

BIN_S = 0.2
"""Of the axis of origin times: well below the error that the grid leaves open."""

AROUND_S = 1.5
"""What is passed over reaches so far in time."""

STEADY = 1e-6
"""A score that is this near to what it was has not changed."""


class Nodes(NamedTuple):
    """Trial origins: ``travel_s`` (n, m, 2), ``worth`` (n, m), ``place_km`` (n, 3)."""

    travel_s: Floats
    worth: Floats
    place_km: Array


class Picks(NamedTuple):
    """Picks that are left, (k,) each; phase 0 is P, 1 S."""

    station: Numbers
    phase: Numbers
    time_s: Array
    weight: Array


class Axis(NamedTuple):
    """Origin times: the first and their number, half widths (2,) of P and S, what is passed over.

    ``blocked`` (b, 3): east, north (km) and time (s); it reaches ``around_km`` and `AROUND_S`.
    """

    first_s: float
    bins: int
    room_s: Array
    blocked: Array
    around_km: float


@njit(cache=True)
def all_peaks(nodes: Nodes, picks: Picks, axis: Axis) -> tuple[Array, Array]:
    """Height and origin time (s) of the highest peak of each trial origin, (n,) each."""
    score, origin_s = np.empty(len(nodes.place_km)), np.empty(len(nodes.place_km))
    level = np.empty(axis.bins + 1)
    for node in range(len(score)):
        score[node], origin_s[node] = _peak(node, nodes, picks, axis, level)
    return score, origin_s


@njit(cache=True)
def next_peak(score: Array, origin_s: Array, nodes: Nodes, picks: Picks, axis: Axis) -> int:
    """Highest trial origin with the picks that are left; scores that fell are made anew, in place.

    Scores only fall as picks go: one that is made anew and stays the highest is the highest.
    """
    level = np.empty(axis.bins + 1)
    while True:
        node = int(np.argmax(score))
        before = score[node]
        score[node], origin_s[node] = _peak(node, nodes, picks, axis, level)
        if score[node] >= before - STEADY or score[node] <= 0.0:
            return node


@njit(cache=True)
def _peak(node: int, nodes: Nodes, picks: Picks, axis: Axis, level: Array) -> tuple[float, float]:
    """Height and middle of the highest plateau of one trial origin; ``level`` is room to work."""
    level[:] = 0.0
    for k in range(picks.time_s.size):
        station, phase = picks.station[k], picks.phase[k]
        weight = nodes.worth[node, station] * picks.weight[k]
        if weight > 0.0:
            late = picks.time_s[k] - nodes.travel_s[node, station, phase] - axis.first_s
            start = int((late - axis.room_s[phase]) / BIN_S)
            end = int((late + axis.room_s[phase]) / BIN_S) + 1
            if end > 0 and start < axis.bins:
                level[max(start, 0)] += weight
                level[min(end, axis.bins)] -= weight
    best, first, last, total = 0.0, 0, 0, 0.0
    for b in range(axis.bins):
        total += level[b]
        if total > best + STEADY:
            if not _is_blocked(axis.first_s + b * BIN_S, nodes.place_km[node], axis):
                best, first, last = total, b, b
        elif last == b - 1 and total > best - STEADY:
            last = b
    return best, axis.first_s + 0.5 * (first + last + 1) * BIN_S


@njit(cache=True)
def _is_blocked(origin_s: float, place_km: Array, axis: Axis) -> bool:
    for k in range(axis.blocked.shape[0]):
        if (
            abs(axis.blocked[k, 2] - origin_s) <= AROUND_S
            and abs(axis.blocked[k, 0] - place_km[0]) <= axis.around_km
            and abs(axis.blocked[k, 1] - place_km[1]) <= axis.around_km
        ):
            return True
    return False
