"""Station terms of log10 S/P from the catalogue that is solved: ``solve --learn-statcor``.

The catalogue is solved twice. The first time leaves residuals; the second time each event is freed
of the terms that the events of the other folds gave, so that no event is part of its own and the
order of the events means nothing.
"""

import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from streamstress.mechanism.readers.events import PickedEvent
from streamstress.mechanism.sp_stations import (
    LARGEST_RESIDUAL,
    StationTerm,
    summary_of,
    terms_of,
)

FOLDS = 10
"""Parts of a catalogue: nine tenths of the events tell nearly as much as all."""

CODES = 3
"""Network, station and channel, joined by points."""

Residuals = Iterable[tuple[str, Iterable[tuple[str, float]]]]
"""Event id, and station and residual of each of its ratios."""


@dataclass(frozen=True, slots=True)
class LearnedStations:
    """Terms of the stations: by fold, without its own events, and of all events together.

    Attributes
    ----------
    folds
        Terms by station of each fold.
    elsewhere
        The term of a station that has none, of each fold.
    whole
        From all events, to be written.
    """

    folds: tuple[Mapping[str, float], ...]
    elsewhere: tuple[float, ...]
    whole: Mapping[str, StationTerm]

    def corrected(self, event: PickedEvent) -> PickedEvent:
        """The event with its ratios freed of their stations."""
        fold = fold_of(event.event_id)
        terms, other = self.folds[fold], self.elsewhere[fold]
        picks = (
            replace(pick, sp_log_ratio=pick.sp_log_ratio - terms.get(pick.station, other))
            if pick.has_ratio
            else pick
            for pick in event.picks
        )
        return replace(event, picks=tuple(picks))


def fold_of(event_id: str) -> int:
    """Fold of an event, by its name alone."""
    return zlib.crc32(event_id.encode()) % FOLDS


def learned_stations(residuals: Residuals) -> LearnedStations:
    """Terms from the residuals of a catalogue, in any order."""
    by_station: dict[str, list[tuple[int, float]]] = {}
    for event_id, found in residuals:
        for station, value in found:
            if abs(value) <= LARGEST_RESIDUAL:
                by_station.setdefault(station, []).append((fold_of(event_id), value))
    without = [_terms(by_station, fold) for fold in range(FOLDS)]
    return LearnedStations(
        tuple({name: term.value for name, term in terms.items()} for terms, _ in without),
        tuple(elsewhere for _, elsewhere in without),
        _terms(by_station, None)[0],
    )


def _terms(
    by_station: Mapping[str, list[tuple[int, float]]], left_out: int | None
) -> tuple[dict[str, StationTerm], float]:
    """Terms of all stations, and that of an unknown one, without a fold."""
    values = {
        name: [value for fold, value in found if fold != left_out]
        for name, found in by_station.items()
    }
    summaries = {name: summary_of(found) for name, found in values.items() if found}
    names = sorted(by_station)
    *terms, unknown = terms_of(summaries, [*names, ""])
    return dict(zip(names, terms, strict=True)), unknown.value


def write_statcor(path: Path, learned: LearnedStations) -> None:
    """Write the terms for ``--statcor``: HASH's columns, then sigma and number of events."""
    lines = []
    for name, term in learned.whole.items():
        codes = name.split(".")
        if len(codes) == CODES:
            network, station, channel = codes
            numbers = f"{term.value:8.4f} {term.sigma:7.4f} {term.count:6d}"
            lines.append(f"{station:<4} {channel:<3} {network:<2} {numbers}\n")
    path.write_text("".join(lines), encoding="utf-8")
