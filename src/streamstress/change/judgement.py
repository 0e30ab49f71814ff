"""What the events since an onset say: one stress or two, the verdicts, and the size."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from streamstress.change.effect import (
    MIN_EVENTS,
    ChangeEffect,
    effect_between,
    epoch_stress,
    rotation_vector_deg,
)
from streamstress.change.epochs import Epoch
from streamstress.change.guards import (
    quality_verdict,
    return_verdict,
    scatter_verdict,
    verdicts,
)
from streamstress.change.population import PopulationTest, one_stress_test, population_distance
from streamstress.change.slips import CLEARLY, Slips, SlipStress, log_likelihoods
from streamstress.change.spots import angles_of
from streamstress.change.whole_turn import MOST_LIKE, whole_turn
from streamstress.change.window import NOISE_EVENTS, Window

Array = NDArray[np.float64]

WHOLE_LEFT = 0.02
"""Squared distance of the populations that may be left once the later one is turned back. Diverse
faults that become one conjugate set, or one side of it, leave 0.1 and more."""

FAR_TURN_DEG = 45.0
"""Rotation from which on the slips' scores are no measure: they are linear near the old stress, and
slips the other way round look like slips that agree."""

FAR_GAIN = 1.0
"""Log-likelihood an event that a stress so far away must gain over the old one. Errors of the old
one's own fit gain some 0.1, those of a family of faults 0.3."""


ONSET_EVENTS, LEAST_STEADY = 20, 50.0
"""Events before an onset that may come after the change, and as how many those before must count
to tell how their slips scatter."""


def one_stress(window: Window, onset: int) -> PopulationTest:
    """Hold one stress against the slips, with as much bias as other faults may bring.

    What costs most is worked out only where it can matter: the error of the reference's stress
    if all else rejects it, a turn of the whole and a stress far away if the slips' scores do not.
    """
    reference = window.reference
    moved = population_distance(
        window.tensors(onset), reference.slip_tensors, reference.slip_likeness
    )
    test = _slip_test(window, onset, moved)
    if test.p_value <= reference.one_stress_p_value:
        return _unlike_joined(window, onset, test)
    test = _turned_whole(window, onset, test)
    if not test.rejects(reference.one_stress_p_value) and window.is_far(onset):
        words = _far_stress(window, onset)
        return replace(test, shown=words, far=bool(words))
    return test


def verdicts_since(window: Window, onset: int, test: PopulationTest) -> dict[str, str]:
    """Verdict of each guard on the events since an onset."""
    reference = window.reference
    before = Epoch(reference.events, reference.weight)
    after = Epoch(window.events[onset:], window.weight(onset))
    own_score = window.score_with(onset, window.own_scatter(onset))
    return {
        **verdicts(before, after, test, window.settings, reference.one_stress_p_value),
        "quality": quality_verdict(own_score, reference.threshold, far=test.far),
        "scatter": _scatter(window, onset, far=test.far),
        "return": return_verdict(may_have_returned=window.may_have_returned(onset)),
    }


def effect_since(window: Window, onset: int) -> ChangeEffect:
    """Size of the change at an onset."""
    reference, settings = window.reference, window.settings
    groups = (len(set(reference.labels[: reference.n_slips])), window.independent(onset))
    after = _stress_since(window, onset)
    return effect_between(reference.stress, after, groups, settings.resamplings, settings.seed)


def _scatter(window: Window, onset: int, *, far: bool) -> str:
    """Verdict on the score with the scatter, and against the threshold, of present mechanisms.

    Of the latest 200 events, or of all that are kept where they scatter more: of 200 the variance
    is told to 7 %, and alarms would choose those that seem to scatter little.
    """
    reference = window.reference
    kept = (NOISE_EVENTS, len(window.events))
    found = [window.present_scatter(onset, latest) for latest in kept]
    score = min(window.score_with(onset, one.turn) for one in found)
    asked = [reference.threshold]
    if score >= reference.threshold and not far:
        asked += [reference.threshold_with(one.correlations, window.settings) for one in found]
    return scatter_verdict(score, max(asked), far=far)


