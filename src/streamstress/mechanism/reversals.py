"""Stations with their polarity upside down: when, and how sure.

Each first motion of a station is held against what the other stations of its event predict. The
logarithm of the odds that the station is reversed goes up or down by it: little near a nodal plane
(predicted at one half) and for an emergent onset (read at one half), at most by `most_evidence`
for a clear one. Page's (1954, Biometrika 41, 100) test adds these up from the most favourable start
on, so that it finds the date of a reversal, and of its end, without knowing it. Events of one
family (`event_families`) share their evidence: a swarm repeats the error of one ray.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from streamstress.mechanism.event_families import shared_by_family

Array = NDArray[np.float64]

WRONG_WHATEVER = 0.1
"""Share of clear readings that say nothing at a sound station: wrong events, wrong rays. It bounds
the evidence of one reading to log(19), so that no single event can propose."""

THRESHOLD = float(np.log(1e6))
"""Sum of log odds at which a reversal is proposed. Page's test needs on average at least
``exp(threshold)`` independent readings of a sound station to get there (Lorden 1971)."""


@dataclass(frozen=True, slots=True)
class Reversal:
    """A time in which a station seems reversed.

    Attributes
    ----------
    station
        ``NET.STA``.
    from_ns, until_ns
        Time of the first reading that is turned, and of the first that is not any more (None: it
        still is).
    sound_until_ns
        Time of the last reading before it: the reversal came in between. None for the first.
    found_ns
        Time of the reading that brought the sum over the threshold.
    log10_odds
        Evidence of all readings in the time, for against.
    n_readings, n_against, n_to_find
        Clear readings in it; those that contradict the prediction; how many were needed.
    """

    station: str
    from_ns: int
    until_ns: int | None
    sound_until_ns: int | None
    found_ns: int
    log10_odds: float
    n_readings: int
    n_against: int
    n_to_find: int


def reversal_evidence(
    up_probability: ArrayLike, predicted: ArrayLike, wrong_whatever: float = WRONG_WHATEVER
) -> Array:
    """Log odds (...) for "reversed" against "sound" of readings.

    Parameters
    ----------
    up_probability
        (...) as read; 0.5 says nothing.
    predicted
        (...) probability of up, by the other stations.
    wrong_whatever
        Share of readings that say nothing though they seem clear.
    """
    read, expected = np.asarray(up_probability, float), np.asarray(predicted, float)
    # Products of |2p - 1|: both are even under turning everything over.
    agreement = (2.0 * read - 1.0) * (2.0 * expected - 1.0) * (1.0 - wrong_whatever)
    return np.asarray(np.log1p(-agreement) - np.log1p(agreement))


def most_evidence(wrong_whatever: float = WRONG_WHATEVER) -> float:
    """Log odds of one perfectly clear reading."""
    return float(np.log(2.0 / wrong_whatever - 1.0))


@dataclass(slots=True)
class StationTest:
    """All readings of one station, an entry an event; a newer version replaces the one held."""

    station: str
    threshold: float = THRESHOLD
    _readings: dict[str, tuple[int, float, str]] = field(default_factory=dict)

    def update(
        self, event_id: str, time_ns: int, evidence: float, family: str | None = None
    ) -> None:
        """Take a reading's log odds, or replace those of the same event.

        ``family`` names the events that see the same thing; None: this one is alone.
        """
        self._readings[event_id] = (time_ns, evidence, family or event_id)

    def remove(self, event_id: str) -> None:
        """Take an event out; nothing happens where it is not held."""
        self._readings.pop(event_id, None)

    def __len__(self) -> int:
        return len(self._readings)

    def reversals(self) -> list[Reversal]:
        """Reversals by all readings in the order of time, the last of them perhaps still open."""
        ordered = [
            self._readings[event] for event in sorted(self._readings, key=self._time_and_event)
        ]
        times = [time for time, _, _ in ordered]
        evidence = shared_by_family(
            [value for _, value, _ in ordered], [family for _, _, family in ordered]
        )
        return find_reversals(self.station, times, evidence, self.threshold)

    def _time_and_event(self, event_id: str) -> tuple[int, str]:
        return self._readings[event_id][0], event_id


def find_reversals(
    station: str, times_ns: Sequence[int], evidence: Sequence[float], threshold: float = THRESHOLD
) -> list[Reversal]:
    """Find the times in which a station is reversed.

    Parameters
    ----------
    times_ns
        Of the readings, ascending.
    evidence
        Log odds of each for "reversed", from `reversal_evidence`.
    threshold
        Sum of log odds at which a change of state is taken as found.
    """
    found: list[tuple[int, int]] = []
    is_reversed, total, start = False, 0.0, 0
    for index, value in enumerate(evidence):
        total += -value if is_reversed else value
        if total <= 0.0:
            total, start = 0.0, index + 1
        if total >= threshold:
            found.append((start, index))
            is_reversed, total, start = not is_reversed, 0.0, index + 1
    ends = [*(begin for begin, _ in found[1::2]), len(times_ns)]
    return [
        _reversal(station, times_ns, np.asarray(evidence, float), (start, index, end))
        for (start, index), end in zip(found[::2], ends, strict=False)
    ]


def _reversal(
    station: str, times_ns: Sequence[int], evidence: Array, place: tuple[int, int, int]
) -> Reversal:
    start, index, end = place
    clear = np.abs(evidence) >= 0.5 * most_evidence()
    return Reversal(
        station=station,
        from_ns=times_ns[start],
        until_ns=times_ns[end] if end < len(times_ns) else None,
        sound_until_ns=times_ns[start - 1] if start else None,
        found_ns=times_ns[index],
        log10_odds=float(evidence[start:end].sum() / np.log(10.0)),
        n_readings=int(clear[start:end].sum()),
        n_against=int((clear & (evidence > 0))[start:end].sum()),
        n_to_find=index - start + 1,
    )
