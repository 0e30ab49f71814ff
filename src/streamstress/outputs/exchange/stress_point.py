"""One stress estimate at one place, as flat numbers: what every format can hold part of."""

from collections.abc import Mapping
from typing import Any

import msgspec
import numpy as np

from streamstress.geometry.axes import axial
from streamstress.outputs.mechanisms_csv import time_ns_of
from streamstress.records import Axis, StressEstimate
from streamstress.stress.describe import StressDescription, described

HALF_WIDTH95_IN_SIGMA = 1.959964
"""Half the width of a 95 % interval of a normal distribution."""

CONE95_IN_SIGMA = 2.447747
"""Radius of 95 % of a normal distribution in two dimensions, sqrt(-2 ln 0.05), in sigma."""

PARTS = ("ee", "en", "eu", "nn", "nu", "uu")


class StressPoint(msgspec.Struct, frozen=True, kw_only=True):
    """A stress estimate; None where a source does not tell.

    Degrees, azimuths clockwise from north; the tensor is tension positive in east, north, up;
    ``phi = (s2 - s3) / (s1 - s3)`` of compressive stresses, s1 most compressive.
    """

    name: str
    latitude_deg: float
    longitude_deg: float
    depth_km: float | None = None
    time_ns: int | None = None
    """Data time it belongs to."""
    shmax_deg: float | None = None
    shmax_sigma_deg: float | None = None
    """One standard deviation."""
    regime: str | None = None
    """``NF NS SS TS TF U``."""
    quality: str | None = None
    """World Stress Map rank A to E."""
    n_events: int | None = None
    see: float | None = None
    sen: float | None = None
    seu: float | None = None
    snn: float | None = None
    snu: float | None = None
    suu: float | None = None
    s1_azimuth_deg: float | None = None
    s1_plunge_deg: float | None = None
    s1_cone95_deg: float | None = None
    s2_azimuth_deg: float | None = None
    s2_plunge_deg: float | None = None
    s2_cone95_deg: float | None = None
    s3_azimuth_deg: float | None = None
    s3_plunge_deg: float | None = None
    s3_cone95_deg: float | None = None
    phi: float | None = None
    phi_low95: float | None = None
    phi_high95: float | None = None
    phi_reliable: bool | None = None
    a_phi: float | None = None
    misfit_deg: float | None = None
    method: str | None = None

    @property
    def r(self) -> float | None:
        """``R = 1 - phi``."""
        return None if self.phi is None else 1.0 - self.phi

    @property
    def tensor(self) -> np.ndarray[Any, np.dtype[np.float64]] | None:
        """(3, 3) tensor, tension positive; None where a part of it is missing."""
        ee, en, eu, nn, nu, uu = (getattr(self, f"s{part}") for part in PARTS)
        if None in (ee, en, eu, nn, nu, uu):
            return None
        return np.array([[ee, en, eu], [en, nn, nu], [eu, nu, uu]], float)


def point_of_estimate(estimate: StressEstimate) -> StressPoint:
    """The point of a record of the monitor."""
    axes = {f"s{k}": getattr(estimate, f"s{k}") for k in (1, 2, 3)}
    defined = estimate.shmax_defined
    return StressPoint(
        name=estimate.cell,
        latitude_deg=estimate.latitude_deg,
        longitude_deg=estimate.longitude_deg,
        depth_km=estimate.depth_km,
        time_ns=estimate.data_time_ns,
        shmax_deg=estimate.shmax_deg if defined else None,
        shmax_sigma_deg=sigma_of(estimate.shmax_interval95_deg) if defined else None,
        regime=estimate.regime,
        quality=estimate.wsm_quality,
        n_events=estimate.n_events,
        **{f"s{part}": estimate.tensor.get(part) for part in PARTS},
        **_axis_fields(axes),
        phi=estimate.phi,
        phi_low95=estimate.phi_interval95[0],
        phi_high95=estimate.phi_interval95[1],
        phi_reliable=estimate.phi_reliable,
        a_phi=estimate.a_phi,
        misfit_deg=estimate.misfit_deg,
        method=estimate.method,
    )


def point_of_node(node: Mapping[str, Any]) -> StressPoint:
    """The point of a node of ``invert``; a node without an answer keeps its place alone.

    Raises
    ------
    KeyError, ValueError
        The node has no latitude and longitude, or a value is not what it should be.
    """
    tensor, phi = node.get("tensor") or {}, node.get("phi_interval95") or (None, None)
    axes = {f"s{k}": node.get(f"s{k}") for k in (1, 2, 3)}
    interval = node.get("shmax_interval95_deg")
    return StressPoint(
        name=f"{node['node']}",
        latitude_deg=float(node["latitude"]),
        longitude_deg=float(node["longitude"]),
        depth_km=node.get("depth_km"),
        time_ns=None if node.get("time") is None else time_ns_of(node["time"]),
        shmax_deg=node.get("shmax_deg"),
        shmax_sigma_deg=None if interval is None else sigma_of(interval),
        regime=node.get("regime"),
        quality=node.get("wsm_quality"),
        n_events=node.get("n_events"),
        **{f"s{part}": tensor.get(part) for part in PARTS},
        **_axis_fields(axes),
        phi=node.get("phi"),
        phi_low95=phi[0],
        phi_high95=phi[1],
        phi_reliable=node.get("phi_reliable"),
        a_phi=node.get("a_phi"),
        misfit_deg=node.get("misfit_deg"),
        method="streamstress invert",
    )


def told_by_tensor(point: StressPoint) -> StressPoint:
    """Fill in what the tensor says and the source did not: axes, SHmax, regime, shape."""
    tensor = point.tensor
    if tensor is None or not np.any(tensor):
        return point
    told = described(tensor, None, misfit_deg=None, mean_instability=None, n_events=0)
    missing = {
        name: value
        for name, value in _described_fields(told).items()
        if getattr(point, name) is None
    }
    return msgspec.structs.replace(point, **missing)


def sigma_of(interval95_deg: tuple[float, float] | list[float]) -> float:
    """Standard deviation that a 95 % interval stands for."""
    low, high = interval95_deg
    return (high - low) / 2.0 / HALF_WIDTH95_IN_SIGMA


def axis180(azimuth_deg: float | None) -> float | None:
    """Azimuth of an axis in [0, 180)."""
    return None if azimuth_deg is None else float(axial(azimuth_deg))


def _described_fields(told: StressDescription) -> dict[str, Any]:
    axes = {"s1": told.s1, "s2": told.s2, "s3": told.s3}
    fields: dict[str, Any] = {
        "shmax_deg": told.shmax_deg if told.shmax_defined else None,
        "regime": told.regime,
        "phi": told.phi,
        "a_phi": told.a_phi,
    }
    for name, axis in axes.items():
        fields[f"{name}_azimuth_deg"] = axis.trend_deg
        fields[f"{name}_plunge_deg"] = axis.plunge_deg
    return fields


def _axis_fields(axes: Mapping[str, Axis | Mapping[str, Any] | None]) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for name, axis in axes.items():
        parts = msgspec.to_builtins(axis) if isinstance(axis, Axis) else (axis or {})
        for part in ("azimuth_deg", "plunge_deg", "cone95_deg"):
            fields[f"{name}_{part}"] = parts.get(part)
    return fields
