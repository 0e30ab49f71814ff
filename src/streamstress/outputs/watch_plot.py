"""A watch through time as one figure: orientation, rotation, score, guards, the user's timeline."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MultipleLocator

from streamstress.errors import ConfigError
from streamstress.outputs.timeline import TimelineEntry, curves
from streamstress.outputs.watch_series import (
    RUN_EVENTS,
    Orientation,
    WatchSeries,
    orientation,
    seconds,
    without_jumps,
)
from streamstress.records import StressChange

INK, MUTED, GRID = "#1d2528", "#7c888c", "#e3e8e7"
EVENT, RUN, ALARM, HELD, PASS = "#9fb3b8", "#0b5c6b", "#b3261e", "#c77700", "#2e7d4f"
STATE_COLOURS = {
    "open": ALARM, "confirmed": ALARM, "held": HELD, "closed": MUTED, "withdrawn": MUTED,
}  # fmt: skip
VERDICTS = {"pass": ("o", PASS), "hold": ("s", ALARM), "untested": ("x", MUTED)}
"""Mark and colour of a verdict: told apart without colour too."""

SUFFIXES = (".png", ".pdf", ".svg")
LEAST_SCORE = 1.0
"""Lower end of the score's axis, which is logarithmic: a change drives it to hundreds."""


def draw_watch(
    path: Path,
    series: WatchSeries,
    changes: Sequence[StressChange],
    timeline: Sequence[TimelineEntry] = (),
    title: str = "",
) -> None:
    """Write the figure, vector or pixels by the suffix.

    Raises
    ------
    ConfigError
        The suffix is none of `SUFFIXES`.
    """
    check_suffix(path)
    guards = list(dict.fromkeys(name for change in changes for name in change.guards))
    heights = [2.4, 1.4, 1.6, 0.4 + 0.24 * len(guards), 1.0]
    shown = [True, True, True, bool(guards), bool(timeline)]
    kept = [height for height, show in zip(heights, shown, strict=True) if show]
    figure = Figure(figsize=(10.0, 1.1 + sum(kept)), layout="constrained")
    axes = list(figure.subplots(len(kept), 1, sharex=True, squeeze=False, height_ratios=kept)[:, 0])
    turns = orientation(series)
    _draw_shmax(axes[0], series, turns, changes)
    _draw_rotation(axes[1], series, turns, changes)
    _draw_score(axes[2], series)
    if guards:
        _draw_guards(axes[3], changes, guards)
    if timeline:
        _draw_timeline(axes[-1], timeline)
    for panel in axes:
        _style(panel, series, changes)
    axes[0].set_title(title, loc="left", fontsize=11, color=INK)
    _mark_states(axes[0], changes)
    figure.savefig(path, dpi=150)


def check_suffix(path: Path) -> None:
    """Refuse a file name that no figure can have.

    Raises
    ------
    ConfigError
        The suffix is none of `SUFFIXES`.
    """
    if path.suffix.lower() not in SUFFIXES:
        raise ConfigError(f"{path}: a figure ends with {', '.join(SUFFIXES)}")


def _draw_shmax(
    panel: Axes, series: WatchSeries, turns: Orientation, changes: Sequence[StressChange]
) -> None:
    times = seconds([event.origin_time_ns for event in series.events])
    panel.plot(times, turns.shmax_event_deg, ".", ms=3, color=EVENT, label="one event")
    run = without_jumps(turns.shmax_run_deg)
    panel.plot(times, run, color=RUN, lw=1.6, label=f"mean of the latest {RUN_EVENTS}")
    centre = turns.shmax_reference_deg
    panel.axhline(centre, color=MUTED, lw=0.8, ls=":", label="learned")
    for change in _alarms(changes):
        if change.shmax_change_deg is not None:
            span = seconds([change.onset_time_ns, series.events[-1].origin_time_ns])
            panel.plot(span, [centre + change.shmax_change_deg] * 2, color=ALARM, lw=1.0, ls="--")
    panel.set_ylim(centre - 90.0, centre + 90.0)
    panel.yaxis.set_major_locator(MultipleLocator(30.0))
    panel.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value % 180.0:.0f}°"))
    panel.set_ylabel("SHmax, N to E")
    panel.legend(loc="lower left", ncols=3, fontsize=8, frameon=False)


