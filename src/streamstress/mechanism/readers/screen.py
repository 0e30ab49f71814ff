"""What is the same in every format: impossible angles, duplicate picks, far stations."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from streamstress.mechanism.readers.events import Pick, PickedEvent, SetAside, SourceOrigin

MAX_DISTANCE_KM = 120.0
"""Farther stations are left out (HASH v1.2, `delmax` of the examples)."""

POLARITY: Mapping[str, float] = {
    "U": 1.0, "u": 1.0, "+": 1.0, "D": 0.0, "d": 0.0, "-": 0.0,
}  # fmt: skip
"""Probability of up of the letters of HASH v1.2; others say nothing."""


@dataclass(slots=True)
class EventDraft:
    """An event while it is read: picks that count so far, and what was set aside."""

    origin: SourceOrigin
    max_distance_km: float = MAX_DISTANCE_KM
    picks: list[Pick] = field(default_factory=list)
    set_aside: list[SetAside] = field(default_factory=list)

    def refuse(self, line_number: int, station: str, reason: str, detail: str) -> None:
        """Set a reading aside."""
        event_id = self.origin.event_id
        self.set_aside.append(SetAside(event_id, line_number, station, reason, detail))

    def add(self, pick: Pick) -> None:
        """Take a pick, or set it aside where its ray is impossible or its station too far."""
        wrong = impossible_angle(pick)
        if wrong:
            self.refuse(pick.line_number, pick.station, "impossible-angle", wrong)
        elif pick.distance_km > self.max_distance_km:
            detail = f"{pick.distance_km:.0f} km away, limit {self.max_distance_km:g} km"
            self.refuse(pick.line_number, pick.station, "beyond-distance", detail)
        else:
            self.picks.append(pick)

    def event(self, bytes_read: int) -> PickedEvent:
        """The event without its duplicate picks."""
        kept, twice = without_duplicates(self.picks)
        for pick, reason, detail in twice:
            self.refuse(pick.line_number, pick.station, reason, detail)
        return PickedEvent(self.origin, tuple(kept), tuple(self.set_aside), bytes_read)


def impossible_angle(pick: Pick) -> str:
    """What is wrong with the ray of a pick, empty if nothing; a NaN take-off is still to come."""
    azimuth, takeoff = pick.azimuth_deg, pick.takeoff_deg
    if not -360.0 <= azimuth <= 360.0:
        return f"azimuth {azimuth:g} is not between -360 and 360 degrees"
    if not (np.isnan(takeoff) or 0.0 <= takeoff <= 180.0):
        return f"take-off {takeoff:g} is not between 0 and 180 degrees"
    if not (pick.azimuth_sigma_deg >= 0.0 and pick.takeoff_sigma_deg >= 0.0):
        return "a standard deviation is below 0 or no number"
    return ""


def without_duplicates(
    picks: Sequence[Pick],
) -> tuple[list[Pick], Iterable[tuple[Pick, str, str]]]:
    """One pick a station and kind of reading, and the picks that are set aside.

    Of picks that agree the impulsive one stays, of equal ones the first. Where two contradict one
    another none stays, since the file does not tell which is right: so the order means nothing.
    """
    groups: dict[tuple[str, bool], list[Pick]] = {}
    for pick in picks:
        groups.setdefault((pick.station, pick.has_ratio), []).append(pick)
    if len(groups) == len(picks):
        return list(picks), ()
    chosen: dict[int, Pick] = {}
    refused: list[tuple[Pick, str, str]] = []
    for group in groups.values():
        best = min(group, key=lambda pick: (not pick.impulsive, repr(pick)))
        if len({_says(pick) for pick in group}) > 1:
            detail = f"{len(group)} picks of this station contradict one another"
            refused += [(pick, "conflicting-picks", detail) for pick in group]
            continue
        chosen[id(best)] = best
        refused += [
            (pick, "duplicate-pick", "the station has another pick that says the same")
            for pick in group
            if pick is not best
        ]
    return [pick for pick in picks if id(pick) in chosen], refused


def _says(pick: Pick) -> float:
    return round(pick.sp_log_ratio, 6) if pick.has_ratio else np.sign(pick.up_probability - 0.5)
