"""PyOcto, wrapped: the other way to group picks.

Münchmeyer (2024), PyOcto: a high-throughput seismic phase associator, Seismica 3(1). The search
runs in a uniform half-space fitted to the model, which is fast and enough to tell events apart:
its octree leaves the origin kilometres off, and ``locate`` refines it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace

import numpy as np
import pandas as pd
import pyocto
from numpy.typing import NDArray

from streamstress.earth.projection import LocalFrame
from streamstress.earth.stations import Station
from streamstress.earth.travel_times import travel_time_table
from streamstress.earth.velocity import VelocityModel
from streamstress.location.associate import Association, AssociationSettings
from streamstress.location.readings import PhaseReading

Array = NDArray[np.float64]

NS = 1_000_000_000


class OctoSearch:
    """PyOcto's groups, the largest first; a reading that is taken is in no later one."""

    def __init__(self, associations: Iterable[Association]) -> None:
        ranked = sorted(associations, key=lambda a: (-len(a.reading_ids), a.reading_ids))
        self._left = ranked[::-1]

    def propose(self) -> Association | None:
        """Return the next group."""
        return self._left.pop() if self._left else None

    def take(self, reading_ids: Iterable[str]) -> None:
        """Take readings out of the groups that are left."""
        gone = set(reading_ids)
        self._left = [
            replace(a, reading_ids=tuple(i for i in a.reading_ids if i not in gone))
            for a in self._left
        ]

    def pass_over(self) -> None:
        """Go on."""


class OctoAssociator:
    """Groups picks to events; built once for a network, then called as often as wanted.

    Parameters
    ----------
    stations
        By ``NET.STA``. Picks at other stations are passed over.
    model
        Velocity model the half-space is fitted to.
    settings
        Limits of the search.
    """

    def __init__(
        self,
        stations: Mapping[str, Station],
        model: VelocityModel,
        settings: AssociationSettings | None = None,
    ) -> None:
        self.settings = settings or AssociationSettings()
        latitude = np.array([station.latitude_deg for station in stations.values()])
        longitude = np.array([station.longitude_deg for station in stations.values()])
        self._frame = LocalFrame(float(latitude.mean()), float(longitude.mean()))
        east, north = self._frame.to_km(latitude, longitude)
        self._stations = pd.DataFrame(
            {
                "id": list(stations),
                "x": east,
                "y": north,
                "z": [-station.elevation_m / 1000.0 for station in stations.values()],
            }
        )
        self._known = frozenset(stations)
        self._octo = self._search(east, north, *_half_space(model, self.settings))

    def search(self, readings: Iterable[PhaseReading]) -> OctoSearch:
        """Group all readings at once."""
        return OctoSearch(self.associate(readings))

    def associate(self, readings: Iterable[PhaseReading]) -> list[Association]:
        """Group readings; the order they come in does not matter.

        Returns
        -------
        Associations by origin time, each with its reading ids sorted.
        """
        picks = sorted(
            (reading for reading in readings if reading.station in self._known),
            key=lambda reading: (reading.time_ns, reading.reading_id),
        )
        if len(picks) < self.settings.min_picks:
            return []
        zero_ns = picks[0].time_ns
        # Times from zero: epoch seconds in float64 would do, but hide sub-microseconds.
        table = pd.DataFrame(
            {
                "station": [pick.station for pick in picks],
                "phase": [pick.phase for pick in picks],
                "time": [(pick.time_ns - zero_ns) / NS for pick in picks],
            }
        )
        events, members = self._run(table)
        found = [
            self._association(event, zero_ns, [picks[i].reading_id for i in rows])
            for event, rows in zip(events, members, strict=True)
        ]
        return sorted(found, key=lambda event: (event.origin_time_ns, event.reading_ids))

    def _run(self, table: pd.DataFrame) -> tuple[list[tuple[float, ...]], list[list[int]]]:
        try:
            events, assigned = self._octo.associate(table, self._stations)
        except KeyError:
            # PyOcto joins its tables even when it found nothing, and then misses the columns.
            return [], []
        origins = events[["x", "y", "z", "time"]].to_numpy(float).tolist() if len(events) else []
        members: list[list[int]] = [[] for _ in origins]
        for event, pick in zip(
            assigned["event_idx"].tolist(), assigned["pick_idx"].tolist(), strict=True
        ):
            members[int(event)].append(int(pick))
        return origins, members

    def _association(
        self, event: tuple[float, ...], zero_ns: int, reading_ids: list[str]
    ) -> Association:
        east, north, depth, time = event
        latitude, longitude = self._frame.to_degrees(east, north)
        return Association(
            float(latitude),
            float(longitude),
            float(max(depth, self.settings.top_km)),
            zero_ns + round(time * NS),
            tuple(sorted(reading_ids)),
        )

    def _search(
        self, east: Array, north: Array, speeds: tuple[float, float], misfit_s: float
    ) -> pyocto.OctoAssociator:
        limits = self.settings
        xlim = (float(east.min()) - limits.margin_km, float(east.max()) + limits.margin_km)
        ylim = (float(north.min()) - limits.margin_km, float(north.max()) + limits.margin_km)
        diagonal = float(np.hypot(xlim[1] - xlim[0], ylim[1] - ylim[0]))
        return pyocto.OctoAssociator(
            xlim=xlim,
            ylim=ylim,
            zlim=(limits.top_km, limits.max_depth_km),
            velocity_model=pyocto.VelocityModel0D(
                *speeds,
                limits.velocity_tolerance_s + misfit_s,
                association_cutoff_distance=limits.max_station_distance_km,
            ),
            time_before=min(diagonal, limits.max_station_distance_km) / speeds[1],
            min_node_size=limits.min_node_size_km,
            min_node_size_location=limits.min_node_size_location_km,
            pick_match_tolerance=limits.pick_match_tolerance_s + misfit_s,
            min_interevent_time=limits.min_interevent_s,
            n_picks=limits.min_picks,
            n_p_picks=limits.min_p,
            n_s_picks=limits.min_s,
            n_p_and_s_picks=limits.min_p_and_s,
            min_pick_fraction=limits.min_pick_fraction,
            # A coarser search for the minimum than PyOcto's own (6, 4, 3): a third less time, and
            # no fewer events, as the true location follows.
            location_split_depth=5,
            location_split_return=3,
            refinement_iterations=2,
            # One thread: the order of the result must not depend on the machine.
            n_threads=1,
        )


def _half_space(
    model: VelocityModel, settings: AssociationSettings
) -> tuple[tuple[float, float], float]:
    """Velocities (P, S) that give the model's mean travel time, and the rms misfit of S (s)."""
    distance = np.linspace(0.0, 2 * settings.typical_distance_km, 15)
    depth = settings.typical_depth_km
    way = np.hypot(distance, depth)
    speeds, misfit = [], 0.0
    for phase in ("P", "S"):
        table = travel_time_table(model, phase, float(distance[-1]), 2 * depth)
        time, _ = table.rays(distance, depth)
        speeds.append(float((way * way).sum() / (way * time).sum()))
        misfit = float(np.sqrt(np.mean((time - way / speeds[-1]) ** 2)))
    return (speeds[0], speeds[1]), misfit
