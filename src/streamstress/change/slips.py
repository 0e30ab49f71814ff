"""The stress that slips on given planes tell, whatever planes they are.

An event lies on a stress if a small rotation of its mechanism brings the slip of one of its two
nodal planes onto the resolved shear. The smallest such rotation is its distance: the angle between
slip and shear, divided by the length of that angle's gradient with respect to a rotation of the
mechanism (Sampson 1982, Comput. Graph. Image Process. 18, 97, for any curve with errors in all
coordinates). Errors of a mechanism turn plane and slip together, and enter once. Near planes
without shear the gradient is large and the distance small: they tell little, and count little.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from streamstress.change.slip_kernels import rounding, score_events
from streamstress.geometry.planes import plane_vectors
from streamstress.geometry.rotations import rotation_matrix
from streamstress.geometry.tensors import stress_tensor
from streamstress.geometry.tractions import instability

Array = NDArray[np.float64]

MAX_ROUNDS, SCALE_ROUNDS = 40, 6
PHI_BOUNDS = (0.02, 0.98)
"""Shape ratios sought; at 0 and 1 two axes change places."""

SCALE_BOUNDS = (np.radians(1.0), np.radians(30.0))
"""Scale of the distances, radians."""

MAX_STEP_RAD = 0.3
DAMPING = 2.0
"""Information, in events, added to each direction of a step of the search."""

CLEARLY = 15.0
"""Log-likelihood by which a stress must be better than one nearer to the start. Stresses with s1
and s2 changed for one another seemed better by up to 9 for 25 events and 7 for 50 after a turn of
30 degrees; where they had truly changed, by 14 for 50 and 22 for 100 in the median (strike-slip,
errors of 12 degrees, 12 sets each). To take a turn for a change of regime is the worse mistake."""

PARAMETERS = 4
"""Three rotations of the stress about east, north and up, and the shape ratio."""


@dataclass(frozen=True, slots=True)
class Slips:
    """Both nodal planes of events: the one's normal is the other's slip.

    Attributes
    ----------
    normal, slip : (n, 3) float
    """

    normal: Array
    slip: Array

    @classmethod
    def of_angles(cls, angles: ArrayLike) -> "Slips":
        """Take (n, 3) strike, dip, rake of either plane."""
        given = np.asarray(angles, float).reshape(-1, 3)
        return cls(*plane_vectors(*given.T))


@dataclass(frozen=True, slots=True)
class SlipStress:
    """Stress of a set of slips.

    Attributes
    ----------
    axes : (3, 3) float
        Rows s1, s2, s3.
    phi : float
        ``(s2 - s3) / (s1 - s3)`` of compressive magnitudes.
    scale_rad : float
        Scale of the distances.
    log_likelihood : float
    covariance : (4, 4) float
        Of rotation about east, north, up (radians) and phi: sandwich, whole clusters.
    """

    axes: Array
    phi: float
    scale_rad: float
    log_likelihood: float
    covariance: Array

    @property
    def tensor(self) -> Array:
        """Unit-norm tensor (3, 3), tension positive."""
        return stress_tensor(self.axes, self.phi)


def fit_slips(
    slips: Slips,
    start: Array,
    weight: Array | None = None,
    cluster: NDArray[np.int64] | None = None,
) -> SlipStress:
    """Likeliest stress of slips, each on either of its planes.

    Parameters
    ----------
    start
        (3, 3) axes, rows s1, s2, s3, where the search begins. The frames with s1 or s3 and s2
        changed for one another are tried too, and taken if `CLEARLY` better.
    weight, cluster
        (n,) what each event counts, and its cluster, for the covariance.
    """
    counts = np.ones(len(slips.normal)) if weight is None else weight
    found = [_climb(slips, axes, counts) for axes in _starts(start)]
    merit = [one[3] + _plausibility(slips, one, counts) for one in found]
    merit[0] += CLEARLY
    best = found[int(np.argmax(merit))]
    return SlipStress(*best, _sandwich(slips, best[:3], counts, cluster))


def log_likelihoods(slips: Slips, stress: SlipStress, scale_rad: float) -> Array:
    """Log-likelihood (n,) of each event's slip under a stress, at a scale of the distances."""
    scores, terms = np.empty((len(slips.normal), PARAMETERS)), np.empty((len(slips.normal), 2))
    score_events(stress.axes, stress.phi, scale_rad, slips.normal, slips.slip, scores, terms)
    return terms[:, 0]


