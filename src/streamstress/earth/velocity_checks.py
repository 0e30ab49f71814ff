"""What is odd about a velocity model, and what several of them make of take-offs."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from streamstress.earth.travel_times import travel_time_table
from streamstress.earth.velocity import VelocityModel

Array = NDArray[np.float64]

VP_VS_RANGE = (1.5, 2.2)
"""Vp/Vs of rocks lies between 1.5 (dry, quartz) and 2.2 (wet sediment; Christensen 1996, JGR 101,
3139, fig. 5, has 1.65 to 2.0 of crystalline ones)."""

VP_RANGE_KM_S = (1.4, 8.6)
"""Of the crust and the uppermost mantle; 1.5 is water."""

DEEPEST_KM = 100.0
"""Rays of local earthquakes do not come deeper."""


def oddities(model: VelocityModel, depth_km: float) -> list[str]:
    """Sentences on what may be a mistake; the model is usable all the same.

    Parameters
    ----------
    depth_km
        Deepest source that it is meant for.
    """
    found = []
    if model.depth_km[0] > 0.0:
        found.append(f"begins at {model.depth_km[0]:g} km; above it the first velocity is used")
    if model.depth_km[-1] < depth_km:
        found.append(
            f"ends at {model.depth_km[-1]:g} km, above sources at {depth_km:g} km; "
            "its last velocity is used"
        )
    for depth, vp, vs in zip(model.depth_km, model.vp_km_s, model.vs_km_s, strict=True):
        if depth > DEEPEST_KM:
            break
        if not VP_VS_RANGE[0] <= vp / vs <= VP_VS_RANGE[1]:
            found.append(f"Vp/Vs {vp / vs:.2f} at {depth:g} km; rocks have 1.5 to 2.2")
        if not VP_RANGE_KM_S[0] <= vp <= VP_RANGE_KM_S[1]:
            found.append(f"Vp {vp:g} km/s at {depth:g} km: is the column in km/s?")
    return found + _slow_layers(model)


def _slow_layers(model: VelocityModel) -> list[str]:
    nodes = zip(model.depth_km, model.vp_km_s, strict=True)
    return [
        f"Vp falls from {over:g} to {under:g} km/s between {above:g} and {below:g} km: "
        "no ray turns there, and distances behind it have no direct wave"
        for (above, over), (below, under) in pairwise(nodes)
        if under < over
    ]


def takeoffs_deg(
    models: Sequence[VelocityModel], distance_km: Array, depth_km: float
) -> tuple[Array, Array]:
    """Times (s) and take-offs (degrees) of first P, (models, distances) each."""
    rays = [
        travel_time_table(model, "P", float(distance_km.max()) * 1.1, depth_km * 1.1 + 1.0).rays(
            distance_km, depth_km
        )
        for model in models
    ]
    return np.array([time for time, _ in rays]), np.array([takeoff for _, takeoff in rays])
