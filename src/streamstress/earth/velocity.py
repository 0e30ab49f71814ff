"""One-dimensional velocity models."""

from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from streamstress.earth.projection import EARTH_RADIUS_KM
from streamstress.errors import ConfigError, InputFileError

Array = NDArray[np.float64]

# HASH's velocity files hold P only; a Poisson solid has vp/vs = sqrt(3).
VP_VS = 1.732

GRID_AXES = ("x_km", "x", "longitude", "lon")
"""Columns that a 3-D grid has and a 1-D model has not."""

# Kennett & Engdahl (1991), GJI 105, 429-465, table 2: depth (km), vp, vs (km/s), to 760 km.
_IASP91 = (
    (0.0, 5.8000, 3.3600),
    (20.0, 5.8000, 3.3600),
    (20.0, 6.5000, 3.7500),
    (35.0, 6.5000, 3.7500),
    (35.0, 8.0400, 4.4700),
    (77.5, 8.0450, 4.4850),
    (120.0, 8.0500, 4.5000),
    (165.0, 8.1750, 4.5090),
    (210.0, 8.3000, 4.5180),
    (210.0, 8.3000, 4.5220),
    (260.0, 8.4825, 4.6090),
    (310.0, 8.6650, 4.6960),
    (360.0, 8.8475, 4.7830),
    (410.0, 9.0300, 4.8700),
    (410.0, 9.3600, 5.0700),
    (460.0, 9.5280, 5.1760),
    (510.0, 9.6960, 5.2820),
    (560.0, 9.8640, 5.3880),
    (610.0, 10.0320, 5.4940),
    (660.0, 10.2000, 5.6000),
    (660.0, 10.7900, 5.9500),
    (710.0, 10.9229, 6.0797),
    (760.0, 11.0558, 6.2095),
)


@dataclass(frozen=True, slots=True)
class VelocityModel:
    """P and S velocity against depth.

    Piecewise linear between nodes; a depth given twice is a jump; constant below the last node and
    above the first.
    """

    name: str
    depth_km: tuple[float, ...]
    vp_km_s: tuple[float, ...]
    vs_km_s: tuple[float, ...]

    def velocity_km_s(self, phase: str) -> tuple[float, ...]:
        """Node velocities of ``"P"`` or ``"S"``."""
        return {"P": self.vp_km_s, "S": self.vs_km_s}[phase]

    def at(self, phase: str, depth_km: ArrayLike) -> Array:
        """Velocity (km/s) at depths of any shape; at a jump, that below it."""
        nodes, velocities = _nodes(self, phase)
        return np.asarray(np.interp(np.asarray(depth_km, np.float64), nodes, velocities))


def lowered(model: VelocityModel, by_km: float) -> VelocityModel:
    """A model with all nodes deeper by ``by_km``: depths then count from a level above the sea."""
    depth = tuple(node + by_km for node in model.depth_km)
    return replace(model, depth_km=depth)


@lru_cache(maxsize=64)
def _nodes(model: VelocityModel, phase: str) -> tuple[Array, Array]:
    nodes = np.asarray(model.depth_km)
    # np.interp is not defined at repeated nodes: set the upper one a micrometre higher.
    upper = np.append(np.diff(nodes) == 0.0, False)
    return nodes - 1e-9 * upper, np.asarray(model.velocity_km_s(phase))


def read_velocity(path: Path) -> VelocityModel:
    """Read lines of ``depth vp [vs]`` (km, km/s), split by spaces or commas.

    HASH's ``vz.*`` files have no vs: it is then vp / 1.732. A ``#`` starts a comment; one header
    line of words is passed over. TauP's ``.nd`` files have density and Q behind, which are not
    used, and names of layers in lines of their own; the model ends at ``outer-core``.

    Raises
    ------
    InputFileError
        The file cannot be read, or a line of it is wrong (the message names the line).
    """
    try:
        content = path.read_bytes()
        is_netcdf = content.startswith((b"CDF", b"\x89HDF"))
        lines = [] if is_netcdf else content.decode("utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputFileError(f"{path}: cannot be read ({error})") from error
    heading = lines[0].replace(",", " ").lower().split() if lines else []
    if is_netcdf or set(GRID_AXES) & set(heading):
        raise InputFileError(
            f"{path}: a 3-D grid; expected a 1-D model, lines 'depth vp [vs]' (grids are for "
            "--velocity-grid and 'velocity volumes')"
        )
    nodes: list[tuple[float, float, float]] = []
    for number, line in enumerate(lines, start=1):
        words = line.split("#")[0].replace(",", " ").split()
        if words == ["outer-core"]:
            break
        if words and not nodes and words[0].lower().startswith(("vp", "vs")):
            raise InputFileError(f"{path}, line {number}: columns {words}; expected depth vp [vs]")
        if words and not (words[0][0].isalpha() and (not nodes or len(words) == 1)):
            nodes.append(_node(path, number, words, nodes[-1][0] if nodes else None))
    if not nodes:
        raise InputFileError(f"{path}: holds no line 'depth vp [vs]'")
    depth, vp, vs = zip(*nodes, strict=True)
    return VelocityModel(path.name, depth, vp, vs)


def _node(
    path: Path, number: int, words: list[str], above_km: float | None
) -> tuple[float, float, float]:
    where = f"{path}, line {number}"
    try:
        values = [float(word) for word in words]
    except ValueError as error:
        raise InputFileError(f"{where}: {error}; expected 'depth vp [vs]'") from error
    if len(values) not in (2, 3, 4, 6):
        raise InputFileError(
            f"{where}: {len(values)} values; expected 'depth vp [vs [density [Qp Qs]]]'"
        )
    depth, vp = values[:2]
    vs = values[2] if len(values) > 2 else vp / VP_VS
    if not (0.0 < vs < vp < 20.0):
        raise InputFileError(f"{where}: vp {vp}, vs {vs}; expected 0 < vs < vp < 20 km/s")
    if not abs(depth) < EARTH_RADIUS_KM:
        raise InputFileError(f"{where}: depth {depth:g} km; expected km, not metres")
    if above_km is not None and depth < above_km:
        raise InputFileError(f"{where}: depth {depth} lies above {above_km}; sort by depth")
    return depth, vp, vs


def named_velocity(name: str) -> VelocityModel:
    """Return a published model; ``"iasp91"`` is known.

    Raises
    ------
    ConfigError
        The name is unknown.
    """
    if name != "iasp91":
        raise ConfigError(f"velocity model {name!r} is unknown; give 'iasp91' or a file")
    depth, vp, vs = zip(*_IASP91, strict=True)
    return VelocityModel(name, depth, vp, vs)
