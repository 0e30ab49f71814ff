"""What is learned of the steady state: the density of mechanisms, the stress, the threshold."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from streamstress.change.clusters import (
    Background,
    Spots,
    cluster_weights,
    label_clusters,
    learn_background,
)
from streamstress.change.events import ChangeEvent
from streamstress.change.population import likeness_within
from streamstress.change.score import TurnScore, isometric, learn_turns, mean_and_whitening
from streamstress.change.settings import ChangeSettings
from streamstress.change.significance import canonical_correlations, false_alarm_threshold
from streamstress.change.slip_score import conditional_scores
from streamstress.change.slips import Slips, SlipStress, fit_slips
from streamstress.geometry.tensors import principal_axes, tensor_of

Array = NDArray[np.float64]


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
    n_slips : int
        Events, the first ones, that stress and slip scores were learned from.
    slip_likeness : float
        Mean likeness of those events (`population.likeness_within`).
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
    n_slips: int
    slip_likeness: float

    @property
    def n_effective(self) -> float:
        """Independent events that the density of mechanisms is worth."""
        return self.turns.n_effective

    @property
    def n_slips_effective(self) -> float:
        """Independent events that the stress is worth."""
        return float(self.weight[: self.n_slips].sum())

    @property
    def slip_tensors(self) -> Array:
        """Isometric components (n, 5) of the events that the stress was learned from."""
        return self.turns.learned[: self.n_slips]

    def slip_score(self, angles: Array) -> Array:
        """Whitened slip scores (m, 3) of strike, dip, rake (m, 3)."""
        raw = conditional_scores(Slips.of_angles(angles), self.stress)
        return np.asarray((raw - self.slip_mean) @ self.slip_whiten.T)


def learn_reference(events: Sequence[ChangeEvent], settings: ChangeSettings) -> Reference:
    """Learn the steady state from its events, in order.

    Mechanisms are learned from all of them, the stress and its slip scores from the first
    ``settings.learn``: faults that joined later, held to slip under that stress, do not move it.
    """
    spots = Spots.of(events)
    background = learn_background(spots, settings)
    labels = label_clusters(spots, background, settings)
    grade = np.array([event.weight for event in events])
    weight = grade * cluster_weights(labels, settings.cluster_correlation)
    turns = learn_turns(spots.tensor, weight)
    base = slice(0, settings.learn)
    slips = Slips.of_angles(angles_of(events[base]))
    stress = fit_slips(
        slips, mean_axes(events[base], weight[base]), weight[base], np.array(labels[base])
    )
    raw = conditional_scores(slips, stress)
    slip_mean, slip_whiten = mean_and_whitening(raw, weight[base])
    correlations = canonical_correlations(
        turns.of_learned()[base], (raw - slip_mean) @ slip_whiten.T, weight[base]
    )
    return Reference(
        list(events),
        labels,
        weight,
        background,
        turns,
        stress,
        slip_mean,
        slip_whiten,
        _threshold(float(weight[base].sum()), correlations, settings),
        len(slips.normal),
        likeness_within(turns.learned[: len(slips.normal)]),
    )


def _threshold(
    n_learned: float, correlations: tuple[float, float, float], settings: ChangeSettings
) -> float:
    return false_alarm_threshold(
        n_learned,
        settings.false_alarms_per_1e4,
        correlations=correlations,
        slip_p_value=settings.slip_p_value,
        min_window=settings.min_window,
        max_window=settings.max_window,
        persistence=settings.persistence,
        alarm_events=settings.alarm_events,
        seed=settings.seed,
    )


def angles_of(events: Sequence[ChangeEvent]) -> Array:
    """Strike, dip, rake (n, 3)."""
    return np.array([(one.strike_deg, one.dip_deg, one.rake_deg) for one in events])


def mean_axes(events: Sequence[ChangeEvent], weight: Array) -> Array:
    """Axes (3, 3), rows s1, s2, s3, of the mean event tensor: where a stress is sought first."""
    five = weight @ np.array([event.five for event in events])
    return principal_axes(tensor_of(five))[1]


def tensors_of(events: Sequence[ChangeEvent]) -> Array:
    """Unit isometric components (n, 5) of the event tensors."""
    x = isometric([event.five for event in events])
    return np.asarray(x / np.linalg.norm(x, axis=1, keepdims=True))
