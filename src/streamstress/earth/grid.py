"""Three-dimensional velocity models on a regular grid, from NetCDF or CSV."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import RegularGridInterpolator

from streamstress.earth.projection import KM_PER_DEGREE, LocalFrame
from streamstress.earth.stations import LOCAL_ORIGIN
from streamstress.earth.velocity import GRID_AXES, VP_VS
from streamstress.errors import InputFileError

Array = NDArray[np.float64]

NAMES = {
    "x": GRID_AXES,
    "y": ("y_km", "y", "latitude", "lat"),
    "z": ("depth_km", "depth", "z"),
    "vp": ("vp_km_s", "vp"),
    "vs": ("vs_km_s", "vs"),
}
"""What columns and variables may be called; longitude and latitude are degrees, x and y km east and
north of 0, 0 as `stations` has them."""


@dataclass(frozen=True, slots=True, eq=False)
class VelocityGrid:
    """P and S velocity on nodes of even steps.

    Attributes
    ----------
    frame
        Its centre; ``east_km`` (nx,) and ``north_km`` (ny,) count from there.
    depth_km
        (nz,) below sea level, negative above it.
    vp_km_s, vs_km_s
        (nx, ny, nz)
    """

    name: str
    frame: LocalFrame
    east_km: Array
    north_km: Array
    depth_km: Array
    vp_km_s: Array
    vs_km_s: Array

    @property
    def step_km(self) -> float:
        """Smallest distance of two nodes."""
        axes = (self.east_km, self.north_km, self.depth_km)
        return float(min(np.diff(axis).min() for axis in axes))

    def digest(self) -> str:
        """Hash of all that the velocities and their places are."""
        total = hashlib.sha256(repr(self.frame).encode())
        for part in (self.east_km, self.north_km, self.depth_km, self.vp_km_s, self.vs_km_s):
            total.update(np.ascontiguousarray(part, np.float64).tobytes())
        return total.hexdigest()


def read_grid(path: Path) -> VelocityGrid:
    """Read a grid: NetCDF (3 or 4) with axes and ``vp``, ``vs``; or CSV, one node a line.

    Without ``vs`` it is vp / 1.732.

    Raises
    ------
    InputFileError
        The file cannot be read, lacks an axis, is no full regular grid or holds odd velocities.
    """
    columns = _csv_nodes(path) if path.suffix.lower() == ".csv" else _netcdf(path)
    return _grid(path, columns)


def _grid(path: Path, columns: Mapping[str, Array]) -> VelocityGrid:
    axes = [columns[name] for name in "xyz"]
    vp = columns["vp"]
    vs = columns.get("vs", vp / VP_VS)
    for axis, values in zip("xyz", axes, strict=True):
        steps = np.diff(values)
        if len(values) < 2 or steps.min() <= 0 or np.ptp(steps) > 1e-3 * steps.max():
            raise InputFileError(f"{path}: axis {axis} has no even, rising steps")
    wrong = np.argwhere(~((vs > 0) & (vs < vp) & (vp < 20)))
    if len(wrong):
        node = tuple(wrong[0])
        at = ", ".join(f"{axes[k][node[k]]:g}" for k in range(3))
        raise InputFileError(
            f"{path}: vp {vp[node]:g}, vs {vs[node]:g} at node {at}, {len(wrong)} such nodes; "
            "expected 0 < vs < vp < 20 km/s"
        )
    if "degrees" in columns:
        return _from_degrees(path.name, axes, vp, vs)
    return VelocityGrid(path.name, LOCAL_ORIGIN, axes[0], axes[1], axes[2], vp, vs)


def _from_degrees(name: str, axes: list[Array], vp: Array, vs: Array) -> VelocityGrid:
    """A grid of even degrees on even kilometres of the frame of its centre."""
    longitude, latitude, depth = axes
    frame = LocalFrame(float(latitude.mean()), float(longitude.mean()))
    step = float(np.diff(latitude).min()) * KM_PER_DEGREE
    half_y = float(np.ptp(latitude)) / 2 * KM_PER_DEGREE
    shrink = float(np.cos(np.radians(latitude)).min())
    half_x = float(np.ptp(longitude)) / 2 * KM_PER_DEGREE * shrink
    east, north = (
        np.arange(-int(half / step), int(half / step) + 1, dtype=np.float64) * step
        for half in (half_x, half_y)
    )
    lat, lon = frame.to_degrees(east[:, None], north[None, :])
    points = np.stack(
        np.broadcast_arrays(lon[..., None], lat[..., None], depth[None, None, :]), axis=-1
    )
    low = [axis[0] for axis in axes]
    points = np.clip(points, low, [axis[-1] for axis in axes])
    sampled = [RegularGridInterpolator(axes, values)(points) for values in (vp, vs)]
    return VelocityGrid(name, frame, east, north, depth, *sampled)


def _named(path: Path, known: Mapping[str, str]) -> dict[str, str]:
    """The name that a file has for each of `NAMES`."""
    found = {
        key: known[name]
        for key, names in NAMES.items()
        for name in reversed(names)
        if name in known
    }
    missing = [key for key in ("x", "y", "z", "vp") if key not in found]
    if missing:
        expected = "; ".join(" or ".join(NAMES[key]) for key in missing)
        raise InputFileError(f"{path}: lacks {expected}")
    return found


def _csv_nodes(path: Path) -> dict[str, Array]:
    try:
        with path.open(encoding="utf-8-sig") as file:
            header = [name.strip().lower() for name in file.readline().split(",")]
            found = _named(path, {name: name for name in header})
            lines = file.readlines()
        if not lines:
            raise InputFileError(f"{path}: a heading and no node")
        rows = np.loadtxt(lines, delimiter=",", ndmin=2)
    except (OSError, ValueError, UnicodeDecodeError) as error:
        raise InputFileError(f"{path}: cannot be read ({error})") from error
    if rows.shape[1] != len(header):
        raise InputFileError(f"{path}: {rows.shape[1]} columns under {len(header)} names")
    nodes = {key: rows[:, header.index(name)] for key, name in found.items()}
    axes = {key: np.unique(nodes[key]) for key in "xyz"}
    shape = tuple(len(axes[key]) for key in "xyz")
    places = np.unique(np.stack([nodes[key] for key in "xyz"], axis=-1), axis=0)
    if not len(places) == len(rows) == np.prod(shape):
        raise InputFileError(
            f"{path}: {len(rows)} nodes at {len(places)} places; a full grid {shape} has "
            f"{np.prod(shape)}"
        )
    order = np.lexsort((nodes["z"], nodes["y"], nodes["x"]))
    values = {key: nodes[key][order].reshape(shape) for key in ("vp", "vs") if key in nodes}
    return _with_unit(axes | values, found["x"])


def _netcdf(path: Path) -> dict[str, Array]:
    arrays, dimensions = _netcdf_arrays(path)
    found = _named(path, {name.lower(): name for name in arrays})
    axes = {key: arrays[found[key]] for key in "xyz"}
    order = [found[key] for key in "xyz"]
    values = {}
    for key in ("vp", "vs"):
        if key in found:
            told = dimensions[found[key]]
            if sorted(told) != sorted(order):
                raise InputFileError(f"{path}: {found[key]} has axes {told}; expected {order}")
            values[key] = arrays[found[key]].transpose([told.index(name) for name in order])
    return _with_unit(axes | values, found["x"])


def _netcdf_arrays(path: Path) -> tuple[dict[str, Array], dict[str, tuple[str, ...]]]:
    try:
        with path.open("rb") as file:
            is_classic = file.read(3) == b"CDF"
        return _classic(path) if is_classic else _hdf5(path)
    except (OSError, TypeError, ValueError, KeyError) as error:
        raise InputFileError(f"{path}: not a NetCDF file ({error})") from error


def _classic(path: Path) -> tuple[dict[str, Array], dict[str, tuple[str, ...]]]:
    from scipy.io import netcdf_file

    with netcdf_file(str(path), mmap=False) as file:
        variables = file.variables.items()
        arrays = {name: np.array(variable[:], float) for name, variable in variables}
        return arrays, {name: tuple(variable.dimensions) for name, variable in variables}


def _hdf5(path: Path) -> tuple[dict[str, Array], dict[str, tuple[str, ...]]]:
    import h5py

    with h5py.File(path) as file:
        sets = {name: item for name, item in file.items() if isinstance(item, h5py.Dataset)}
        arrays = {name: np.array(item, float) for name, item in sets.items()}
        dimensions = {
            name: tuple(scale[0].name.strip("/") for scale in item.dims if len(scale))
            for name, item in sets.items()
            if item.ndim > 1
        }
        return arrays, dimensions


def _with_unit(columns: dict[str, Array], x_name: str) -> dict[str, Array]:
    is_degrees = x_name.lower() in ("longitude", "lon")
    return columns | ({"degrees": np.ones(1)} if is_degrees else {})