def scale_of(slips: Slips, stress: SlipStress, weight: Array) -> float:
    """Likeliest scale of the distances from a stress, radians, not under the stress's own."""
    scores, terms = np.empty((len(weight), PARAMETERS)), np.empty((len(weight), 2))
    scale = stress.scale_rad
    for _ in range(SCALE_ROUNDS):
        score_events(stress.axes, stress.phi, scale, slips.normal, slips.slip, scores, terms)
        scale = float(np.clip(np.sqrt(weight @ terms[:, 1] / weight.sum()), *SCALE_BOUNDS))
    return max(scale, stress.scale_rad)


def moved(stress: SlipStress, step: Array) -> SlipStress:
    """Stress turned by (east, north, up) radians and with more phi, step (4,)."""
    axes, phi = _moved(stress.axes, stress.phi, step)
    return replace(stress, axes=axes, phi=phi)


def _starts(axes: Array) -> list[Array]:
    return [axes, axes[[1, 0, 2]], axes[[0, 2, 1]]]


def _plausibility(slips: Slips, found: tuple[Array, float, float, float], weight: Array) -> float:
    """Log-instability of the less stable planes, summed: faults far from failure rarely slip.

    Only chooses between ends of the search: few slips can be explained with two principal axes
    changed for one another.
    """
    tensor = stress_tensor(found[0], found[1])
    both = np.maximum(instability(tensor, slips.normal), instability(tensor, slips.slip))
    return float(weight @ np.log(np.maximum(both, 0.01)))


def _climb(slips: Slips, start: Array, weight: Array) -> tuple[Array, float, float, float]:
    """Scoring with the events' own information, the scale by expectation and maximisation."""
    axes, phi, scale = start, 0.5, np.radians(8.0)
    scores, terms = np.empty((len(weight), PARAMETERS)), np.empty((len(weight), 2))
    value = -np.inf
    step, damping = np.zeros(PARAMETERS), DAMPING
    for _ in range(MAX_ROUNDS):
        tried, tried_phi = _moved(axes, phi, step)
        score_events(tried, tried_phi, scale, slips.normal, slips.slip, scores, terms)
        tried_value = float(weight @ terms[:, 0])
        if tried_value < value - 1e-9:
            damping *= 4.0
            step = step / 4.0
            if np.linalg.norm(step) < 1e-5:
                break
            continue
        gain = tried_value - value
        axes, phi = tried, tried_phi
        scale = float(np.clip(np.sqrt(weight @ terms[:, 1] / weight.sum()), *SCALE_BOUNDS))
        score_events(axes, phi, scale, slips.normal, slips.slip, scores, terms)
        value = float(weight @ terms[:, 0])
        if gain < 1e-4:
            break
        step = _step(scores, weight, damping)
        damping = max(DAMPING, damping / 2.0)
    return axes, phi, scale, value


def _step(scores: Array, weight: Array, damping: float) -> Array:
    weighted = weight[:, None] * scores
    information = scores.T @ weighted
    information += damping * np.diag(np.diag(information)) / weight.sum() + 1e-6 * np.eye(
        PARAMETERS
    )
    step = np.linalg.solve(information, weighted.sum(axis=0))
    return np.asarray(step * min(1.0, MAX_STEP_RAD / max(float(np.abs(step).max()), 1e-12)))


def _moved(axes: Array, phi: float, step: Array) -> tuple[Array, float]:
    angle = float(np.linalg.norm(step[:3]))
    turn = rotation_matrix(step[:3], np.degrees(angle)) if angle > 1e-12 else np.eye(3)
    return np.asarray(axes @ turn.T), float(np.clip(phi + step[3], *PHI_BOUNDS))


def _sandwich(
    slips: Slips,
    fitted: tuple[Array, float, float],
    weight: Array,
    cluster: NDArray[np.int64] | None,
) -> Array:
    """Inverse information, the scores' scatter between clusters, inverse information (White)."""
    scores, terms = np.empty((len(weight), PARAMETERS)), np.empty((len(weight), 2))
    score_events(*fitted, slips.normal, slips.slip, scores, terms)
    weighted = weight[:, None] * scores
    rounded = rounding(*fitted, slips.normal, slips.slip, weight)
    information = scores.T @ weighted + rounded + 1e-6 * np.eye(PARAMETERS)
    grouped = weighted if cluster is None else group_sums(weighted, cluster)
    inverse = np.linalg.inv(information)
    return np.asarray(inverse @ (grouped.T @ grouped + rounded) @ inverse)


def group_sums(rows: Array, label: NDArray[np.int64]) -> Array:
    """Sums (g, k) of rows (n, k) with the same label."""
    _, inverse = np.unique(label, return_inverse=True)
    sums = np.zeros((int(inverse.max()) + 1, rows.shape[1]))
    np.add.at(sums, inverse, rows)
    return sums
