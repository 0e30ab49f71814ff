"""Ray integrals of a 1-D model on a spherical Earth.

The Earth is flattened exactly for rays (Müller 1985, J. Geophys. 58, eq. 1-3):
``z' = R ln(R / (R - z))``, ``v' = v R / (R - z)``. Angles, times and distances along the surface
are kept. Within thin layers of linear velocity the integrals are closed (Aki & Richards 2002,
section 9.3); they are written so that no digits are lost where the gradient is small.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from streamstress.earth.projection import EARTH_RADIUS_KM
from streamstress.earth.velocity import VelocityModel

Array = NDArray[np.float64]

# A layer just below a jump whose velocity does not grow gets this relative gradient: its head wave
# then is a ray that barely dives, and needs no case of its own.
LID_GRADIENT = 1e-6


@dataclass(frozen=True, slots=True)
class FlatLayers:
    """Thin layers of a flattened Earth, from the surface down; each array (n_layers,).

    ``depth_km`` (n_layers + 1,) are true depths of the boundaries; thickness and velocities are
    flattened, ``top_km_s`` and ``bottom_km_s`` within the layer.
    """

    depth_km: Array
    thickness_km: Array
    top_km_s: Array
    bottom_km_s: Array


def flat_layers(model: VelocityModel, phase: str, boundaries_km: Array) -> FlatLayers:
    """Cut a model at ``boundaries_km`` (rising, with all nodes of the model between them)."""
    shrink = EARTH_RADIUS_KM / (EARTH_RADIUS_KM - boundaries_km)
    flat_depth = EARTH_RADIUS_KM * np.log(shrink)
    # A hair inside the layer, so that a jump gives each side its own velocity.
    top = model.at(phase, boundaries_km[:-1] + 1e-6) * shrink[:-1]
    bottom = model.at(phase, boundaries_km[1:] - 1e-6) * shrink[1:]
    above = np.append(top[0], bottom[:-1])
    lid = (top > above * (1 + 1e-4)) & (bottom <= top)
    bottom = np.where(lid, top * (1 + LID_GRADIENT), bottom)
    level = np.abs(bottom - top) < 1e-9
    return FlatLayers(boundaries_km, np.diff(flat_depth), top, np.where(level, top + 1e-9, bottom))


def crossing(layers: FlatLayers, slowness_s_km: Array) -> tuple[Array, Array]:
    """Distance (km) and time (s) of one crossing of each layer.

    Returns
    -------
    Two (n_rays, n_layers) arrays. A ray that turns inside a layer gets its way down to the
    turning point; a layer that it cannot enter gets 0.
    """
    p = slowness_s_km[:, None]
    top, bottom = layers.top_km_s, layers.bottom_km_s
    cos_top = np.sqrt(np.clip(1.0 - (p * top) ** 2, 0.0, None))
    cos_bottom = np.sqrt(np.clip(1.0 - (p * bottom) ** 2, 0.0, None))
    enters, passes = p * top < 1.0, p * bottom <= 1.0
    total = np.where(passes, cos_top + cos_bottom, 1.0)
    total = np.where(total > 0.0, total, 1.0)
    rise = bottom - top
    distance = p * layers.thickness_km * (top + bottom) / total
    # Of a ray that enters it is (cos_top - cos_bottom) / (1 + cos_bottom), never below -1/2.
    bend = np.maximum(p**2 * rise * (top + bottom) / (total * (1.0 + cos_bottom)), -0.5)
    time = layers.thickness_km * (np.log1p(rise / top) + np.log1p(bend)) / rise
    # Turning points exist only where velocity grows downward.
    gradient = np.where(rise > 0, rise, 1.0) / layers.thickness_km
    turned = np.where(p > 0, cos_top / (np.where(p > 0, p, 1.0) * gradient), 0.0)
    turned_time = np.arctanh(np.clip(cos_top, 0.0, 1 - 1e-15)) / gradient
    return (
        np.where(enters, np.where(passes, distance, turned), 0.0),
        np.where(enters, np.where(passes, time, turned_time), 0.0),
    )


def turning_slownesses(layers: FlatLayers, per_layer: int) -> tuple[Array, NDArray[np.intp]]:
    """Slownesses of rays that turn somewhere below, falling, with the layer each turns in.

    Within a layer the turning velocity is sampled quadratically, because the distance grows with
    the root of the depth below its top.
    """
    steps = np.linspace(0.0, 1.0, per_layer, endpoint=False) ** 2
    # A velocity that only falls turns no ray.
    slowness: list[Array] = [np.zeros(0)]
    turns_in: list[NDArray[np.intp]] = [np.zeros(0, np.intp)]
    fastest = 0.0
    for index, (top, bottom) in enumerate(zip(layers.top_km_s, layers.bottom_km_s, strict=True)):
        start = max(fastest, float(top))
        if bottom > start:
            slowness.append(1.0 / (start + (bottom - start) * steps))
            turns_in.append(np.full(per_layer, index))
        fastest = max(fastest, float(top), float(bottom))
    return np.concatenate(slowness), np.concatenate(turns_in)
