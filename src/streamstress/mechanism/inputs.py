"""What a mechanism is solved from: rays with polarities and amplitude ratios."""

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from streamstress.errors import UnusableDataError
from streamstress.mechanism.polarity_kernel import quantised_weight

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class PolarityData:
    """The readings of one event, one entry a station; their order means nothing.

    Attributes
    ----------
    azimuth_deg, takeoff_deg
        (n,) ray at the source, take-off from straight down.
    azimuth_sigma_deg, takeoff_sigma_deg
        (n,) standard deviations, 0 or more.
    up_probability
        (n,) probability that the first motion is up: 1 up, 0 down, 0.5 or NaN unknown.
    impulsive
        (n,) True where the onset is impulsive; None where nobody told, then all are taken as
        impulsive.
    sp_log_ratio
        (n,) log10 of S over P amplitude less the station correction, NaN where there is none;
        None without amplitudes.
    trial_azimuth_deg, trial_takeoff_deg
        (n_trials, n) rays of each trial, from several velocity models and depths; they replace
        the trials drawn from the standard deviations. Both or none.

    Raises
    ------
    UnusableDataError
        The arrays do not match in shape.
    """

    azimuth_deg: Array
    takeoff_deg: Array
    azimuth_sigma_deg: Array
    takeoff_sigma_deg: Array
    up_probability: Array
    impulsive: Mask | None = None
    sp_log_ratio: Array | None = None
    trial_azimuth_deg: Array | None = None
    trial_takeoff_deg: Array | None = None

    def __post_init__(self) -> None:
        """Hold every array against the first."""
        if (self.trial_azimuth_deg is None) != (self.trial_takeoff_deg is None):
            raise UnusableDataError("trial rays: give both trial azimuths and trial take-offs")
        expected = np.shape(self.azimuth_deg)
        for field in fields(self):
            value = getattr(self, field.name)
            shape = np.shape(value)
            if field.name.startswith("trial_"):
                shape = shape[1:]
            if value is not None and (shape != expected or len(expected) != 1):
                raise UnusableDataError(
                    f"{field.name} has shape {np.shape(value)}, azimuth_deg {expected}: "
                    "give one value a station"
                )
        trials = (self.trial_azimuth_deg, self.trial_takeoff_deg)
        if len({np.shape(trial) for trial in trials if trial is not None}) > 1:
            raise UnusableDataError("trial azimuths and take-offs differ in the number of trials")


@dataclass(frozen=True, slots=True)
class Readings:
    """The usable readings in their canonical order.

    Attributes
    ----------
    azimuth_deg, takeoff_deg, azimuth_sigma_deg, takeoff_sigma_deg
        (n,) as in `PolarityData`.
    sign
        (n,) +1 up, -1 down, 0 no polarity.
    weight
        (n,) ``|2p - 1|`` of the up probability p, 0 where there is no polarity.
    impulsive
        (n,) bool.
    sp_log_ratio
        (n,) NaN where there is none.
    trial_azimuth_deg, trial_takeoff_deg
        (n_trials, n) or None.
    n_set_aside
        Readings that could not be used: no finite ray, or a probability outside 0 to 1.
    """

    azimuth_deg: Array
    takeoff_deg: Array
    azimuth_sigma_deg: Array
    takeoff_sigma_deg: Array
    sign: Array
    weight: Array
    impulsive: Mask
    sp_log_ratio: Array
    trial_azimuth_deg: Array | None
    trial_takeoff_deg: Array | None
    n_set_aside: int

    @property
    def has_polarity(self) -> Mask:
        """Bool (n,): the reading carries a polarity."""
        return np.asarray(self.sign != 0)

    @property
    def has_amplitude(self) -> Mask:
        """Bool (n,): the reading carries an S/P ratio."""
        return np.asarray(np.isfinite(self.sp_log_ratio))

    @property
    def n_polarity(self) -> int:
        """Number of polarities."""
        return int(self.has_polarity.sum())

    @property
    def n_sp(self) -> int:
        """Number of S/P ratios."""
        return int(self.has_amplitude.sum())