def _draw_rotation(
    panel: Axes, series: WatchSeries, turns: Orientation, changes: Sequence[StressChange]
) -> None:
    times = seconds([event.origin_time_ns for event in series.events])
    panel.plot(times, turns.rotation_run_deg, color=RUN, lw=1.2)
    for change in changes:
        low, high = change.rotation_interval95_deg
        below, above = change.rotation_deg - low, high - change.rotation_deg
        panel.errorbar(
            seconds([change.time_ns]),
            [change.rotation_deg],
            yerr=[[max(below, 0.0)], [max(above, 0.0)]],
            fmt="o",
            ms=4,
            color=STATE_COLOURS[change.state],
        )
    panel.set_ylim(0.0, None)
    panel.set_ylabel("rotation of\nall axes, deg")


def _draw_score(panel: Axes, series: WatchSeries) -> None:
    watched = slice(series.learn, None)
    times = seconds([event.origin_time_ns for event in series.events])[watched]
    score = np.maximum(series.score[watched], LEAST_SCORE)
    panel.plot(times, score, color=INK, lw=1.0, label="score")
    panel.plot(times, series.threshold[watched], color=ALARM, lw=1.2, ls="--", label="threshold")
    panel.set_yscale("log")
    panel.set_ylim(LEAST_SCORE, None)
    panel.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    panel.set_ylabel("score")
    panel.legend(loc="upper left", ncols=2, fontsize=8, frameon=False)


def _draw_guards(panel: Axes, changes: Sequence[StressChange], guards: Sequence[str]) -> None:
    for change in changes:
        for row, name in enumerate(guards):
            verdict = change.guards.get(name, "")
            kind = next((kind for kind in VERDICTS if verdict.startswith(kind)), None)
            if kind is not None:
                mark, colour = VERDICTS[kind]
                panel.plot(seconds([change.time_ns]), [row], mark, ms=6, color=colour)
    for kind, (mark, colour) in VERDICTS.items():
        panel.plot([], [], mark, ms=6, color=colour, label=kind)
    panel.set_yticks(range(len(guards)), guards, fontsize=8)
    panel.set_ylim(len(guards) - 0.5, -0.5)
    panel.legend(loc="upper left", ncols=3, fontsize=8, frameon=False)


def _draw_timeline(panel: Axes, timeline: Sequence[TimelineEntry]) -> None:
    """Curves on one axis, spans and moments across its height with their label."""
    for label, (times, values) in curves(timeline).items():
        panel.plot(seconds(times), values, lw=1.2, drawstyle="steps-post", label=label)
    for entry in timeline:
        if entry.value is not None:
            continue
        start, end = seconds([entry.time_ns, entry.end_ns or entry.time_ns])
        if entry.end_ns is None:
            panel.axvline(start, color=INK, lw=1.0)
        else:
            panel.axvspan(start, end, color="#d9c9a3", alpha=0.6, lw=0)
        panel.annotate(
            entry.label,
            (start, 0.93),
            xycoords=("data", "axes fraction"),
            xytext=(3, 0),
            textcoords="offset points",
            va="top",
            fontsize=8,
            color=INK,
        )
    if curves(timeline):
        panel.legend(loc="lower left", fontsize=8, frameon=False)
    else:
        panel.set_yticks([])
    panel.set_ylabel("timeline")


def _style(panel: Axes, series: WatchSeries, changes: Sequence[StressChange]) -> None:
    """Learning shaded, onset dashed and decision of each alarm in every panel."""
    times = seconds([event.origin_time_ns for event in series.events])
    panel.axvspan(times[0], times[min(series.learn, len(times)) - 1], color="#eef1f1", zorder=0)
    for change in _alarms(changes):
        onset, decided = seconds([change.onset_time_ns, change.time_ns])
        panel.axvline(onset, color=ALARM, lw=0.9, ls=":")
        panel.axvline(decided, color=ALARM, lw=0.9)
    panel.set_xlim(times[0], times[-1])
    panel.grid(axis="y", color=GRID, lw=0.6)
    panel.set_axisbelow(True)
    panel.spines[["top", "right"]].set_visible(False)
    panel.tick_params(labelsize=8, colors=INK)


def _mark_states(panel: Axes, changes: Sequence[StressChange]) -> None:
    """Name each state at the top, where it was decided; names that would meet are stacked."""
    for place, change in enumerate(changes):
        panel.annotate(
            change.state,
            (seconds([change.time_ns])[0], 1.0),
            xycoords=("data", "axes fraction"),
            xytext=(2, -9 - 10 * (place % 4)),
            textcoords="offset points",
            fontsize=8,
            color=STATE_COLOURS[change.state],
            bbox={"facecolor": "white", "alpha": 0.8, "linewidth": 0, "pad": 1.0},
        )


def _alarms(changes: Sequence[StressChange]) -> list[StressChange]:
    return [change for change in changes if change.state == "open"]
