"""Which picks belong together: a stack of origin times over trial origins, peeled event by event.

Every pick says of every trial origin when the earthquake would have been; where many say the same,
there is one (the back-projection of Ringdal & Kværna 1989, BSSA 79, 1927-1940, of picks in place
of waveforms). The strongest is located and, if it is an earthquake, its picks are taken out of the
stack before the next. So the picks of a large one do not blur a small one beside it, and the cost
is trial origins times picks, whatever the picks are.
"""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from streamstress.earth.paths import TravelTimes
from streamstress.earth.stations import Station
from streamstress.location.associate import Association, AssociationSettings
from streamstress.location.readings import PhaseReading
from streamstress.location.stack_kernels import BIN_S, Axis, Nodes, Picks, all_peaks, next_peak
from streamstress.location.travel_grid import PHASES, TravelGrid, travel_grid

Array = NDArray[np.float64]
NS = 1_000_000_000

ROOM_S = (0.15, 0.20)
"""Errors of P and S picks and of the model, beside what the grid leaves open."""

SLOWNESS_S_KM = (1 / 6.0, 1 / 3.5)
"""Of the upper crust: half a step of the grid is worth so much time."""

RATE_SPAN_S = 10.0
"""Picks of one station and phase this long before and after tell how little one of them says."""

LEAST_STACK = 10.0
"""Weaker is no proposal: six picks of the nearest stations in quiet reach 15."""

PATIENCE = 5
"""Proposals in a row that were no earthquakes: below them there is none."""

AROUND_STEPS = 2.0
"""What lies so near a proposal that was none, in steps of the grid, is passed over."""


class StackAssociator:
    """Groups picks to events; built once for a network.

    Parameters
    ----------
    stations
        By ``NET.STA``. Picks at other stations are passed over.
    tables
        Travel times by phase, of one or three dimensions.
    settings
        Limits of the search.
    """

    def __init__(
        self,
        stations: Mapping[str, Station],
        tables: Mapping[str, TravelTimes],
        settings: AssociationSettings | None = None,
    ) -> None:
        self.settings = settings or AssociationSettings()
        self.grid = travel_grid(stations, tables, self.settings)
        self._number = {code: n for n, code in enumerate(self.grid.codes)}

    def search(self, readings: Iterable[PhaseReading]) -> "StackSearch":
        """Begin with one window's readings."""
        known = sorted(
            (r for r in readings if r.station in self._number and r.phase in PHASES),
            key=lambda r: (r.time_ns, r.reading_id),
        )
        numbers = np.array([self._number[r.station] for r in known], np.int64)
        return StackSearch(self.grid, self.settings, known, numbers)


class StackSearch:
    """The stack of one window's readings."""

    def __init__(
        self,
        grid: TravelGrid,
        settings: AssociationSettings,
        readings: Sequence[PhaseReading],
        station: NDArray[np.int64],
    ) -> None:
        self._grid, self._settings, self._readings = grid, settings, readings
        self._zero_ns = readings[0].time_ns if readings else 0
        self._time_s = np.array([(r.time_ns - self._zero_ns) / NS for r in readings])
        self._station = station
        self._phase = np.array([PHASES.index(r.phase) for r in readings], np.int64)
        half_step = np.array(SLOWNESS_S_KM) * grid.spacing_km / 2
        self._room_s = half_step + np.array(ROOM_S)
        self._weight = _weights(self._time_s, station, self._phase, self._room_s)
        self._free = np.ones(len(readings), np.bool_)
        self._blocked = np.zeros((0, 3))
        self._last = np.zeros(3)
        self._patience = PATIENCE
        self._first_s, self._bins = 0.0, 0
        if len(readings) >= settings.min_picks:
            self._first_s = float(self._time_s[0] - grid.travel_s.max())
            self._bins = int((self._time_s[-1] - self._first_s) / BIN_S) + 2
            self._score, self._origin_s = all_peaks(*self._stack())
        else:
            self._patience = 0

    def propose(self) -> Association | None:
        """Return the strongest group that has enough readings; None when what is left is weak."""
        while self._patience > 0:
            node = next_peak(self._score, self._origin_s, *self._stack())
            if self._score[node] < LEAST_STACK:
                return None
            rows = self._members(node)
            place = self._grid.place_km[node]
            self._last = np.array([place[0], place[1], self._origin_s[node]])
            if self._is_enough(rows):
                return self._association(node, rows)
            self.pass_over()
        return None

    def take(self, reading_ids: Iterable[str]) -> None:
        """Take the readings of an earthquake out of the stack."""
        gone = set(reading_ids)
        self._free &= np.array([r.reading_id not in gone for r in self._readings], np.bool_)
        self._patience = PATIENCE

    def pass_over(self) -> None:
        """Look elsewhere: the last group is no earthquake."""
        self._blocked = np.vstack([self._blocked, self._last])
        self._patience -= 1

    def _stack(self) -> tuple[Nodes, Picks, Axis]:
        grid, free = self._grid, self._free
        around_km = AROUND_STEPS * grid.spacing_km
        return (
            Nodes(grid.travel_s, grid.worth, grid.place_km),
            Picks(self._station[free], self._phase[free], self._time_s[free], self._weight[free]),
            Axis(self._first_s, self._bins, self._room_s, self._blocked, around_km),
        )

    def _members(self, node: int) -> list[int]:
        """Rows of the readings that say this origin, the nearest of each phase at a station."""
        travel = self._grid.travel_s[node, self._station, self._phase]
        off = np.abs(self._time_s - travel - self._origin_s[node])
        heard = self._grid.worth[node, self._station] > 0
        fits = self._free & heard & (off <= self._room_s[self._phase] + BIN_S)
        best: dict[tuple[int, int], int] = {}
        for row in np.flatnonzero(fits).tolist():
            key = int(self._station[row]), int(self._phase[row])
            if key not in best or off[row] < off[best[key]]:
                best[key] = row
        return sorted(best.values())

    def _is_enough(self, rows: Sequence[int]) -> bool:
        n_p = sum(self._phase[row] == 0 for row in rows)
        return len(rows) >= self._settings.min_picks and n_p >= self._settings.min_p

    def _association(self, node: int, rows: Sequence[int]) -> Association:
        east, north, depth = self._grid.place_km[node]
        latitude, longitude = self._grid.frame.to_degrees(east, north)
        return Association(
            float(latitude),
            float(longitude),
            float(depth),
            self._zero_ns + round(float(self._origin_s[node]) * NS),
            tuple(sorted(self._readings[row].reading_id for row in rows)),
        )


def _weights(
    time_s: Array, station: NDArray[np.int64], phase: NDArray[np.int64], room_s: Array
) -> Array:
    """What a pick says: the log of how rarely one would fit by chance, 0.3 to 3."""
    key = station * len(PHASES) + phase
    weight = np.empty(time_s.size)
    for one in np.unique(key):
        mine = np.flatnonzero(key == one)
        times = time_s[mine]
        near = np.searchsorted(times, times + RATE_SPAN_S, side="right")
        near -= np.searchsorted(times, times - RATE_SPAN_S, side="left")
        by_chance = near / (2 * RATE_SPAN_S) * 2 * room_s[phase[mine]]
        weight[mine] = np.clip(-np.log(by_chance), 0.3, 3.0)
    return weight
