"""What is learned of the steady state: the density of mechanisms, the stress, the threshold."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from streamstress.change.events import ChangeEvent
from streamstress.change.population import likeness_within
from streamstress.change.present import scatter_of
from streamstress.change.score import TurnScore, learn_turns, mean_and_whitening
from streamstress.change.settings import ChangeSettings
from streamstress.change.significance import canonical_correlations, false_alarm_threshold
from streamstress.change.slip_kernels import ROUNDING_RAD
from streamstress.change.slip_score import LEAST_SCALE_RAD, conditional_scores
from streamstress.change.slips import PARAMETERS, Slips, SlipStress, fit_slips, moved
from streamstress.change.spots import angles_of, spots_of
from streamstress.earth.running_clusters import (
    Background,
    cluster_weights,
    label_clusters,
    learn_background,
)
from streamstress.geometry.tensors import principal_axes, tensor_of

Array = NDArray[np.float64]

MOST_SLOPED = 60
"""Events, evenly taken, that slopes are averaged over."""

LEAST_SLIP_VARIANCE = (ROUNDING_RAD / LEAST_SCALE_RAD) ** 2 / 3.0
"""Variance of a raw slip score in each direction by the rounding of mechanisms alone."""

STEP = 0.02
"""Of a rotation (radians) or a shape ratio, for slopes: a third of the usual error."""


@dataclass(frozen=True, slots=True)
class Reference:
    """The learned state.

    Attributes
    ----------
    events : list of ChangeEvent
    labels : list of int
        Clusters.
    weight : (n,) float
        What each event counts.
    background : Background
    turns : TurnScore
        Score of a mechanism.
    stress : SlipStress
        Stress that the slips tell.
    slip_mean, slip_whiten : (3,), (3, 3) float
        Of an event's slip scores (`slip_score`).
    threshold : float
    wanted_per_1e4, one_stress_p_value : float
        Wanted false alarms in 10,000 events, and chance at which one stress is given up for them.
    n_slips : int
        Events, the first ones, that stress and slip scores were learned from.
    slip_slopes : (3, 4) float
        How the mean of their raw slip scores changes with the stress (`mean_slopes`).
    slip_likeness : float
        Mean likeness of those events (`population.likeness_within`).
    scatter : (6, 6) float
        Covariance of their turn scores and slip scores.
    """

    events: list[ChangeEvent]
    labels: list[int]
    weight: Array
    background: Background
    turns: TurnScore
    stress: SlipStress
    slip_mean: Array
    slip_whiten: Array
    threshold: float
    wanted_per_1e4: float
    one_stress_p_value: float
    n_slips: int
    slip_slopes: Array
    slip_likeness: float
    scatter: Array

    @property
    def n_effective(self) -> float:
        """Independent events that the density of mechanisms is worth."""
        return self.turns.n_effective

    @property
    def n_slips_effective(self) -> float:
        """Independent events that the stress is worth."""
        return float(self.weight[: self.n_slips].sum())

    @property
    def slips(self) -> Slips:
        """Planes of the events that the stress was learned from."""
        return Slips.of_angles(angles_of(self.events[: self.n_slips]))

    @property
    def slip_tensors(self) -> Array:
        """Isometric components (n, 5) of the events that the stress was learned from."""
        return self.turns.learned[: self.n_slips]

    def joined(self) -> tuple[Array, Array, Array]:
        """Tensors (n, 5), whitened slip scores (n, 3) and weights of the events that joined."""
        part = slice(self.n_slips, None)
        scores = self.slip_score(angles_of(self.events[part]))
        return self.turns.learned[part], scores, self.weight[part]

    def threshold_with(
        self, correlations: tuple[float, float, float], settings: ChangeSettings
    ) -> float:
        """Threshold that keeps the wanted rate where both scores are correlated so."""
        return _threshold(self.n_slips_effective, correlations, self.wanted_per_1e4, settings)

    def slip_score(self, angles: Array) -> Array:
        """Whitened slip scores (m, 3) of strike, dip, rake (m, 3)."""
        raw = conditional_scores(Slips.of_angles(angles), self.stress)
        return np.asarray((raw - self.slip_mean) @ self.slip_whiten.T)

    def slip_error(self, angles: Array) -> Array:
        """Covariance (3, 3) of the mean slip score of events by the error of the reference.

        The reference's own mean is taken off, so faults like its own share the error of its stress
        and only the chance of its mean is left. Faults unlike them may rest on what it hardly
        tells: their scores change otherwise with each of the four parameters.
        """
        slope = mean_slopes(angles, self.stress) - self.slip_slopes
        whitened = self.slip_whiten @ slope
        chance = np.eye(3) / self.n_slips_effective
        return np.asarray(chance + whitened @ self.stress.covariance @ whitened.T)


def mean_slopes(angles: Array, stress: SlipStress) -> Array:
    """Slopes (3, 4) of the mean slip score of events with rotation of the stress and with phi."""
    slips = Slips.of_angles(angles[:: 1 + len(angles) // MOST_SLOPED])
    slopes = np.empty((3, PARAMETERS))
    for k, step in enumerate(STEP * np.eye(PARAMETERS)):
        high, low = (conditional_scores(slips, moved(stress, way)) for way in (step, -step))
        slopes[:, k] = (high - low).mean(axis=0) / (2.0 * STEP)
    return slopes


def learn_reference(events: Sequence[ChangeEvent], settings: ChangeSettings) -> Reference:
    """Learn the steady state from its events, in order.

    Mechanisms are learned from all of them, the stress and its slip scores from the first
    ``settings.learn``: faults that joined later, held to slip under that stress, do not move it.
    """
    spots = spots_of(events)
    background = learn_background(spots, settings.link_rule)
    labels = label_clusters(spots, background, settings.link_rule)
    grade = np.array([event.weight for event in events])
    weight = grade * cluster_weights(labels, settings.cluster_correlation)
    turns = learn_turns(spots.tensor, weight)
    base = slice(0, settings.learn)
    first, share = events[base], weight[base]
    stress, mean, whiten, slip_scores = _learn_slips(first, share, labels[base])
    scores, total = turns.of_learned()[base], float(share.sum())
    span_ns = max(one.origin_time_ns for one in first) - events[0].origin_time_ns
    wanted = settings.wanted_per_1e4(span_ns, len(first))
    correlations = canonical_correlations(scores, slip_scores, share)
    return Reference(
        list(events), labels, weight, background, turns, stress, mean, whiten,
        _threshold(total, correlations, wanted, settings), wanted,
        settings.one_stress_p_value(wanted), len(first), mean_slopes(angles_of(first), stress),
        likeness_within(turns.learned[: len(first)]),
        scatter_of(scores, slip_scores, share) / (total - 1.0),
    )  # fmt: skip


def _learn_slips(
    events: Sequence[ChangeEvent], weight: Array, labels: Sequence[int]
) -> tuple[SlipStress, Array, Array, Array]:
    """Stress of events, mean and whitening of their slip scores, and these, whitened."""
    slips = Slips.of_angles(angles_of(events))
    stress = fit_slips(slips, mean_axes(events, weight), weight, np.array(labels))
    raw = conditional_scores(slips, stress)
    mean, whiten = mean_and_whitening(raw, weight, LEAST_SLIP_VARIANCE)
    return stress, mean, whiten, (raw - mean) @ whiten.T


def _threshold(
    n_learned: float,
    correlations: tuple[float, float, float],
    wanted_per_1e4: float,
    settings: ChangeSettings,
) -> float:
    return false_alarm_threshold(
        n_learned,
        wanted_per_1e4,
        correlations=correlations,
        slip_p_value=settings.one_stress_p_value(wanted_per_1e4),
        min_window=settings.min_window,
        max_window=settings.max_window,
        persistence=settings.persistence,
        alarm_events=settings.alarm_events,
        seed=settings.seed,
    )


def mean_axes(events: Sequence[ChangeEvent], weight: Array) -> Array:
    """Axes (3, 3), rows s1, s2, s3, of the mean event tensor: where a stress is sought first."""
    five = weight @ np.array([event.five for event in events])
    return principal_axes(tensor_of(five))[1]
