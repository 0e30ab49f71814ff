"""The moving window of one zone.

Window k covers ``[k * hop, k * hop + window)`` of data time, whatever the clock says and wherever
a worker started: so a window done twice gives the same candidates under the same ids. An origin is
provisional until a window reaches past its last S (``complete``); then its readings are taken, and
later windows do not see them.
"""

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from streamstress.earth.paths import Receivers
from streamstress.earth.projection import LocalFrame, distance_azimuth
from streamstress.errors import ConfigError
from streamstress.location.candidates import Candidate
from streamstress.location.finder import EventFinder, Found
from streamstress.location.hypocentre import Hypocentre
from streamstress.location.reading_errors import ReadingErrors
from streamstress.location.readings import PhaseReading
from streamstress.location.station_terms import StationTerms

NS = 1_000_000_000
# Origins move by about this much between windows: one that moves back over the line still counts.
ORIGIN_SLACK_S = 2.0


@dataclass(frozen=True, slots=True)
class WindowSettings:
    """Length and step of the window; ``max_travel_s`` None: from the size of the zone.

    Of more than ``max_picks`` in a window the most probable are used: cost grows faster than their
    number, and a swarm must not make the zone late.
    """

    window_s: int = 45
    hop_s: int = 5
    max_travel_s: float | None = None
    max_picks: int = 1500
    learn_stations: bool = True
    learn_errors: bool = True


class ZoneAssociation:
    """Readings of one zone in, candidates out.

    Parameters
    ----------
    zone
        Its name, part of the candidate ids.
    finder
        The zone's stations, model and settings.
    settings
        Window and step.

    Raises
    ------
    ConfigError
        The window is too short for the S waves of the zone.
    """

    def __init__(
        self, zone: str, finder: EventFinder, settings: WindowSettings | None = None
    ) -> None:
        settings = settings or WindowSettings()
        self.zone = zone
        self._finder = finder
        self._hop_ns, self._window_ns = settings.hop_s * NS, settings.window_s * NS
        travel_s = settings.max_travel_s or max_travel_s(finder)
        if travel_s + ORIGIN_SLACK_S + settings.hop_s > settings.window_s:
            raise ConfigError(
                f"zone {zone}: S takes up to {travel_s:.0f} s, a window of {settings.window_s} s "
                f"is too short; give {travel_s + ORIGIN_SLACK_S + settings.hop_s:.0f} s or more"
            )
        self._travel_ns = round(travel_s * NS)
        self._next: int | None = None
        self._readings: dict[str, PhaseReading] = {}
        self._taken: dict[str, int] = {}
        self._last: tuple[frozenset[str], list[Found]] = (frozenset(), [])
        self._sent: dict[tuple[str, ...], int] = {}
        self.rejections: dict[str, int] = {}
        self.set_aside: Counter[str] = Counter()
        """Readings of overfull windows that were not used; whoever counts them takes them out."""
        self._overfull: dict[str, int] = {}
        self._max_picks = settings.max_picks
        self._learns_stations = settings.learn_stations
        self._learns_errors = settings.learn_errors
        self.terms = StationTerms()
        self.errors = ReadingErrors()

    @property
    def needed_since_ns(self) -> int | None:
        """Oldest reading time that a coming window needs; None before the first window."""
        return None if self._next is None else self._next * self._hop_ns

    @property
    def final_until_ns(self) -> int | None:
        """No candidate with an earlier origin will come; None before the first window."""
        if self._next is None:
            return None
        end_ns = (self._next - 1) * self._hop_ns + self._window_ns
        return end_ns - self._travel_ns - round(ORIGIN_SLACK_S * NS)

    def add(self, reading: PhaseReading) -> bool:
        """Take a reading, in any order; False if no coming window needs it, or it is known."""
        needed_ns = self.needed_since_ns
        if needed_ns is not None and reading.time_ns < needed_ns:
            return False
        if reading.reading_id in self._readings or reading.reading_id in self._taken:
            return False
        self._readings[reading.reading_id] = reading
        return True

    def advance(self, watermark_ns: int) -> list[Candidate]:
        """Run all windows that end by the watermark: every earlier reading has been added."""
        last = (watermark_ns - self._window_ns) // self._hop_ns
        candidates: list[Candidate] = []
        while (index := self._first_useful(last)) <= last:
            candidates += self._run(index)
            self._next = index + 1
            self._forget(self._next * self._hop_ns)
        self._next = index
        return candidates

    def snapshot(self) -> dict[str, Any]:
        """State without the readings, which are added again from ``needed_since_ns`` on."""
        return {
            "zone": self.zone,
            "next": self._next,
            "taken": dict(self._taken),
            "terms": self.terms.snapshot(),
            "errors": self.errors.snapshot(),
        }

    def restore(self, snapshot: Mapping[str, Any]) -> None:
        """Take up the state of a snapshot; readings added before are forgotten."""
        self._next = snapshot["next"]
        self._taken = dict(snapshot["taken"])
        self.terms = StationTerms.restored(snapshot.get("terms", {}))
        self.errors = ReadingErrors.restored(snapshot.get("errors", {}))
        self._readings, self._sent, self._last = {}, {}, (frozenset(), [])

    def _first_useful(self, last: int) -> int:
        """Return the next window with a reading in it, or the one after ``last``; quiet is free."""
        after = last + 1 if self._next is None else max(self._next, last + 1)
        if not self._readings:
            return after
        earliest_ns = min(reading.time_ns for reading in self._readings.values())
        first = (earliest_ns - self._window_ns) // self._hop_ns + 1
        return min(after, first if self._next is None else max(first, self._next))

    def _run(self, index: int) -> list[Candidate]:
        start_ns = index * self._hop_ns
        end_ns = start_ns + self._window_ns
        everything = [r for r in self._readings.values() if start_ns <= r.time_ns < end_ns]
        inside = self._most_probable(everything)
        if len(inside) < self._finder.settings.association.min_picks:
            return []
        ids = frozenset(reading.reading_id for reading in inside)
        if ids != self._last[0]:
            told = self.errors.told(inside)
            crowded = len(inside) < len(everything)
            found = self._finder.find(told, self.terms.delays(), end_ns, crowded=crowded)
            self._last = (ids, found)
            self._count(self._last[1])
        complete_ns = end_ns - self._travel_ns
        # What an earlier window saw to the end is decided.
        decided_ns = complete_ns - self._hop_ns - round(ORIGIN_SLACK_S * NS)
        candidates = []
        for ordinal, (origin, readings) in enumerate(_earthquakes(self._last[1])):
            complete = origin.origin_time_ns <= complete_ns
            if origin.origin_time_ns >= decided_ns:
                candidate = self._candidate(
                    f"{self.zone}-{index}-{ordinal}", origin, readings, complete
                )
                if self._is_news(candidate, end_ns):
                    candidates.append(candidate)
            if complete:
                self._learn(origin, readings)
                self._take(readings)
        return candidates

    def _learn(self, origin: Hypocentre, readings: tuple[PhaseReading, ...]) -> None:
        if self._learns_errors:
            stated = [self._readings[r.reading_id] for r in readings]
            self.errors.learn(origin, stated, self._finder.settings.location)
        if self._learns_stations:
            self.terms.learn(origin.arrivals)

    def _most_probable(self, inside: list[PhaseReading]) -> list[PhaseReading]:
        if len(inside) <= self._max_picks:
            return inside
        ranked = sorted(inside, key=lambda r: (-r.probability, r.sigma_s, r.reading_id))
        for reading in ranked[self._max_picks :]:
            if reading.reading_id not in self._overfull:
                self._overfull[reading.reading_id] = reading.time_ns
                self.set_aside["overfull-window"] += 1
        return ranked[: self._max_picks]

    def _candidate(
        self,
        candidate_id: str,
        origin: Hypocentre,
        readings: tuple[PhaseReading, ...],
        complete: bool,
    ) -> Candidate:
        mine = {reading.reading_id for reading in readings}
        quality = sum(a.weight for a in origin.arrivals if a.reading_id in mine)
        return Candidate(candidate_id, self.zone, origin, readings, round(quality, 6), complete)

    def _is_news(self, candidate: Candidate, end_ns: int) -> bool:
        if candidate.reading_ids in self._sent and not candidate.complete:
            return False
        self._sent[candidate.reading_ids] = end_ns
        return True

    def _take(self, readings: tuple[PhaseReading, ...]) -> None:
        for reading in readings:
            if self._readings.pop(reading.reading_id, None) is not None:
                self._taken[reading.reading_id] = reading.time_ns

    def _forget(self, needed_ns: int) -> None:
        self._readings = {i: r for i, r in self._readings.items() if r.time_ns >= needed_ns}
        self._taken = {i: time_ns for i, time_ns in self._taken.items() if time_ns >= needed_ns}
        self._overfull = {i: t for i, t in self._overfull.items() if t >= needed_ns}
        self._sent = {ids: end_ns for ids, end_ns in self._sent.items() if end_ns >= needed_ns}

    def _count(self, found: list[Found]) -> None:
        for event in found:
            if event.rejection is not None:
                name = event.rejection.value
                self.rejections[name] = self.rejections.get(name, 0) + 1


