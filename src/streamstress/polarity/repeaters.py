"""Repeating earthquakes: readings that must agree, though nobody knows what they are.

Members of a family break the same patch in the same way (Igarashi 2020, Earth Planets Space 72:73),
so at one station all of them have the same first motion. How often two members
agree says how often a model is right, without a single label.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from streamstress.polarity.thresholds import wilson_interval

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]

SNR_EDGES = (0.0, 2.0, 3.0, 5.0, 10.0, 20.0, np.inf)
"""Bins of the lower signal-to-noise ratio of a pair."""


@dataclass(frozen=True, slots=True)
class RepeaterReadings:
    """Readings (n,) of members: family, event and station names, up probability and SNR.

    ``snr`` is NaN where unknown.
    """

    family: NDArray[np.str_]
    event: NDArray[np.str_]
    station: NDArray[np.str_]
    up_probability: Floats
    snr: Floats


@dataclass(frozen=True, slots=True)
class RepeaterPairs:
    """Pairs (k,) of readings of one family at one station.

    Attributes
    ----------
    station
        (k,)
    score
        (k, 2) up minus down probability of both members (Uchide 2020).
    snr
        (k,) the lower of the two.
    weight
        (k,) 2 / n for a group of n readings, so that it counts n - 1 comparisons, not n (n-1) / 2.
    """

    station: NDArray[np.str_]
    score: Floats
    snr: Floats
    weight: Floats


@dataclass(frozen=True, slots=True)
class Agreement:
    """How often pairs agree.

    Attributes
    ----------
    name
        Station, range of SNR, or "all".
    n_pairs, n_effective
        Pairs, and what they count.
    kept
        Share of the pairs with both members decided.
    agreement
        Share of those with the same first motion, NaN where none.
    accuracy, accuracy_low, accuracy_high
        Share of right readings that explains it, with its 95 % interval.
    """

    name: str
    n_pairs: int
    n_effective: float
    kept: float
    agreement: float
    accuracy: float
    accuracy_low: float
    accuracy_high: float


def repeater_pairs(readings: RepeaterReadings) -> RepeaterPairs:
    """Pair every two members of a family at a station; an event read twice is read once."""
    first, second, weight = [], [], []
    for members in _groups(readings):
        i, j = np.triu_indices(members.size, 1)
        first.append(members[i])
        second.append(members[j])
        weight.append(np.full(i.size, 2.0 / members.size))
    a, b = (np.concatenate([np.zeros(0, np.int64), *part]) for part in (first, second))
    score = 2.0 * readings.up_probability - 1.0
    return RepeaterPairs(
        readings.station[a],
        np.stack([score[a], score[b]], axis=1),
        np.fmin(readings.snr[a], readings.snr[b]),
        np.concatenate([np.zeros(0), *weight]),
    )


def agreement_of(pairs: RepeaterPairs, threshold: float, name: str = "all") -> Agreement:
    """Agreement of pairs whose members are both decided at ``|2p - 1| >= threshold``."""
    certainty = np.round(np.abs(pairs.score), 4)
    decided = ((certainty >= threshold) & (certainty > 0.0)).all(axis=1)
    same = pairs.score[:, 0] * pairs.score[:, 1] > 0.0
    total, kept = float(pairs.weight.sum()), float(pairs.weight[decided].sum())
    share = float(pairs.weight[decided & same].sum()) / kept if kept else float("nan")
    low, high = wilson_interval(share, kept)
    return Agreement(
        name,
        len(pairs.weight),
        kept,
        kept / total if total else float("nan"),
        share,
        accuracy_from_agreement(share),
        accuracy_from_agreement(float(low)),
        accuracy_from_agreement(float(high)),
    )


def agreement_by_station(pairs: RepeaterPairs, threshold: float) -> list[Agreement]:
    """Agreement of each station, by name."""
    return [
        agreement_of(_where(pairs, pairs.station == station), threshold, str(station))
        for station in np.unique(pairs.station)
    ]


def agreement_by_snr(
    pairs: RepeaterPairs, threshold: float, edges: Sequence[float] = SNR_EDGES
) -> list[Agreement]:
    """Agreement by the lower SNR of the pair; bins without a pair are left out."""
    found = []
    for low, high in pairwise(edges):
        inside = (pairs.snr >= low) & (pairs.snr < high)
        name = f"{low:g} to {high:g}" if np.isfinite(high) else f"{low:g} and above"
        if inside.any():
            found.append(agreement_of(_where(pairs, inside), threshold, name))
    return found


def accuracy_from_agreement(agreement: float) -> float:
    """Share of right readings a, where independent ones agree with ``a**2 + (1 - a)**2``.

    NaN of NaN; one half where pairs agree no more often than chance.
    """
    return 0.5 + 0.5 * float(np.sqrt(np.maximum(0.0, 2.0 * agreement - 1.0)))


def _groups(readings: RepeaterReadings) -> Iterator[Indices]:
    """Indices of the readings of one family at one station, two or more, one an event."""
    place: dict[tuple[str, str], dict[str, int]] = {}
    keys = zip(readings.family, readings.station, readings.event, strict=True)
    for index, (family, station, event) in enumerate(keys):
        place.setdefault((family, station), {}).setdefault(event, index)
    for members in place.values():
        if len(members) > 1:
            yield np.array(sorted(members.values()), np.int64)


def _where(pairs: RepeaterPairs, inside: NDArray[np.bool_]) -> RepeaterPairs:
    return RepeaterPairs(
        pairs.station[inside], pairs.score[inside], pairs.snr[inside], pairs.weight[inside]
    )
