"""``locate --double-difference``: earthquakes of a file relocated next to one another."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from streamstress.cli.polarity_readings import tracked
from streamstress.errors import InputFileError
from streamstress.ingest.onset_windows import OnsetWanted, onset_windows
from streamstress.ingest.record_index import index_records
from streamstress.location.catalogue import Located
from streamstress.location.correlation import (
    CorrelationSettings,
    Lag,
    Trace,
    filtered,
    lag_between,
)
from streamstress.location.differential_times import differential_times, shares_by_kind
from streamstress.location.finder import EventFinder
from streamstress.location.readings import PhaseReading
from streamstress.location.refinement import refined_events
from streamstress.location.relocated import RelativeError
from streamstress.outputs.picks_csv import PickLine


@dataclass(slots=True)
class Refined:
    """Earthquakes after the refinement, and its errors by event id."""

    located: list[Located]
    errors: dict[str, RelativeError] = field(default_factory=dict)
    differences: Mapping[str, int] = field(default_factory=dict)


def refined(
    finder: EventFinder,
    located: Sequence[Located],
    picks: Mapping[str, PickLine],
    archive: Path | None,
) -> Refined:
    """Relocate; those without neighbours stay as they are.

    Parameters
    ----------
    picks
        Of each reading, by its id.
    archive
        miniSEED to correlate; None: differences of picks alone.

    Raises
    ------
    InputFileError
        There is no such archive.
    """
    correlate = _correlation(located, picks, archive) if archive else None
    times = differential_times(located, correlate=correlate)
    settings = finder.settings.location
    after, errors = list(located), {}
    for one in refined_events(located, times, finder.stations, finder.tables, settings):
        after[one.event] = one.located
        errors[one.located.event_id] = one.error
    return Refined(after, errors, shares_by_kind(times))


def _correlation(
    located: Sequence[Located], picks: Mapping[str, PickLine], archive: Path
) -> Callable[[PhaseReading, PhaseReading], Lag | None]:
    settings = CorrelationSettings()
    traces = _traces(located, picks, archive, settings)

    def correlate(first: PhaseReading, second: PhaseReading) -> Lag | None:
        one, other = traces.get(first.reading_id), traces.get(second.reading_id)
        return lag_between(one, other, settings) if one and other else None

    return correlate


def _traces(
    located: Sequence[Located],
    picks: Mapping[str, PickLine],
    archive: Path,
    settings: CorrelationSettings,
) -> dict[str, Trace]:
    """Filtered verticals of all readings that have one."""
    if not archive.exists():
        raise InputFileError(f"{archive}: no such file or folder; give a miniSEED file or folder")
    ids = [reading.reading_id for event in located for reading in event.readings]
    wanted = [
        OnsetWanted(p.network, p.station, p.location, p.channel, p.time_ns)
        for p in (picks[name] for name in ids)
    ]
    windows = tracked(onset_windows(index_records([archive]), wanted), len(wanted), "onsets")
    found = {}
    for name, window in zip(ids, windows, strict=True):
        if window is not None:
            trace = Trace(window.samples, window.sampling_rate_hz, window.pick_index)
            kept = filtered(trace, settings)
            if kept is not None:
                found[name] = kept
    return found
