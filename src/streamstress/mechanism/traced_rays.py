"""Rays of each trial through several velocity models and depths; picks to the solver's input."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from streamstress.earth.travel_times import TravelTimeTable, travel_time_table
from streamstress.earth.velocity import read_velocity
from streamstress.errors import ConfigError, UnusableDataError
from streamstress.mechanism.inputs import PolarityData, stratified_normals
from streamstress.mechanism.readers.events import Pick, PickedEvent
from streamstress.mechanism.turned_rays import turned_trials

Array = NDArray[np.float64]

MAX_MODELS = 10
"""Most velocity models (HASH v1.2, `nindex`)."""

MAX_DEPTH_KM = 100.0
"""Depth of the tables; a deeper source is refused."""


@dataclass(frozen=True, slots=True)
class RayTables:
    """First arrivals of P in each velocity model."""

    tables: tuple[TravelTimeTable, ...]

    def takeoffs(
        self, distance_km: Array, depth_km: float, sigma_km: float, normals: Array
    ) -> Array:
        """Take-offs (n_trials, n) from straight down.

        Parameters
        ----------
        distance_km
            (n,) epicentral distances.
        depth_km, sigma_km
            Source depth and its standard deviation.
        normals
            (n_trials,) standard normal numbers that move the depth; the first is not used.

        Notes
        -----
        As HASH v1.2, drivers 2 and 3: the first trial has the first model and the depth as it is,
        the others take the models in turn, beginning with the third.
        """
        takeoff = np.empty((len(normals), len(distance_km)))
        for trial, normal in enumerate(normals):
            table = self.tables[(trial + 1) % len(self.tables) if trial else 0]
            depth = depth_km + (sigma_km * normal if trial else 0.0)
            takeoff[trial] = table.rays(distance_km, max(depth, 0.0))[1]
        return takeoff


def ray_tables(paths: Sequence[Path], max_distance_km: float) -> RayTables:
    """Tables of velocity files, up to ten; 0.1 to 0.5 s each.

    Raises
    ------
    ConfigError
        There are none or too many.
    InputFileError
        A file cannot be read.
    """
    if not 0 < len(paths) <= MAX_MODELS:
        raise ConfigError(f"{len(paths)} velocity models; expected 1 to {MAX_MODELS}")
    models = [read_velocity(path) for path in paths]
    return RayTables(
        tuple(travel_time_table(model, "P", max_distance_km, MAX_DEPTH_KM) for model in models)
    )


def polarity_data(
    event: PickedEvent,
    tables: RayTables | None,
    n_trials: int,
    generator: np.random.Generator,
    turn_seed: int | None = None,
) -> PolarityData:
    """Input of `solve_mechanism` of an event.

    Parameters
    ----------
    tables
        None where every pick brings its ray.
    generator
        Moves the depths of the trials.
    turn_seed
        Of trials that turn the rays together where every pick says how; None draws none.

    Raises
    ------
    UnusableDataError
        A ray must be traced and cannot: no tables, no depth, or too deep.
    """
    picks = event.picks
    drawn = None if turn_seed is None else _turned(picks, n_trials, turn_seed)
    takeoff = _column(picks, "takeoff_deg")
    missing = ~np.isfinite(takeoff)
    azimuth = _column(picks, "azimuth_deg")
    if missing.any():
        depth = event.origin.depth_km
        if tables is None:
            raise UnusableDataError("picks without take-off: give --velocity")
        if not (np.isfinite(depth) and depth <= MAX_DEPTH_KM):
            raise UnusableDataError(f"depth {depth:g} km is not above {MAX_DEPTH_KM:g} km")
        normals = np.concatenate([[0.0], stratified_normals(generator, n_trials - 1, 1)[:, 0]])
        trials = np.tile(takeoff, (n_trials, 1))
        distance = _column(picks, "distance_km")[missing]
        sigma = event.origin.depth_sigma_km
        trials[:, missing] = tables.takeoffs(distance, depth, sigma, normals)
        takeoff = trials[0]
        drawn = np.tile(azimuth, (n_trials, 1)), trials
    return PolarityData(
        azimuth,
        takeoff,
        _column(picks, "azimuth_sigma_deg"),
        _column(picks, "takeoff_sigma_deg"),
        _column(picks, "up_probability"),
        impulsive=np.array([pick.impulsive for pick in picks], bool),
        sp_log_ratio=_ratios(picks),
        trial_azimuth_deg=drawn and drawn[0],
        trial_takeoff_deg=drawn and drawn[1],
    )


def _turned(picks: Sequence[Pick], n_trials: int, seed: int) -> tuple[Array, Array] | None:
    """Trial rays of picks; by the names of the stations, so that their order means nothing."""
    order = np.argsort([pick.station for pick in picks], kind="stable")
    ranked = [picks[i] for i in order]
    drawn = turned_trials(
        (_column(ranked, "azimuth_deg"), _column(ranked, "takeoff_deg")),
        (_column(ranked, "azimuth_sigma_deg"), _column(ranked, "takeoff_sigma_deg")),
        ([p.azimuth_turn_deg for p in ranked], [p.takeoff_turn_deg for p in ranked]),
        n_trials,
        seed,
    )
    back = np.argsort(order)
    return None if drawn is None else (drawn[0][:, back], drawn[1][:, back])


def _column(picks: Sequence[Pick], name: str) -> Array:
    return np.array([getattr(pick, name) for pick in picks], dtype=np.float64)


def _ratios(picks: Sequence[Pick]) -> Array | None:
    ratios = _column(picks, "sp_log_ratio")
    return ratios if np.isfinite(ratios).any() else None
