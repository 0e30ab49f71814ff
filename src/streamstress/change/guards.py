"""A trigger is not yet an alarm: what else it could be."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from streamstress.change.epochs import Epoch
from streamstress.change.events import ChangeEvent
from streamstress.change.network_guards import (
    NEW_MODEL_SHARE,
    model_verdicts,
    station_verdicts,
)
from streamstress.change.population import PopulationTest
from streamstress.change.settings import ChangeSettings

Array = NDArray[np.float64]

LEAST_SHIFT = 0.3
"""Distance of two cumulative distributions under which a change of sampling is too small to look
like a change of stress, however many events show it."""

Quantity = Callable[[ChangeEvent], float | None]

_SAMPLED: dict[str, tuple[Quantity, ...]] = {
    "place": (lambda event: event.latitude_deg, lambda event: event.longitude_deg),
    "depth": (lambda event: event.depth_km,),
    "magnitude": (lambda event: event.magnitude,),
    "observation": (
        lambda event: event.n_polarity,
        lambda event: event.misfit,
        lambda event: event.uncertainty_deg,
    ),
}
"""What must be sampled alike in both epochs, by guard."""


def verdicts(
    before: Epoch,
    after: Epoch,
    population: PopulationTest,
    settings: ChangeSettings,
    one_stress_p_value: float,
) -> dict[str, str]:
    """Verdict of each guard: begins with ``pass``, ``hold`` or ``untested``."""
    return {
        "events": _events(after, settings),
        "clusters": _clusters(after, settings),
        "fault population": _population(population, one_stress_p_value),
        **{name: _sampled(before, after, read, settings) for name, read in _SAMPLED.items()},
        **station_verdicts(before, after),
        **model_verdicts(before, after),
        "backfill": _backfill(after),
    }


def holding(guards: dict[str, str]) -> set[str]:
    """Names of the guards that keep a trigger from being an alarm."""
    return {name for name, verdict in guards.items() if verdict.startswith("hold")}


def quality_verdict(own_score: float, threshold: float, *, far: bool = False) -> str:
    """Whether the score passes with the later events' own scatter, larger for worse ones.

    Not asked where another stress, ``far`` off, explains the later slips.
    """
    words = f"score {own_score:.1f} of {threshold:.1f} with the later events' own scatter"
    return f"{'pass' if far or own_score >= threshold else 'hold'}: {words}"


def scatter_verdict(score: float, threshold: float, *, far: bool = False) -> str:
    """Whether the score passes what mechanisms that scatter as the latest ones ask (`present`).

    Not asked where another stress, ``far`` off, explains the later slips.
    """
    words = f"score {score:.1f} of {threshold:.1f} with the scatter of the latest mechanisms"
    return f"{'pass' if far or score >= threshold else 'hold'}: {words}"


def return_verdict(*, may_have_returned: bool) -> str:
    """Whether an alarm would open on a change that may be over, to be withdrawn soon after."""
    if may_have_returned:
        return "hold: the latest events may be of the old state again"
    return "pass: the latest events are not of the old state"


def _events(after: Epoch, settings: ChangeSettings) -> str:
    count = len(after.events)
    verdict = "pass" if count >= settings.alarm_events else "hold"
    return f"{verdict}: {count} of {settings.alarm_events} events since the onset"


def _clusters(after: Epoch, settings: ChangeSettings) -> str:
    independent = float(after.weight.sum())
    words = f"{len(after.events)} events count as {independent:.1f}"
    return f"{'pass' if independent >= settings.min_window - 1e-6 else 'hold'}: {words}"


def _population(test: PopulationTest, one_stress_p_value: float) -> str:
    if test.p_value <= one_stress_p_value:
        return f"pass: one stress does not explain the slips, p = {test.p_value:.2g}"
    if test.shown:
        return f"pass: {test.shown}; slips alone p = {test.p_value:.2g}"
    return f"hold: other faults under one stress explain it, p = {test.p_value:.2g}"


def _sampled(
    before: Epoch, after: Epoch, quantities: tuple[Quantity, ...], settings: ChangeSettings
) -> str:
    """Compare distributions (Kolmogorov and Smirnov), whole clusters counting as one event."""
    found = [_shift(before, after, read) for read in quantities]
    known = [shift for shift in found if shift is not None]
    if not known:
        return "untested: not given"
    p_value = min(1.0, min(p for _, p in known) * len(known))
    distance = max(distance for distance, _ in known)
    if p_value <= settings.moved_p_value and distance >= LEAST_SHIFT:
        return f"hold: the later events differ, p = {p_value:.2g}"
    return f"pass: like the reference's, p = {p_value:.2g}"


def _shift(before: Epoch, after: Epoch, read: Quantity) -> tuple[float, float] | None:
    one, two = _values(before, read), _values(after, read)
    if one is None or two is None:
        return None
    at = np.concatenate([one[0], two[0]])
    distance = float(np.max(np.abs(_cumulative(*one, at) - _cumulative(*two, at))))
    count, other = float(one[1].sum()), float(two[1].sum())
    size = count * other / (count + other)
    return distance, float(stats.kstwobign.sf(distance * np.sqrt(size)))


def _values(epoch: Epoch, read: Quantity) -> tuple[Array, Array] | None:
    values = np.array([read(event) for event in epoch.events], float)
    known = np.isfinite(values)
    if 2 * int(known.sum()) < len(values):
        return None
    return values[known], epoch.weight[known]


def _cumulative(values: Array, weight: Array, at: Array) -> Array:
    order = np.argsort(values)
    sums = np.concatenate([[0.0], np.cumsum(weight[order])])
    return np.asarray(sums[np.searchsorted(values[order], at, side="right")] / sums[-1])


def _backfill(after: Epoch) -> str:
    """Alarms are of what is new: not decided at an old event, nor carried by many."""
    old = [event.backfilled for event in after.events]
    if not any(old):
        return "pass: none of the later events"
    words = f"{sum(old)} of {len(old)} later events were filled in after the fact"
    holds = old[-1] or sum(old) > NEW_MODEL_SHARE * len(old)
    return f"{'hold' if holds else 'pass'}: {words}"
