"""A trigger is not yet an alarm: what else it could be."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from streamstress.change.effect import ChangeEffect, TensorEstimator, change_effect
from streamstress.change.events import ChangeEvent
from streamstress.change.population import PlaneInversion, one_stress_test
from streamstress.change.settings import ChangeSettings

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Epoch:
    """Events of one side of the onset: what each counts, and its cluster label."""

    events: list[ChangeEvent]
    weight: Array
    label: list[int]

    @property
    def angles(self) -> Array:
        """Strike, dip, rake (n, 3)."""
        return np.array([(one.strike_deg, one.dip_deg, one.rake_deg) for one in self.events])


def effect_of(
    before: Epoch, after: Epoch, estimator: TensorEstimator | None, settings: ChangeSettings
) -> ChangeEffect:
    """Size of the change between two epochs."""
    return change_effect(
        before.angles,
        after.angles,
        weight_before=before.weight,
        weight_after=after.weight,
        cluster_before=before.label,
        cluster_after=after.label,
        estimator=estimator,
        resamplings=settings.resamplings,
        seed=settings.seed,
    )


def verdicts(
    before: Epoch,
    after: Epoch,
    effect: ChangeEffect,
    inversion: PlaneInversion | None,
    settings: ChangeSettings,
) -> dict[str, str]:
    """Verdict of each guard: begins with ``pass``, ``hold`` or ``untested``."""
    return {
        "clusters": _clusters(after, settings),
        "events": _events(after, settings),
        "orientation": _orientation(effect, settings),
        "fault population": _population(before, after, inversion, settings),
    }


def holds(guards: dict[str, str]) -> bool:
    """Whether any guard keeps a trigger from being an alarm."""
    return any(verdict.startswith("hold") for verdict in guards.values())


def _clusters(after: Epoch, settings: ChangeSettings) -> str:
    independent = float(after.weight.sum())
    words = f"{len(after.events)} events count as {independent:.1f}"
    return f"{'pass' if independent >= settings.min_window - 1e-9 else 'hold'}: {words}"


def _events(after: Epoch, settings: ChangeSettings) -> str:
    count = len(after.events)
    verdict = "pass" if count >= settings.alarm_events else "hold"
    return f"{verdict}: {count} of {settings.alarm_events} events since the onset"


def _orientation(effect: ChangeEffect, settings: ChangeSettings) -> str:
    """Shape ratio or mechanism quality may change without a rotation: no alarm."""
    chance = effect.rotation_p_value
    if chance <= settings.rotation_p_value:
        return f"pass: axes turned, p = {chance:.2g}"
    return f"hold: axes need not have turned, p = {chance:.2g}"


def _population(
    before: Epoch, after: Epoch, inversion: PlaneInversion | None, settings: ChangeSettings
) -> str:
    if inversion is None:
        return "untested: no inversion given"
    test = one_stress_test(
        before.angles,
        after.angles,
        inversion,
        weight_before=before.weight,
        weight_after=after.weight,
    )
    if test.p_value <= 1.0 - settings.population_quantile:
        return f"pass: one stress does not explain the slips, p = {test.p_value:.2g}"
    return f"hold: other faults under one stress explain it, p = {test.p_value:.2g}"