def _earthquakes(found: list[Found]) -> list[tuple[Hypocentre, tuple[PhaseReading, ...]]]:
    passed = [
        (event.hypocentre, event.readings)
        for event in found
        if event.rejection is None and event.hypocentre is not None
    ]
    return sorted(passed, key=lambda event: (event[0].origin_time_ns, event[0].inlier_ids))


def windows_of(finder: EventFinder, hop_s: int = 5) -> WindowSettings:
    """A window just long enough for the zone's slowest S."""
    travel_s = max_travel_s(finder)
    window_s = math.ceil((travel_s + ORIGIN_SLACK_S + hop_s + 1.0) / hop_s) * hop_s
    return WindowSettings(window_s=window_s, hop_s=hop_s, max_travel_s=travel_s)


def max_travel_s(finder: EventFinder) -> float:
    """Longest S travel time (s) that counts: across the network, or the farthest station used."""
    latitude = np.array([s.latitude_deg for s in finder.stations.values()])
    longitude = np.array([s.longitude_deg for s in finder.stations.values()])
    distance, _ = distance_azimuth(latitude[:, None], longitude[:, None], latitude, longitude)
    limits = finder.settings.association
    reach_km = min(float(distance.max()) + limits.margin_km, limits.max_station_distance_km)
    frame = LocalFrame(0.0, 0.0)
    reached = Receivers(frame, ("",), np.array([reach_km]), np.zeros(1), np.zeros(1))
    origins = np.array([[0.0, 0.0, 0.0], [0.0, 0.0, limits.max_depth_km]])
    return float(finder.tables["S"].rays_to(reached, origins).time_s.max()) + 1.0
