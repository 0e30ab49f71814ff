"""A posterior in a few numbers: the best mechanism, how far the truth may be, other solutions."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from streamstress.geometry.tensors import principal_axes
from streamstress.mechanism.alignment import rotation_traces, squared_plane_angles
from streamstress.mechanism.average import PreferredMechanism
from streamstress.mechanism.posterior_density import Density

Array = NDArray[np.float64]

SMOOTHING_DEG = 25.0
"""Width of the kernel under which the best mechanism has most of the posterior around it. A narrow
one gives the mode, which jumps about where the density is flat; a wide one the mean, which falls
between two solutions. Kagan angles of 20 to 30 degrees are where two mechanisms stop being
alike."""

N_STEPS = 6
"""Steps of the mean shift."""


def preferred_of_density(
    density: Density, cutoff_angle_deg: float, min_probability: float, max_solutions: int
) -> Iterator[PreferredMechanism]:
    """Best mechanisms, as `average.preferred_mechanisms` has them of an acceptable set.

    The probability of each is the posterior within the cut-off angle that no earlier one has.
    """
    left = density.mass.copy()
    for number in range(max_solutions):
        normal, slip = central_mechanism(density, left)
        near = rotations_deg(density, normal, slip) <= cutoff_angle_deg
        probability = float(left[near].sum())
        if number and probability < min_probability:
            return
        yield PreferredMechanism(
            normal, slip, min(probability, 1.0), *rms_plane_angles(density, normal, slip)
        )
        left[near] = 0.0
        if left.sum() < min_probability:
            return


def central_mechanism(density: Density, mass: Array) -> tuple[Array, Array]:
    """Normal and slip (3,) with most of the mass around them, within `SMOOTHING_DEG` or so.

    A mean shift (Comaniciu & Meer 2002) from the mode and from the mean of all mass; the better
    one is taken. No step looks at where a cell stands in its list, nor at which sign it has.
    """
    mode = int(np.argmax(np.where(mass > 0, density.log_density, -np.inf)))
    starts = [(density.normal[:, mode], density.slip[:, mode]), mean_mechanism(density, mass)]
    ends = [_climb(density, mass, *start) for start in starts]
    _, normal, slip = max(ends, key=lambda end: end[0])
    return normal, slip


def _climb(density: Density, mass: Array, normal: Array, slip: Array) -> tuple[float, Array, Array]:
    for _ in range(N_STEPS):
        weight = mass * _kernel(rotations_deg(density, normal, slip))
        normal, slip = mean_mechanism(density, weight)
    height = float(mass @ _kernel(rotations_deg(density, normal, slip)))
    return height, normal, slip


def _kernel(rotation_deg: Array) -> Array:
    return np.asarray(np.exp(-((rotation_deg / SMOOTHING_DEG) ** 2)))


def mean_mechanism(density: Density, weight: Array) -> tuple[Array, Array]:
    """Normal and slip (3,) of the double couple nearest to the weighted mean tensor."""
    half = (density.normal * weight) @ density.slip.T
    _, axes = principal_axes(half + half.T)
    pressure, tension = axes[0], axes[2]
    return (tension + pressure) / np.sqrt(2.0), (tension - pressure) / np.sqrt(2.0)


def rotations_deg(density: Density, normal: Array, slip: Array) -> Array:
    """Smallest rotations (n,) from a mechanism to those of the density."""
    traces = np.empty(density.normal.shape[1])
    rotation_traces(density.normal, density.slip, len(traces), normal, slip, traces)
    return np.degrees(np.arccos(np.clip((traces - 1.0) / 2.0, -1.0, 1.0)))


def credible_radius_deg(rotation_deg: Array, mass: Array, probability: float) -> float:
    """Smallest rotation within which the posterior has this probability."""
    order = np.argsort(rotation_deg, kind="stable")
    within = np.cumsum(mass[order])
    return float(rotation_deg[order[np.searchsorted(within, probability * within[-1])]])


def rms_plane_angles(density: Density, normal: Array, slip: Array) -> tuple[float, float]:
    """RMS angles, degrees, of the posterior's planes to a normal and a slip (3,)."""
    squares = squared_plane_angles(density.normal, density.slip, normal, slip)
    to_normal, to_slip = np.degrees(np.sqrt(squares @ density.mass))
    return float(to_normal), float(to_slip)
