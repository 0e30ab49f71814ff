"""What ``watch`` does: the live detector over a catalogue, in the order of origin times."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeRemainingColumn,
)
from rich.table import Table
from rich.text import Text

from streamstress.change import ChangeDetector, ChangeEvent, ChangeSettings, RegionWatch
from streamstress.cli.catalogue_events import catalogue_events
from streamstress.errors import ConfigError
from streamstress.outputs.alarm_lines import alarm_line, change_record
from streamstress.outputs.alarm_text import alarm_text, short_time
from streamstress.outputs.mechanisms_csv import read_mechanisms
from streamstress.outputs.timeline import read_timeline
from streamstress.outputs.watch_plot import check_suffix, draw_watch
from streamstress.outputs.watch_series import WatchSeries
from streamstress.records import StressChange
from streamstress.stress import michael_tensor

NS_A_YEAR = 31_557_600 * 10**9
"""Julian year."""

console = Console(stderr=True, highlight=False, markup=False, soft_wrap=True)


@dataclass(frozen=True, slots=True)
class WatchOptions:
    """What the command was asked for."""

    grades: str = "ABC"
    learn: int = 500
    false_alarms_per_1e4: float | None = None
    false_alarms_per_year: float | None = None
    region: str = "catalogue"
    seed: int = 0


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
    if plot is not None:
        check_suffix(plot)
    entries = read_timeline(timeline) if timeline is not None else ()
    found = catalogue_events(read_mechanisms(mechanisms), options.grades)
    settings = settings_of(found.events, options, mechanisms)
    series = WatchSeries(options.learn)
    changes = watch_events(found.events, settings, options.region, series)
    out.write_text("".join(f"{json.dumps(alarm_line(change))}\n" for change in changes))
    if plot is not None:
        title = f"{options.region}: {len(found.events)} events of {mechanisms.name}"
        draw_watch(plot, series, changes, entries, title)
    if as_json:
        told = summary(len(found.events), found.set_aside, series, changes)
        typer.echo(json.dumps(told, indent=2))
        return
    _tell(found.events, found.set_aside, series, changes)
    written = [str(path) for path in (out, plot) if path is not None]
    console.print(f"written: {', '.join(written)}")


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
        span_ns = max(1, events[options.learn - 1].origin_time_ns - events[0].origin_time_ns)
        per_1e4 = per_year * 1e4 * (span_ns / NS_A_YEAR) / options.learn
    return ChangeSettings(
        learn=options.learn,
        false_alarms_per_1e4=1.0 if per_1e4 is None else per_1e4,
        seed=options.seed,
    )


def watch_events(
    events: Sequence[ChangeEvent],
    settings: ChangeSettings,
    region: str,
    series: WatchSeries | None = None,
) -> list[StressChange]:
    """Lines of a catalogue, in order: those of the live agent fed the same events."""
    watch = RegionWatch(
        lambda: ChangeDetector(settings, inversion=michael_tensor),
        lambda snapshot: ChangeDetector.restore(snapshot, inversion=michael_tensor),
    )
    for event in events:
        watch.put(event.event_id, 0, event.origin_time_ns, event)
    last_ns = max(event.origin_time_ns for event in events)
    with _progress() as bar:
        task = bar.add_task("watching", total=len(events))

        def observe(event: ChangeEvent, detector: ChangeDetector) -> None:
            bar.advance(task)
            if series is not None:
                series.add(event, detector.score, detector.threshold)

        lines = watch.advance(last_ns + 1, observe)
    return [change_record(line, number, region) for number, line in enumerate(lines)]


def summary(
    n_events: int, set_aside: Counter[str], series: WatchSeries, changes: Sequence[StressChange]
) -> dict[str, Any]:
    """What was found, for programs."""
    return {
        "n_events": n_events,
        "set_aside": dict(set_aside),
        "n_learned": series.learn,
        "threshold": series.threshold[-1],
        "n_alarms": sum(change.state == "open" for change in changes),
        "lines": [alarm_line(change) for change in changes],
    }


def _tell(
    events: Sequence[ChangeEvent],
    set_aside: Counter[str],
    series: WatchSeries,
    changes: Sequence[StressChange],
) -> None:
    first, last, learned = (
        short_time(events[place].origin_time_ns) for place in (0, -1, series.learn - 1)
    )
    console.print(
        f"{len(events)} events, {first} to {last} UTC; learned from {series.learn}, to {learned}; "
        f"threshold {series.threshold[-1]:.1f}"
    )
    for reason, count in set_aside.most_common():
        console.print(f"set aside: {count} ({reason})")
    if not changes:
        console.print(
            "No change: the score never passed the threshold for long enough. It does not mean "
            "that the stress is proved steady; a turn of a few degrees would not show."
        )
        return
    Console(highlight=False).print(_table(changes))
    latest = {change.change_id: change for change in changes}
    for change in latest.values():
        console.print(f"\n{alarm_text(change)}")


def _table(changes: Sequence[StressChange]) -> Table:
    table = Table(box=None, header_style="bold")
    for name in ("state", "decided, UTC", "onset, UTC"):
        table.add_column(name, no_wrap=True)
    for name in ("events", "SHmax", "rotation (95 %)", "score"):
        table.add_column(name, justify="right", no_wrap=True)
    for change in changes:
        turn = change.shmax_change_deg
        low, high = change.rotation_interval95_deg
        table.add_row(
            change.state,
            short_time(change.time_ns),
            short_time(change.onset_time_ns),
            str(change.n_since_onset),
            "undefined" if turn is None else f"{turn:+.0f}°",
            f"{change.rotation_deg:.0f}° ({low:.0f} to {high:.0f})",
            f"{change.score:.1f}",
        )
    return table


class RateColumn(ProgressColumn):
    """Events a second."""

    def render(self, task: Task) -> Text:
        """Give the speed of the latest seconds."""
        return Text("" if task.speed is None else f"{task.speed:.0f} events/s")


def _progress() -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        RateColumn(),
        TimeRemainingColumn(),
        console=console,
        transient=True,
    )
