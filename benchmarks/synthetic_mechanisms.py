"""Mechanisms of random faults under a known stress.

Planes are drawn at random and kept by their instability (a logistic step at 0.80 for a diverse,
0.95 for an optimally oriented population), slip follows the resolved shear (Wallace-Bott), each
mechanism is turned by a random error, and the nodal plane that is called the given one is random.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from streamstress.geometry.axes import axis_vector
from streamstress.geometry.planes import plane_vectors, strike_dip_rake
from streamstress.geometry.rotations import rotated, rotation_matrix, turn_about_vertical
from streamstress.geometry.tensors import stress_tensor
from streamstress.geometry.tractions import instability, slip_direction

Array = NDArray[np.float64]

DIVERSE, OPTIMAL = 0.80, 0.95
"""Instability at which half of the random planes is kept."""

STEP = 0.03
"""Width of the logistic step."""


@dataclass(frozen=True, slots=True)
class Population:
    """A way to draw mechanisms: accepted instability, error of a mechanism, degrees.

    The error is normal, or with few degrees of ``freedom`` Student's t.
    """

    accepted_instability: float = DIVERSE
    noise_deg: float = 17.5
    friction: float = 0.6
    freedom: float = np.inf


def strike_slip_stress(shmax_deg: float = 30.0, phi: float = 0.5) -> Array:
    """Unit-norm tensor (3, 3) of a strike-slip regime with this SHmax."""
    axes = axis_vector([shmax_deg, 0.0, shmax_deg + 90.0], [0.0, 90.0, 0.0])
    return stress_tensor(axes, phi)


def tilted(tensor: Array, trend_deg: float, angle_deg: float) -> Array:
    """Stress turned about a level axis: a change of plunge."""
    return rotated(tensor, rotation_matrix(axis_vector(trend_deg, 0.0), np.asarray(angle_deg)))


def turned(tensor: Array, angle_deg: float) -> Array:
    """Stress with every azimuth increased by the angle."""
    return rotated(tensor, turn_about_vertical(angle_deg))


def random_units(count: int, rng: np.random.Generator) -> Array:
    """Draw unit vectors (count, 3), even on the sphere."""
    vectors = rng.normal(size=(count, 3))
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True))


def fault_normals(
    tensor: Array, count: int, rng: np.random.Generator, population: Population
) -> Array:
    """Draw normals (count, 3) of planes that this stress can move."""
    kept = np.zeros((0, 3))
    while kept.shape[0] < count:
        normals = random_units(8 * count + 64, rng)
        unstable = instability(tensor, normals, population.friction)
        chance = 1.0 / (1.0 + np.exp(-(unstable - population.accepted_instability) / STEP))
        kept = np.concatenate([kept, normals[rng.random(chance.size) < chance]])
    return kept[:count]


def mechanisms(
    tensor: Array,
    count: int,
    rng: np.random.Generator,
    population: Population | None = None,
    normals: Array | None = None,
) -> Array:
    """Strike, dip, rake (count, 3) of events under a stress; on ``normals`` where given."""
    drawn = population or Population()
    normal = fault_normals(tensor, count, rng, drawn) if normals is None else normals
    slip = slip_direction(tensor, normal)
    return with_noise(normal, slip, drawn.noise_deg, rng, drawn.freedom)


def with_noise(
    normal: Array,
    slip: Array,
    noise_deg: float,
    rng: np.random.Generator,
    freedom: float = np.inf,
) -> Array:
    """Strike, dip, rake of planes turned by |N(0, noise)| about random axes, labels random.

    With finite ``freedom`` the turn is ``noise`` times a Student's t, 180 degrees at most.
    """
    count = normal.shape[0]
    angle = np.abs(rng.normal(scale=noise_deg, size=count))
    if np.isfinite(freedom):
        angle = np.minimum(angle / np.sqrt(rng.chisquare(freedom, size=count) / freedom), 180.0)
    turn = rotation_matrix(random_units(count, rng), angle)
    n, u = (np.einsum("kij,kj->ki", turn, vectors) for vectors in (normal, slip))
    swap = rng.random((count, 1)) < 0.5
    return np.stack(strike_dip_rake(np.where(swap, u, n), np.where(swap, n, u)), axis=-1)


def with_bursts(
    angles: Array, share: float, size: int, rng: np.random.Generator, noise_deg: float = 8.0
) -> tuple[Array, NDArray[np.int64]]:
    """Replace a share of the events by bursts of near-repeats.

    Returns
    -------
    angles : (n, 3)
    burst : (n,) int, number of the burst, -1 for a single event
    """
    result, burst = angles.copy(), np.full(angles.shape[0], -1)
    chance = share / (size * (1.0 - share) + 1e-12)
    i = number = 0
    while i < angles.shape[0]:
        if rng.random() < chance:
            part = slice(i, min(i + size, angles.shape[0]))
            repeats = np.repeat(angles[i : i + 1], part.stop - i, axis=0)
            result[part] = with_noise(*plane_vectors(*repeats.T), noise_deg, rng)
            burst[part] = number
            number += 1
            i = part.stop
        else:
            i += 1
    return result, burst