def _slip_test(window: Window, onset: int, moved: float) -> PopulationTest:
    reference = window.reference
    chance = np.eye(3) / reference.n_slips_effective
    if _test(window, onset, chance, 0.0).p_value > reference.one_stress_p_value:
        return _test(window, onset, chance, moved)
    error = reference.slip_error(angles_of(window.events[onset:]))
    return _test(window, onset, error, moved)


def _unlike_joined(window: Window, onset: int, test: PopulationTest) -> PopulationTest:
    """The test again where the later mechanisms are nearer to those that joined the reference.

    Those were held to slip under the learned stress, however their slips seemed to lie: a score
    that they share is their family's bias, and no new sign of another stress.
    """
    if len(window.reference.events) == window.reference.n_slips:
        return test
    tensors, scores, weight = window.reference.joined()
    moved = population_distance(window.tensors(onset), tensors)
    if moved >= test.moved:
        return test
    count = float(weight.sum())
    again = _test(window, onset, np.eye(3) / count, moved, weight @ scores / count)
    return max(test, again, key=lambda one: one.p_value)


def _test(
    window: Window, onset: int, error: Array, moved: float, mean: Array | float = 0.0
) -> PopulationTest:
    return one_stress_test(
        window.slip_scores(onset) - mean,
        window.weight(onset),
        np.array(window.labels[onset:]),
        error,
        moved,
        window.slip_noise(onset),
    )


def _turned_whole(window: Window, onset: int, test: PopulationTest) -> PopulationTest:
    """The test again where diverse faults come back turned as a whole."""
    reference, count = window.reference, len(window.events) - onset
    if reference.slip_likeness > MOST_LIKE or count < MIN_EVENTS:
        return test
    slips = Slips.of_angles(angles_of(window.events[onset:]))
    turn = whole_turn(
        reference, window.tensors(onset), slips, window.weight(onset), _steady(window, onset)
    )
    if turn.left > WHOLE_LEFT:
        return test
    again = _slip_test(window, onset, min(test.moved, turn.left))
    chance = turn.p_value(count)
    if chance > reference.one_stress_p_value:
        return again
    words = f"the same faults, turned as a whole by {turn.size_deg:.0f}°, p = {chance:.2g}"
    return replace(again, shown=words)


def _steady(window: Window, onset: int) -> tuple[Slips, Array] | None:
    """Planes and weights of events before an onset, and well before; None where they are few."""
    part = slice(max(0, onset - NOISE_EVENTS), max(0, onset - ONSET_EVENTS))
    weight = window.weight()[part]
    if float(weight.sum()) < LEAST_STEADY:
        return None
    return Slips.of_angles(angles_of(window.events[part])), weight


def _far_stress(window: Window, onset: int) -> str:
    """Words on a stress far from the old one that explains the slips, if there is one."""
    if len(window.events) - onset < MIN_EVENTS:
        return ""
    stress, weight = _stress_since(window, onset), window.weight(onset)
    before = window.reference.stress
    size = float(np.linalg.norm(rotation_vector_deg(before.tensor, stress.tensor)))
    slips = Slips.of_angles(angles_of(window.events[onset:]))
    scale = max(stress.scale_rad, before.scale_rad)
    new, old = (log_likelihoods(slips, one, scale) for one in (stress, before))
    gain = float(weight @ (new - old))
    if size < FAR_TURN_DEG or gain < max(CLEARLY, FAR_GAIN * float(weight.sum())):
        return ""
    return f"a stress turned by {size:.0f}° explains the slips better, log-likelihood {gain:+.0f}"


def _stress_since(window: Window, onset: int) -> SlipStress:
    return epoch_stress(
        angles_of(window.events[onset:]), window.weight(onset), window.labels[onset:]
    )
