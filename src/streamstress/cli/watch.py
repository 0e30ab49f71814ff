"""What ``watch`` does: the live detector over a catalogue, in the order of origin times."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import typer

from streamstress.change import (
    ChangeDetector,
    ChangeEvent,
    ChangeSettings,
    Grid,
    JoiningCells,
    RegionWatch,
)
from streamstress.change.settings import LEAST_PER_1E4, MOST_PER_1E4, NS_A_YEAR
from streamstress.cli.catalogue_events import catalogue_events
from streamstress.cli.watch_display import (
    console,
    tell_changes,
    tell_series,
    tell_set_aside,
    watch_progress,
)
from streamstress.errors import ConfigError
from streamstress.outputs.alarm_lines import alarm_line, change_record
from streamstress.outputs.mechanisms_csv import read_mechanisms
from streamstress.outputs.timeline import TimelineEntry, read_timeline
from streamstress.outputs.watch_plot import check_suffix, draw_watch
from streamstress.outputs.watch_series import WatchSeries
from streamstress.records import StressChange


@dataclass(frozen=True, slots=True)
class WatchOptions:
    """What the command was asked for."""

    grades: str = "ABC"
    learn: int = 500
    false_alarms_per_1e4: float | None = None
    false_alarms_per_year: float | None = None
    region: str = "catalogue"
    seed: int = 0
    cells_deg: float | None = None


@dataclass(frozen=True, slots=True)
class Watched:
    """What was seen of a region and of each of its cells, and every line in order of time."""

    series: dict[str, WatchSeries]
    changes: list[StressChange]


def run_watch(
    mechanisms: Path,
    out: Path,
    options: WatchOptions,
    *,
    plot: Path | None = None,
    timeline: Path | None = None,
    as_json: bool = False,
) -> None:
    """Watch a catalogue, write its lines, and say what was found.

    Raises
    ------
    InputFileError
        A file cannot be read.
    ConfigError
        There are too few events to learn from, or the options contradict one another.
    """
    for path in (path for path in (out, plot) if path is not None):
        if not path.parent.is_dir():
            raise ConfigError(f"{path}: there is no folder {path.parent}; make it first")
    if plot is not None:
        check_suffix(plot)
    entries = read_timeline(timeline) if timeline is not None else ()
    found = catalogue_events(read_mechanisms(mechanisms), options.grades)
    settings = settings_of(found.events, options, mechanisms)
    set_aside = found.set_aside
    if options.cells_deg is None:
        watched = watch_events(found.events, settings, options.region)
    else:
        watched, placeless = watch_cells(found.events, settings, options.region, options.cells_deg)
        set_aside = set_aside + placeless
    out.write_text("".join(f"{json.dumps(alarm_line(change))}\n" for change in watched.changes))
    figures = [] if plot is None else draw_watched(plot, watched, entries)
    if as_json:
        typer.echo(json.dumps(summary(watched, set_aside), indent=2))
        return
    for region, series in watched.series.items():
        tell_series(region, series)
    tell_set_aside(set_aside)
    tell_changes(watched.changes)
    console.print(f"written: {', '.join(str(path) for path in (out, *figures))}")


def settings_of(events: Sequence[ChangeEvent], options: WatchOptions, file: Path) -> ChangeSettings:
    """Settings of the detector; a yearly rate is turned into one by events as they were learned.

    Raises
    ------
    ConfigError
        There are too few events to learn from, or both rates are given.
    """
    per_1e4, per_year = options.false_alarms_per_1e4, options.false_alarms_per_year
    if per_1e4 is not None and per_year is not None:
        raise ConfigError("give --false-alarms or --false-alarms-per-year, not both")
    if len(events) <= options.learn:
        raise ConfigError(
            f"{file}: {len(events)} events of grade {', '.join(options.grades)} or none, and "
            f"--learn {options.learn} needs more; give a smaller --learn (30 or more)"
        )
    if per_year is not None:
        # of the whole catalogue, so that all cells together keep it
        span_ns = max(1, events[options.learn - 1].origin_time_ns - events[0].origin_time_ns)
        per_1e4 = per_year * 1e4 * (span_ns / NS_A_YEAR) / options.learn
        if not LEAST_PER_1E4 <= per_1e4 <= MOST_PER_1E4:
            raise ConfigError(
                f"--false-alarms-per-year {per_year:g} is {per_1e4:.3g} in 10,000 events at the "
                f"rate of the learned ones; give {per_year * LEAST_PER_1E4 / per_1e4:.2g} to "
                f"{per_year * MOST_PER_1E4 / per_1e4:.2g}"
            )
    return ChangeSettings(
        learn=options.learn,
        false_alarms_per_1e4=1.0 if per_1e4 is None else per_1e4,
        seed=options.seed,
    )


def watch_events(events: Sequence[ChangeEvent], settings: ChangeSettings, region: str) -> Watched:
    """Lines of a catalogue, in order: those of the live agent fed the same events."""
    watch, series = _region_watch(settings), WatchSeries(settings.learn)
    for event in events:
        watch.put(event.event_id, 0, event.origin_time_ns, event)
    with watch_progress() as bar:
        task = bar.add_task("watching", total=len(events))

        def observe(event: ChangeEvent, detector: ChangeDetector) -> None:
            bar.advance(task)
            series.add(event, detector.score, detector.threshold)

        lines = watch.advance(_end_ns(events), observe)
    changes = [change_record(line, number, region) for number, line in enumerate(lines)]
    return Watched({region: series}, changes)


def watch_cells(
    events: Sequence[ChangeEvent], settings: ChangeSettings, region: str, grid_deg: float
) -> tuple[Watched, Counter[str]]:
    """Lines of every cell, and how many events have no place."""
    grid = Grid(grid_deg)
    placed = [event for event in events if event.latitude_deg is not None]
    placed = [event for event in placed if event.longitude_deg is not None]
    cells = JoiningCells(grid, lambda: _region_watch(settings), settings.learn)
    series: dict[str, WatchSeries] = {}
    for event in placed:
        cells.put(event.event_id, 0, event.origin_time_ns, event)
    with watch_progress() as bar:
        task = bar.add_task("watching", total=len(placed))

        def observe(event: ChangeEvent, detector: ChangeDetector) -> None:
            bar.advance(task)
            name = f"{region}/{grid.name(cells.cell_of(event))}"
            seen = series.setdefault(name, WatchSeries(settings.learn))
            seen.add(event, detector.score, detector.threshold)

        lines = cells.advance(_end_ns(events), observe)
    changes = [
        change_record(line.decision, number, f"{region}/{grid.name(line.cell)}")
        for number, line in enumerate(lines)
    ]
    placeless = len(events) - len(placed)
    return Watched(series, changes), Counter({"no place": placeless} if placeless else {})


def draw_watched(plot: Path, watched: Watched, timeline: Sequence[TimelineEntry]) -> list[Path]:
    """Draw the region, or each cell that has lines under its own name; without any, the fullest."""
    if not watched.series:
        return []
    if len(watched.series) == 1:
        ((region, series),) = watched.series.items()
        draw_watch(plot, series, watched.changes, timeline, region)
        return [plot]
    fullest = max(watched.series, key=lambda region: len(watched.series[region].events))
    drawn = sorted({change.region for change in watched.changes}) or [fullest]
    paths = []
    for region in drawn:
        cell = region.rpartition("/")[2].replace(" ", "_")
        paths.append(plot.with_name(f"{plot.stem}-{cell}{plot.suffix}"))
        changes = [change for change in watched.changes if change.region == region]
        draw_watch(paths[-1], watched.series[region], changes, timeline, region)
    return paths


def summary(watched: Watched, set_aside: Counter[str]) -> dict[str, Any]:
    """What was found, for programs."""
    return {
        "n_events": sum(len(series.events) for series in watched.series.values()),
        "set_aside": dict(set_aside),
        "n_alarms": sum(change.state == "open" for change in watched.changes),
        "regions": [
            {
                "region": region,
                "n_events": len(series.events),
                "n_learned": min(series.learn, len(series.events)),
                "threshold": series.threshold[-1] or None,
            }
            for region, series in watched.series.items()
        ],
        "lines": [alarm_line(change) for change in watched.changes],
    }


def _region_watch(settings: ChangeSettings) -> RegionWatch[ChangeDetector]:
    return RegionWatch(
        lambda: ChangeDetector(settings),
        lambda snapshot: ChangeDetector.restore(snapshot),
    )


def _end_ns(events: Sequence[ChangeEvent]) -> int:
    return max(event.origin_time_ns for event in events) + 1
