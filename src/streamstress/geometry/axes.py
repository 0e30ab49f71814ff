"""Axes: trend and plunge, axial means and differences, SHmax."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]


def axis_vector(trend_deg: ArrayLike, plunge_deg: ArrayLike) -> Array:
    """Unit vector (..., 3) east-north-up of an axis with this trend and (downward) plunge."""
    trend, plunge = np.broadcast_arrays(
        np.radians(np.asarray(trend_deg, float)), np.radians(np.asarray(plunge_deg, float))
    )
    level = np.cos(plunge)
    return np.stack([level * np.sin(trend), level * np.cos(trend), -np.sin(plunge)], axis=-1)


def trend_plunge(axis: ArrayLike) -> tuple[Array, Array]:
    """Trend in [0, 360) and plunge in [0, 90] degrees of axes (..., 3), either sign."""
    v = np.asarray(axis, float)
    down = np.where(v[..., 2:3] > 0, -v, v)
    trend = np.degrees(np.arctan2(down[..., 0], down[..., 1])) % 360.0
    plunge = np.degrees(np.arctan2(-down[..., 2], np.hypot(down[..., 0], down[..., 1])))
    return trend, plunge


def axial(azimuth_deg: ArrayLike) -> Array:
    """Azimuths of axes brought to [0, 180)."""
    wrapped = np.asarray(azimuth_deg, float) % 180.0
    return np.asarray(np.where(wrapped >= 180.0, 0.0, wrapped))


def axial_difference(azimuth_deg: ArrayLike, reference_deg: ArrayLike) -> Array:
    """Signed angle from reference to azimuth between axes, clockwise positive, in [-90, 90)."""
    difference = np.asarray(azimuth_deg, float) - np.asarray(reference_deg, float)
    return np.asarray((difference + 90.0) % 180.0 - 90.0)


def axial_mean(azimuth_deg: ArrayLike, weight: ArrayLike | None = None) -> float:
    """Mean azimuth of axes in [0, 180), by doubled angles."""
    doubled = np.radians(2.0 * np.asarray(azimuth_deg, float))
    weights = np.ones_like(doubled) if weight is None else np.asarray(weight, float)
    mean = np.arctan2(np.sum(weights * np.sin(doubled)), np.sum(weights * np.cos(doubled)))
    return float(axial(np.degrees(mean) / 2.0))


def shmax_azimuth(tensor: ArrayLike) -> Array:
    """Azimuth of the largest horizontal compression, in [0, 180).

    Parameters
    ----------
    tensor
        (..., 3, 3) stress, tension positive, east-north-up.

    Notes
    -----
    ``(1/2) atan2(-2 s_en, s_ee - s_nn)`` of the horizontal part is counted here from north;
    equal to Lund & Townend (2007) with R = (s1 - s2) / (s1 - s3).
    """
    t = np.asarray(tensor, float)
    return axial(np.degrees(np.arctan2(-2.0 * t[..., 0, 1], t[..., 0, 0] - t[..., 1, 1])) / 2.0)


def horizontal_deviator(tensor: ArrayLike) -> Array:
    """Half the difference of the horizontal principal stresses; near zero SHmax is undefined."""
    t = np.asarray(tensor, float)
    return np.asarray(np.hypot((t[..., 0, 0] - t[..., 1, 1]) / 2.0, t[..., 0, 1]), float)
