"""Relative locations of neighbouring earthquakes from differential times.

Waldhauser & Ellsworth (2000, BSSA 90, 1353-1368): the difference of the residuals of two
earthquakes at one station is free of what the velocity model has wrong on the way that they share.
All pairs are solved together by damped least squares, weighted by sigma, distance and residual
(bicubic and biweight, as theirs), and again from the new places. Theirs is LSQR on differences;
here it is conjugate gradients (Hestenes & Stiefel 1952, J. Res. NBS 49, 409-436) on the normal
equations, the same in exact arithmetic: a pair has dozens of differences, one block. Differential
times say nothing of where a group is as a whole: its mean stays where the single locations had it.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, diags_array, eye_array
from scipy.sparse.csgraph import connected_components
from scipy.sparse.linalg import cg

from streamstress.earth.paths import Receivers, TravelTimes
from streamstress.earth.stations import Station
from streamstress.location.catalogue import Located
from streamstress.location.difference_rays import blocks_of, predicted
from streamstress.location.differential_times import DifferentialTimes, frame_of, places_km
from streamstress.location.relative_errors import UNKNOWNS, RelativeErrors

Array = NDArray[np.float64]

SOLVED = 1e-8
"""Residual of the normal equations, next to their right side, at which a step is solved."""


@dataclass(frozen=True, slots=True)
class DoubleDifferenceSettings:
    """Weights and steps."""

    iterations: int = 12
    # The first are without the residuals' weights: they judge places that are still wrong.
    settle: int = 3
    # One step moves an earthquake by about so much at most: km and s.
    damping: tuple[float, float] = (1.0, 0.2)
    # Differences beyond so many robust standard deviations have no weight.
    outlier_deviations: float = 6.0
    max_apart_km: float = 8.0
    # What the rays of a pair do not share, a kilometre between them.
    model_s_per_km: float = 0.005
    # Share by which a wrong velocity around the group stretches and shears it (1 sigma).
    scale_error: float = 0.06
    settled_km: float = 1e-3


@dataclass(frozen=True, slots=True, eq=False)
class Relocation:
    """Where an earthquake is, next to its neighbours.

    ``covariance`` (4, 4) is that of its place and time (km, km, km, s) next to its neighbours.
    """

    event: int
    latitude_deg: float
    longitude_deg: float
    depth_km: float
    shift_s: float
    covariance: Array
    n_differences: int
    n_correlated: int


def relocate(
    events: Sequence[Located],
    times: DifferentialTimes,
    stations: Mapping[str, Station],
    tables: Mapping[str, TravelTimes],
    settings: DoubleDifferenceSettings | None = None,
    wanted: Collection[int] | None = None,
) -> list[Relocation]:
    """Relocate the earthquakes that have differential times.

    Returns
    -------
    In the order of ``events``; those without a neighbour are left out, and those not ``wanted``
    (None: each is), whose errors then cost nothing.
    """
    if times.time_s.size == 0:
        return []
    groups = _Groups(events, times, stations, tables, settings or DoubleDifferenceSettings())
    groups.solve()
    return groups.relocations(range(len(events)) if wanted is None else wanted)


class _Groups:
    """Earthquakes with places and time shifts (n, 4), improved step by step."""

    def __init__(
        self,
        events: Sequence[Located],
        times: DifferentialTimes,
        stations: Mapping[str, Station],
        tables: Mapping[str, TravelTimes],
        settings: DoubleDifferenceSettings,
    ) -> None:
        self._times, self._tables, self._settings = times, tables, settings
        self._frame = frame_of(events)
        here = [stations[code] for code in times.codes]
        east, north = self._frame.to_km(
            [s.latitude_deg for s in here], [s.longitude_deg for s in here]
        )
        height = np.array([s.elevation_m / 1000.0 for s in here])
        receivers = Receivers(self._frame, times.codes, east, north, height)
        self._start = np.column_stack([places_km(events, self._frame), np.zeros(len(events))])
        self._state = self._start.copy()
        links = csr_array(
            (np.ones(times.first.size), (times.first, times.second)), (len(events), len(events))
        )
        _, self._group = connected_components(links, directed=False)
        together = np.lexsort((self._start[:, 0], self._group))
        self._blocks = blocks_of(times, together, receivers)

    def solve(self) -> None:
        """Improve all places until they stand still."""
        for number in range(self._settings.iterations):
            residual, slopes = self._linear()
            weight = self._weights(residual, robust=number >= self._settings.settle)
            moved = self._step(residual, slopes, weight)
            if number > self._settings.settle and moved < self._settings.settled_km:
                break

    def _linear(self) -> tuple[Array, Array]:
        """Residuals (n,) of the differences, and slopes (n, 2, 4) of both earthquakes."""
        times = self._times
        slopes = np.ones((times.time_s.size, 2, UNKNOWNS))
        time_s, slopes[:, :, :3] = predicted(times, self._blocks, self._tables, self._state[:, :3])
        shift = self._state[:, 3]
        apart_s = time_s[0] + shift[times.first] - time_s[1] - shift[times.second]
        return times.time_s - apart_s, slopes

    def _weights(self, residual: Array, *, robust: bool) -> Array:
        """Square roots of the weights, in 1/s."""
        times, settings = self._times, self._settings
        apart = np.linalg.norm(self._state[times.first, :3] - self._state[times.second, :3], axis=1)
        sigma = np.hypot(times.sigma_s, settings.model_s_per_km * apart)
        near = np.clip(1.0 - (apart / settings.max_apart_km) ** 3, 0.0, None) ** 3
        weight = np.sqrt(near) / sigma
        if robust:
            size = residual / sigma
            for kind in (times.is_correlated, ~times.is_correlated):
                if kind.any():
                    scale = max(1.0, 1.4826 * float(np.median(np.abs(size[kind]))))
                    limit = settings.outlier_deviations * scale
                    weight[kind] *= np.clip(1.0 - (size[kind] / limit) ** 2, 0.0, None)
        return np.asarray(weight, float)

    def _step(self, residual: Array, slopes: Array, weight: Array) -> float:
        """Move all earthquakes; the largest change of a place (km)."""
        n = self._state.size
        matrix = self._matrix(slopes * weight[:, None, None])
        scale = np.tile(
            [*[self._settings.damping[0]] * 3, self._settings.damping[1]], n // UNKNOWNS
        )
        scaled = (matrix @ diags_array(scale)).tocsr()
        normal = (scaled.T @ scaled + eye_array(n)).tocsr()
        found, _ = cg(normal, scaled.T @ (residual * weight), rtol=SOLVED, maxiter=4 * n)
        step = (found * scale).reshape(-1, UNKNOWNS)
        before = self._state.copy()
        self._state = self._centred(self._state + step)
        self._state[:, 2] = np.maximum(self._state[:, 2], 0.0)
        return float(np.abs(self._state - before)[:, :3].max())

    def _matrix(self, slopes: Array) -> csr_array:
        times, n = self._times, len(self._state)
        rows = np.repeat(np.arange(times.time_s.size), 2 * UNKNOWNS)
        events = np.stack([times.first, times.second], axis=1)[:, :, None]
        columns = (UNKNOWNS * events + np.arange(UNKNOWNS)).ravel()
        values = (slopes * np.array([1.0, -1.0])[None, :, None]).ravel()
        return csr_array((values, (rows, columns)), (times.time_s.size, UNKNOWNS * n))

    def _centred(self, state: Array) -> Array:
        """Each group's mean place and time where the single locations had them."""
        count = np.bincount(self._group)
        shift = state - self._start
        for k in range(UNKNOWNS):
            mean = np.bincount(self._group, shift[:, k]) / count
            shift[:, k] -= mean[self._group]
        return np.asarray(self._start + shift, float)

    def relocations(self, wanted: Collection[int]) -> list[Relocation]:
        """Where some of the earthquakes are now, with their errors."""
        times = self._times
        residual, slopes = self._linear()
        weight = self._weights(residual, robust=True)
        errors = RelativeErrors(
            times, self._matrix(slopes * weight[:, None, None]), weight, residual
        )
        latitude, longitude = self._frame.to_degrees(self._state[:, 0], self._state[:, 1])
        count = self._counts(weight > 0)
        correlated = self._counts((weight > 0) & times.is_correlated)
        members = np.bincount(self._group)
        return [
            Relocation(
                event,
                float(latitude[event]),
                float(longitude[event]),
                float(self._state[event, 2]),
                float(self._state[event, 3]),
                errors.of(event) + self._scale_error(event),
                int(count[event]),
                int(correlated[event]),
            )
            for event in np.flatnonzero((count > 0) & (members[self._group] > 1)).tolist()
            if event in wanted
        ]

    def _counts(self, kept: NDArray[np.bool_]) -> NDArray[np.intp]:
        """Number (events,) of the differences that an earthquake has a part in."""
        times, n = self._times, len(self._state)
        first, second = times.first[kept], times.second[kept]
        return np.bincount(first, minlength=n) + np.bincount(second, minlength=n)

    def _scale_error(self, event: int) -> Array:
        """What a wrong velocity does to the place in the group, in any direction."""
        middle = self._state[self._group == self._group[event], :3].mean(axis=0)
        apart_km = np.linalg.norm(self._state[event, :3] - middle)
        share = self._settings.scale_error**2 / 3.0
        return np.diag([share * apart_km**2] * 3 + [0.0])
