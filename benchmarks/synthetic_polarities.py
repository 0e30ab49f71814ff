"""Readings of random double couples with every error of a real network, and none of it told.

`draw_event` makes one event: rays around the source, polarities of which a part is wrong, most
of these near nodal planes, take-off and azimuth errors with a part common to the event, S/P with
noise. What is handed to a solver states the same sigma for every event, whatever the truth was.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from streamstress.geometry.planes import strike_dip_rake
from streamstress.geometry.radiation import radiation_pattern
from streamstress.geometry.tensors import double_couple
from streamstress.mechanism import PolarityData

Array = NDArray[np.float64]

STATED_TAKEOFF_SIGMA_DEG, STATED_AZIMUTH_SIGMA_DEG = 6.0, 3.0
"""What every event states, be its true errors 3 or 10 degrees."""

S_OVER_P = 4.9
"""S to P amplitude at equal radiation factors (HASH v1.2)."""


@dataclass(frozen=True, slots=True)
class Truth:
    """What the solver is not told.

    Attributes
    ----------
    mechanism
        (3,) strike, dip, rake.
    n_polarity
        Number of polarities.
    wrong_rate
        Expected part of wrong labels.
    takeoff_error_deg
        Standard deviation of the take-off error, common and single part together.
    has_sp
        Amplitude ratios are given.
    """

    mechanism: Array
    n_polarity: int
    wrong_rate: float
    takeoff_error_deg: float
    has_sp: bool


@dataclass(frozen=True, slots=True)
class Errors:
    """How an event is made wrong; the ranges are drawn from evenly.

    Attributes
    ----------
    n_polarity, wrong_rate, takeoff_error_deg, azimuth_error_deg, sp_noise
        Ranges.
    common_share
        Range of the part of the take-off variance that all rays of an event share.
    nodal_share
        Range of the part of the wrong labels that gathers near nodal planes.
    nodal_amplitude
        P factor over which the mislabels near nodal planes fall by e.
    tail_dof
        Degrees of freedom of the single ray errors and of the S/P noise; None: normal.
    depth_like
        The common error is that of a wrong depth, ``sin(2 takeoff)``, instead of an equal shift.
    sp_offset
        Standard deviation of a log10 S/P offset common to an event.
    """

    n_polarity: tuple[int, int] = (8, 60)
    wrong_rate: tuple[float, float] = (0.0, 0.2)
    takeoff_error_deg: tuple[float, float] = (3.0, 10.0)
    azimuth_error_deg: tuple[float, float] = (1.0, 5.0)
    sp_noise: tuple[float, float] = (0.3, 0.5)
    common_share: tuple[float, float] = (0.2, 0.8)
    nodal_share: tuple[float, float] = (0.3, 0.9)
    nodal_amplitude: float = 0.15
    tail_dof: float | None = None
    depth_like: bool = False
    sp_offset: float = 0.0


AS_STATED = Errors()
"""Errors whose kinds the solver knows of, whose sizes it does not."""

OTHERWISE = Errors(
    tail_dof=3.0,
    depth_like=True,
    sp_offset=0.15,
    nodal_amplitude=0.05,
    nodal_share=(0.0, 1.0),
    azimuth_error_deg=(2.0, 8.0),
)
"""Errors that the solver's model does not describe: single errors with heavy tails, a common
error of another shape, an offset of S/P, other mislabels, larger azimuth errors."""


def random_mechanism(rng: np.random.Generator) -> Array:
    """Draw strike, dip, rake (3,) of a double couple, even over all orientations."""
    frame, _ = np.linalg.qr(rng.standard_normal((3, 3)))
    return np.stack(strike_dip_rake(frame[:, 0], frame[:, 1]), axis=-1)


def draw_event(
    rng: np.random.Generator, has_sp: bool, errors: Errors = AS_STATED
) -> tuple[PolarityData, Truth]:
    """Draw one event with what is known of it and its truth."""
    n = int(rng.integers(errors.n_polarity[0], errors.n_polarity[1] + 1))
    mechanism = random_mechanism(rng)
    azimuth, takeoff = true_rays(n, rng)
    p, sv, sh = radiation_pattern(np.sqrt(2.0) * double_couple(*mechanism), azimuth, takeoff)
    wrong_rate = rng.uniform(*errors.wrong_rate)
    up = (p > 0) ^ (rng.random(n) < mislabel_chance(p, wrong_rate, rng, errors))
    takeoff_error = rng.uniform(*errors.takeoff_error_deg)
    noise = errors_of_rays(takeoff, takeoff_error, rng, errors)
    ratio = np.log10(S_OVER_P * np.hypot(sv, sh) / np.maximum(np.abs(p), 1e-6))
    scatter = rng.uniform(*errors.sp_noise) * tailed(n, rng, errors)
    ratio = ratio + scatter + errors.sp_offset * rng.standard_normal()
    data = PolarityData(
        azimuth + noise[0],
        folded(takeoff + noise[1]),
        np.full(n, STATED_AZIMUTH_SIGMA_DEG),
        np.full(n, STATED_TAKEOFF_SIGMA_DEG),
        up.astype(float),
        sp_log_ratio=ratio if has_sp else None,
    )
    return data, Truth(mechanism, n, wrong_rate, takeoff_error, has_sp)


def true_rays(n: int, rng: np.random.Generator) -> tuple[Array, Array]:
    """Azimuths and take-offs (n,) of a network denser on one side, degrees.

    Two parts in three leave upwards or nearly level, as near stations of a shallow event do.
    """
    toward, density = rng.uniform(0, 360), rng.uniform(0, 1)
    azimuth = np.where(
        rng.random(n) < 0.4 * density,
        toward + 40.0 * rng.standard_normal(n),
        rng.uniform(0, 360, n),
    )
    upward = np.degrees(np.arccos(-rng.uniform(-0.05, 0.95, n)))
    downward = rng.uniform(25.0, 85.0, n)
    return azimuth % 360.0, np.where(rng.random(n) < 2 / 3, upward, downward)


def mislabel_chance(p: Array, rate: float, rng: np.random.Generator, errors: Errors) -> Array:
    """Chance (n,) of a wrong label for P factors (n,), ``rate`` in the mean.

    A part is the same everywhere, the rest falls with the P amplitude and is at most a half.
    """
    share = rng.uniform(*errors.nodal_share)
    near = np.exp(-np.abs(p) / errors.nodal_amplitude)
    wanted, low, high = rate * share * len(p), 0.0, 1e3
    for _ in range(40):
        factor = (low + high) / 2.0
        low, high = (
            (factor, high) if np.minimum(factor * near, 0.5).sum() < wanted else (low, factor)
        )
    even = rate * (1.0 - share)
    return np.asarray(np.minimum(low * near, 0.5) * (1.0 - 2.0 * even) + even)


def errors_of_rays(
    takeoff: Array, sigma_deg: float, rng: np.random.Generator, errors: Errors
) -> tuple[Array, Array]:
    """Errors (n,) of azimuth and take-off, degrees."""
    n, share = len(takeoff), rng.uniform(*errors.common_share)
    shape = np.sin(2.0 * np.radians(takeoff)) if errors.depth_like else np.ones(n)
    shape = shape / np.sqrt(np.mean(shape**2))
    common = np.sqrt(share) * sigma_deg * shape * rng.standard_normal()
    single = np.sqrt(1.0 - share) * sigma_deg * tailed(n, rng, errors)
    azimuth = rng.uniform(*errors.azimuth_error_deg) * tailed(n, rng, errors)
    return azimuth, common + single


def tailed(n: int, rng: np.random.Generator, errors: Errors) -> Array:
    """Draw errors (n,) of unit variance, with heavy tails where asked."""
    if errors.tail_dof is None:
        return rng.standard_normal(n)
    dof = errors.tail_dof
    return np.asarray(rng.standard_t(dof, n) / np.sqrt(dof / (dof - 2.0)))


def folded(takeoff_deg: Array) -> Array:
    """Take-offs kept within 0 to 180 degrees."""
    return np.asarray(np.clip(takeoff_deg, 0.0, 180.0))
