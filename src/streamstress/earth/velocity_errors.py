"""What a stated error of a 1-D velocity model does to the take-off of rays from a fixed origin.

A model that is wrong by one factor changes times but no ray. Rays turn where its shape is wrong:
the velocity at the source (``sin i = p v``, so ``di = tan(i) dv / v`` at one ray parameter) and the
gradient that bends them on the way (which changes ``p`` of the ray that reaches a station). Both
are had at once by tracing the rays in models that are off by the stated error, one depth range at a
time, to either side: so a level ray, where ``tan i`` is infinite, and a crossover within reach have
the turn that such an error really makes.
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from streamstress.earth.paths import Receivers
from streamstress.earth.travel_times import travel_time_table
from streamstress.earth.velocity import VelocityModel

Array = NDArray[np.float64]

KNOTS_KM = (0.0, 10.0, 25.0)
"""Depths about which the velocity is off: upper, middle and lower crust. The ranges are all that a
crust's model can be off in for rays within some 100 km; more of them cost a second of tracing
each."""

OUTER = float(np.sqrt(3.0))
"""Sigmas either way at which models are traced."""

STEP_KM = 2.5
"""Between nodes that a wrong model is given between the knots, for the shape of its error."""


def velocity_error(depth_km: Array, errors: Array) -> Array:
    """Relative error of the velocity at depths (n,), for normal numbers (3,), in sigmas.

    Each number is the error about one of `KNOTS_KM`, falling as a cosine to nothing at the next:
    the squares of the three add up to one, so that every depth has the same sigma.
    """
    place = np.interp(depth_km, KNOTS_KM, np.arange(len(KNOTS_KM)))
    away = np.minimum(np.abs(place[:, None] - np.arange(len(KNOTS_KM))), 1.0)
    return np.asarray(np.cos(0.5 * np.pi * away) @ errors)


def wrong_model(model: VelocityModel, share: float, errors: Sequence[float]) -> VelocityModel:
    """A model whose velocities are off by ``share`` times `velocity_error`; Vp/Vs stays."""
    own = np.asarray(model.depth_km)
    between = np.arange(0.0, KNOTS_KM[-1] + STEP_KM / 2, STEP_KM)
    # A jump keeps its two nodes, and none comes so near another that it looks like one.
    added = between[np.abs(between[:, None] - own).min(axis=1) > 0.1]
    added = added[added < own[-1]] if own[-1] > KNOTS_KM[-1] else added
    depth = np.concatenate([own, added])
    columns = [
        np.concatenate([np.asarray(model.velocity_km_s(phase)), model.at(phase, added)])
        for phase in ("P", "S")
    ]
    order = np.argsort(depth, kind="stable")
    factor = 1.0 + share * velocity_error(depth[order], np.asarray(errors, float))
    vp, vs = (tuple((column[order] * factor).tolist()) for column in columns)
    return VelocityModel(f"{model.name}, off", tuple(depth[order].tolist()), vp, vs)


class WrongModels:
    """The P tables of a model, and of those that are off in one depth range, up and down.

    They are off by root 3 sigmas: three points, with the model itself, whose weighted squares are
    the variance of what a normal error does (Gauss & Hermite's rule, exact to the fifth power).
    S takes the turns of P: with one Vp/Vs its rays are the same.

    Parameters
    ----------
    model
        The model.
    share
        Its relative error, 1 sigma.
    max_distance_km, max_depth_km, top_km
        Size of the tables.
    """

    def __init__(
        self,
        model: VelocityModel,
        share: float,
        max_distance_km: float,
        max_depth_km: float,
        top_km: float = 0.0,
    ) -> None:
        size = max_distance_km, max_depth_km, 0.0, top_km
        self._model = travel_time_table(model, "P", *size)
        self._off = [
            travel_time_table(wrong_model(model, OUTER * share, errors), "P", *size)
            for errors in np.vstack([np.eye(len(KNOTS_KM)), -np.eye(len(KNOTS_KM))]).tolist()
        ]

    def turns(self, receivers: Receivers, origin: Array) -> tuple[Array, Array]:
        """Turns (3, n) of the take-offs for one sigma of each depth range, and a sigma (n,); deg.

        The turns change sides with the error. What does not (a crossover within reach on one side)
        is the sigma. ``origin`` (3,) as in `TravelTimes.rays_to`. All receivers are taken to the
        top: one in a borehole would need tables of its own.
        """
        top = np.full_like(receivers.elevation_km, -self._model.top_km)
        surface = replace(receivers, elevation_km=top)
        here, *there = (
            table.rays_to(surface, origin[None]).takeoff_deg[0]
            for table in (self._model, *self._off)
        )
        off = np.array(there).reshape(2, len(KNOTS_KM), -1) - here
        return odd_part(*off), even_part(*off)


def odd_part(one: Array, other: Array) -> Array:
    """Change (m, n) for one sigma, of those (m, n) that `OUTER` sigmas either way make."""
    return np.asarray((one - other) / (2 * OUTER))


def even_part(one: Array, other: Array) -> Array:
    """Sigma (n,) of what is alike of the changes (m, n) that `OUTER` sigmas either way make.

    Of a change ``e`` on both sides, each with a weight of 1/6: ``e**2 / 3 - (e / 3)**2``.
    """
    return np.asarray(np.linalg.norm((one + other) / 2, axis=0) * np.sqrt(2.0) / 3.0)


@lru_cache(maxsize=4)
def wrong_models(
    model: VelocityModel,
    share: float,
    max_distance_km: float,
    max_depth_km: float,
    top_km: float = 0.0,
) -> WrongModels:
    """`WrongModels`, made once for all zones of a process; 2 s."""
    return WrongModels(model, share, max_distance_km, max_depth_km, top_km)