def usable_readings(data: PolarityData, min_weight: float = 0.1) -> Readings:
    """Keep what says something, sort it, and turn probabilities to sign and weight.

    Polarities with a weight below ``min_weight`` are no polarities. A reading with neither
    polarity nor S/P is left out before anything is drawn, so that it changes nothing.
    """
    p = np.asarray(data.up_probability, float)
    known = np.isfinite(p)
    weight = quantised_weight(np.where(known, np.abs(2.0 * p - 1.0), 0.0)).astype(np.float64)
    weight[weight < max(min_weight, 1e-9)] = 0.0
    sign = np.where(weight > 0, np.where(np.nan_to_num(p) > 0.5, 1.0, -1.0), 0.0)
    ratio = _or_default(data.sp_log_ratio, np.nan, p)
    sane = _finite_rays(data) & ~(known & ((p < 0) | (p > 1)))
    keep = np.flatnonzero(sane & ((sign != 0) | np.isfinite(ratio)))
    impulsive = np.ones(len(p), bool) if data.impulsive is None else np.asarray(data.impulsive)
    order = keep[_canonical_order(data, sign * weight, impulsive, ratio, keep)]
    return Readings(
        np.asarray(data.azimuth_deg, float)[order] % 360.0,
        np.asarray(data.takeoff_deg, float)[order],
        np.nan_to_num(np.asarray(data.azimuth_sigma_deg, float)[order]),
        np.nan_to_num(np.asarray(data.takeoff_sigma_deg, float)[order]),
        sign[order],
        weight[order],
        impulsive[order].astype(bool),
        ratio[order],
        _columns(data.trial_azimuth_deg, order),
        _columns(data.trial_takeoff_deg, order),
        int((~sane).sum()),
    )


def trial_rays(
    readings: Readings, n_trials: int, generator: np.random.Generator
) -> tuple[Array, Array]:
    """Azimuths and take-offs (n_trials, n) of the trials, degrees.

    The given trials where there are some; else the unperturbed rays and normal perturbations of
    them (HASH v1.2 driver 1), stratified: see `stratified_normals`.
    """
    if readings.trial_azimuth_deg is not None and readings.trial_takeoff_deg is not None:
        return readings.trial_azimuth_deg, readings.trial_takeoff_deg
    n = len(readings.azimuth_deg)
    shift = np.zeros((n_trials, 2, n))
    shift[1:] = stratified_normals(generator, n_trials - 1, 2 * n).reshape(-1, 2, n)
    azimuth = readings.azimuth_deg + shift[:, 0] * readings.azimuth_sigma_deg
    takeoff = readings.takeoff_deg + shift[:, 1] * readings.takeoff_sigma_deg
    return azimuth, takeoff


def stratified_normals(generator: np.random.Generator, n_draws: int, n_columns: int) -> Array:
    """Draw standard normal numbers (n_draws, n_columns), each column one from every n-th part.

    A Latin hypercube (McKay, Beckman & Conover 1979, Technometrics 21, 239): each number is
    normal, and the 29 perturbations of a ray always cover its whole range, so that the answer
    moves less from seed to seed than with independent draws.
    """
    rank = np.argsort(generator.random((n_draws, n_columns)), axis=0)
    return np.asarray(ndtri((rank + generator.random((n_draws, n_columns))) / max(n_draws, 1)))


def _finite_rays(data: PolarityData) -> Mask:
    finite = np.isfinite(data.azimuth_deg) & np.isfinite(data.takeoff_deg)
    for trials in (data.trial_azimuth_deg, data.trial_takeoff_deg):
        if trials is not None:
            finite &= np.isfinite(trials).all(axis=0)
    return np.asarray(finite)


def _canonical_order(
    data: PolarityData, signed_weight: Array, impulsive: Mask, ratio: Array, keep: NDArray[np.intp]
) -> NDArray[np.intp]:
    """Order by every value of a reading, so that only equal ones may exchange places."""
    keys: list[Array] = [
        np.nan_to_num(ratio, nan=-1e9),
        impulsive.astype(float),
        signed_weight,
        np.asarray(data.takeoff_sigma_deg, float),
        np.asarray(data.azimuth_sigma_deg, float),
    ]
    for trials in (data.trial_takeoff_deg, data.trial_azimuth_deg):
        keys.extend([] if trials is None else np.asarray(trials, float)[::-1])
    keys.append(np.asarray(data.takeoff_deg, float))
    keys.append(np.asarray(data.azimuth_deg, float) % 360.0)
    return np.asarray(np.lexsort([key[keep] for key in keys]))


def _or_default(values: Array | None, default: float, like: Array) -> Array:
    return np.full(like.shape, default) if values is None else np.asarray(values, float)


def _columns(values: Array | None, order: NDArray[np.intp]) -> Array | None:
    return None if values is None else np.asarray(values, float)[:, order]
