"""Figures of how good first motions are, for print: each is one matplotlib figure."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import ArrayLike, NDArray

INK, MUTED, GRID, ACCENT, ALARM = "#20282d", "#6b767d", "#e6e8e6", "#24557a", "#b3261e"
"""The page's colours: what is, what is beside it, what is measured, what is wrong."""

_TICKS = 24
"""Most names of stations that stand readably beside an axis."""


def precision_recall_figure(
    recall: ArrayLike,
    precision: ArrayLike,
    precision_low: ArrayLike,
    *,
    chosen: tuple[float, float, float] | None,
    title: str,
) -> Figure:
    """Precision over recall with the lower end of its 95 % interval.

    Parameters
    ----------
    recall, precision, precision_low
        (k,) one point a threshold.
    chosen
        Recall, precision and threshold of the threshold to use, None without.
    """
    figure, (axes,) = _figure(1, (5.2, 4.2))
    axes.fill_between(
        recall, precision_low, precision, color=ACCENT, alpha=0.15, lw=0, label="to 95 % low"
    )
    axes.plot(recall, precision, color=ACCENT, lw=1.8, label="precision")
    if chosen is not None:
        at_recall, at_precision, threshold = chosen
        axes.plot(at_recall, at_precision, "o", color=ALARM, ms=6, zorder=5)
        axes.annotate(
            f"|2p − 1| ≥ {threshold:.3f}\nprecision {at_precision:.4f}\nrecall {at_recall:.3f}",
            (at_recall, at_precision),
            (-10, -14),
            textcoords="offset points",
            ha="right",
            va="top",
            color=INK,
            fontsize=9,
        )
    lowest = float(np.min(precision)) if np.size(precision) else 0.5
    axes.set(xlabel="recall: decided and right, of all", ylabel="precision: right, of decided")
    axes.set(xlim=(0, 1.0), ylim=(min(0.95, lowest - 0.02), 1.002), title=title)
    axes.legend(frameon=False, loc="lower left", fontsize=9)
    return figure


def reliability_figure(
    curves: Sequence[tuple[str, ArrayLike, ArrayLike, ArrayLike]], *, title: str
) -> Figure:
    """Share right over confidence, before and after a calibration.

    Parameters
    ----------
    curves
        Name, confidence (k,), share right (k,), count (k,) of each; NaN where a bin is empty.
    """
    figure, (axes,) = _figure(1, (5.2, 4.6))
    axes.plot([0.5, 1], [0.5, 1], color=MUTED, lw=1, ls="--", label="as it should be")
    colours = (ALARM, ACCENT) if len(curves) > 1 else (ACCENT,)
    for (name, confidence, accuracy, count), colour in zip(curves, colours, strict=False):
        size = np.asarray(count, float)
        area = 12 + 90 * size / max(1.0, size.max(initial=1.0))
        axes.plot(confidence, accuracy, color=colour, lw=1.2, zorder=3)
        axes.scatter(confidence, accuracy, area, color=colour, label=name, zorder=4, lw=0)
    lowest = min(0.5, *(float(np.nanmin(accuracy)) for _, _, accuracy, _ in curves)) - 0.02
    axes.set(xlabel="confidence max(p, 1 − p)", ylabel="share right", title=title)
    axes.set(xlim=(0.49, 1.01), ylim=(lowest, 1.01))
    axes.legend(frameon=False, loc="lower right", fontsize=9)
    return figure


def mechanism_quality_figure(
    threshold: ArrayLike, rows: Sequence[tuple[str, ArrayLike]], *, chosen: float
) -> Figure:
    """What mechanisms are like over the threshold, a panel a property.

    Parameters
    ----------
    threshold
        (k,) tried thresholds.
    rows
        Name and values (k,) of each property.
    chosen
        The threshold to use.
    """
    figure, panels = _figure(len(rows), (5.2, 1.7 * len(rows) + 0.8))
    for axes, (name, values) in zip(panels, rows, strict=True):
        axes.plot(threshold, values, "o-", color=ACCENT, lw=1.6, ms=4)
        axes.axvline(chosen, color=ALARM, lw=1.2, ls="--")
        axes.set_ylabel(name)
        axes.margins(y=0.18)
    panels[0].set_title(f"best mechanisms at |2p − 1| ≥ {chosen:g}")
    panels[-1].set_xlabel("threshold on |2p − 1|")
    return figure


def repeater_figure(
    score: NDArray[np.float64],
    by_snr: Sequence[tuple[str, float, float, float]],
    by_station: Sequence[tuple[str, float, float, float]],
) -> Figure:
    """Scores of both members, and accuracy by SNR and by station with 95 % intervals.

    Parameters
    ----------
    score
        (k, 2) up minus down probability of the members of each pair.
    by_snr, by_station
        Name, accuracy, low and high of each; stations from the worst, at most the first 24.
    """
    figure = Figure(figsize=(11.0, 3.9), layout="constrained")
    panels = [_styled(figure.add_subplot(1, 3, place)) for place in (1, 2, 3)]
    same = score[:, 0] * score[:, 1] > 0
    for inside, colour in ((same, ACCENT), (~same, ALARM)):
        # Which member is first means nothing: each pair is drawn both ways.
        both = np.concatenate([score[inside], score[inside][:, ::-1]])
        panels[0].scatter(both[:, 0], both[:, 1], 6, color=colour, alpha=0.35, lw=0)
    panels[0].set(xlabel="up − down probability", ylabel="the same of another member")
    panels[0].set(xlim=(-1.05, 1.05), ylim=(-1.05, 1.05), title=f"{len(score)} pairs")
    _intervals(panels[1], by_snr, "lower SNR of the pair")
    shown = by_station[:_TICKS]
    left_out = len(by_station) - len(shown)
    _intervals(panels[2], shown, f"station ({left_out} better ones left out)" if left_out else "")
    panels[1].set_title("by SNR")
    panels[2].set_title("by station, the worst first")
    panels[1].set_ylabel("share right, by agreement")
    return figure


def _intervals(axes: Axes, rows: Sequence[tuple[str, float, float, float]], label: str) -> None:
    place = np.arange(len(rows))
    values = np.array([row[1:] for row in rows], float).reshape(-1, 3)
    axes.vlines(place, values[:, 1], values[:, 2], color=ACCENT, lw=2, alpha=0.5)
    axes.plot(place, values[:, 0], "o", color=ACCENT, ms=5)
    turn = 90 if len(rows) > 8 else 30
    axes.set_xticks(place, [row[0] for row in rows], rotation=turn, fontsize=8)
    axes.set(xlabel=label, ylim=(0.48, 1.02))


def _figure(rows: int, size_in: tuple[float, float]) -> tuple[Figure, list[Axes]]:
    figure = Figure(figsize=size_in, layout="constrained")
    panels = figure.subplots(rows, 1, sharex=True, squeeze=False)[:, 0]
    return figure, [_styled(axes) for axes in panels]


def _styled(axes: Axes) -> Axes:
    axes.grid(color=GRID, lw=0.8)
    axes.set_axisbelow(True)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    for side in ("left", "bottom"):
        axes.spines[side].set_color(MUTED)
    axes.tick_params(colors=INK, labelsize=9)
    axes.title.set_fontsize(10)
    return axes
