"""Whether it is the network that changed: what made the mechanisms, and from which stations.

A station turned upside down pulls every mechanism the same way, and so do wrong take-off angles.
The mechanisms alone cannot tell that from a stress; what is recorded beside them can.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from streamstress.change.epochs import Epoch
from streamstress.change.events import ChangeEvent

Array = NDArray[np.float64]

NEW_MODEL_SHARE = 0.1
"""Share of later events made by a model that the reference does not know, over which they cannot
be compared."""

MODEL_PARTS = ("solver", "polarity model", "velocity model")
"""Parts of a name of a model with two slashes, as the live system writes it."""

STATIONS_P_VALUE = 0.01
"""Chance at which a station is said to have changed, over all of them together. Stations that did
not change then delay one alarm in a hundred; one turned over pulls mechanisms within 20 events,
which tell of it at 3e-4 (one of 14 stations)."""

LEAST_READINGS = 8.0
"""First motions of a station in either epoch from which on its agreement is compared."""

LEAST_AGAINST = 0.15
"""Change of a station's share of first motions against the mechanism, under which it moves few."""

MOST_OTHER_STATIONS = 0.25
"""Share of the first motions that may be at other stations than in the reference."""


def model_verdicts(before: Epoch, after: Epoch) -> dict[str, str]:
    """Verdicts on solver, polarity model, velocity model (or "models") and picker."""
    found = {"picker": _known(before, after, lambda event: event.picker)}
    names = [event.model for epoch in (before, after) for event in epoch.events if event.model]
    if all(name.count("/") == len(MODEL_PARTS) - 1 for name in names) and names:
        for part, guard in enumerate(MODEL_PARTS):
            found[guard] = _known(before, after, partial(_part, part))
    else:
        found["models"] = _known(before, after, lambda event: event.model)
    return found


def _part(at: int, event: ChangeEvent) -> str:
    return event.model.split("/")[at] if event.model else ""


def _known(before: Epoch, after: Epoch, name: Callable[[ChangeEvent], str]) -> str:
    known = {name(event) for event in before.events} - {""}
    later = [name(event) for event in after.events if name(event)]
    if not known or not later:
        return "untested: not given"
    new = sorted({one for one in later if one not in known})
    share = sum(one not in known for one in later) / len(later)
    if share > NEW_MODEL_SHARE:
        return f"hold: {share:.0%} of the later mechanisms were made by {', '.join(new)}"
    return "pass: known to the reference"


def station_verdicts(before: Epoch, after: Epoch) -> dict[str, str]:
    """Verdicts on the set of stations and on their agreement with the mechanisms."""
    first, later = (_stations(epoch) for epoch in (before, after))
    if first is None or later is None:
        return dict.fromkeys(("station set", "station polarity"), "untested: not given")
    limit = STATIONS_P_VALUE / max(1, len(first.read.keys() | later.read.keys()))
    return {
        "station set": _set_verdict(first, later, limit),
        "station polarity": _polarity_verdict(first, later, limit),
    }


@dataclass(frozen=True, slots=True)
class _Stations:
    """First motions of an epoch, whole clusters counting as one: all, and those against."""

    events: float
    read: Mapping[str, float]
    against: Mapping[str, float]


def _stations(epoch: Epoch) -> _Stations | None:
    """Counts of an epoch; None where fewer than half of its events name their stations."""
    named = [(one, w) for one, w in zip(epoch.events, epoch.weight, strict=True) if one.stations]
    if 2 * len(named) < len(epoch.events):
        return None
    read: defaultdict[str, float] = defaultdict(float)
    against: defaultdict[str, float] = defaultdict(float)
    for event, weight in named:
        for station in event.stations:
            read[station] += float(weight)
        for station in event.stations_against:
            against[station] += float(weight)
    return _Stations(sum(float(weight) for _, weight in named), read, against)


def _set_verdict(before: _Stations, after: _Stations, limit: float) -> str:
    """Hold where stations that came or went make a large part of the first motions."""
    moved, changed = 0.0, []
    for station in sorted(before.read.keys() | after.read.keys()):
        one = (before.read.get(station, 0.0), before.events)
        two = (after.read.get(station, 0.0), after.events)
        if _chance(one, two) <= limit:
            moved += abs(two[0] / two[1] - one[0] / one[1])
            changed.append(station)
    usual = sum(before.read.values()) / before.events
    share = moved / usual
    if share > MOST_OTHER_STATIONS:
        return f"hold: {len(changed)} stations came or went, {share:.0%} of the first motions"
    return f"pass: {share:.0%} of the first motions came or went"


def _polarity_verdict(before: _Stations, after: _Stations, limit: float) -> str:
    """Hold where a station's first motions agree with the mechanisms otherwise than before."""
    tested, turned = 0, []
    for station in sorted(before.read.keys() & after.read.keys()):
        one = (before.against.get(station, 0.0), before.read[station])
        two = (after.against.get(station, 0.0), after.read[station])
        if min(one[1], two[1]) < LEAST_READINGS:
            continue
        tested += 1
        shares = one[0] / one[1], two[0] / two[1]
        if abs(shares[1] - shares[0]) >= LEAST_AGAINST and _chance(one, two) <= limit:
            turned.append(f"{station} {shares[0]:.0%} to {shares[1]:.0%}")
    if turned:
        return f"hold: against the mechanisms, {', '.join(turned)}"
    return f"pass: {tested} stations agree as before" if tested else "untested: too few readings"


def _chance(one: tuple[float, float], two: tuple[float, float]) -> float:
    """Chance of shares that differ so much, either way (Fisher's exact test)."""
    (k, n), (m, count) = ((round(a), round(b)) for a, b in (one, two))
    drawn = stats.hypergeom(n + count, k + m, count)
    return float(min(1.0, 2.0 * min(drawn.sf(m - 1), drawn.cdf(m))))
