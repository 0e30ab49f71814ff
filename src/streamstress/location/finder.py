"""Events in one set of picks: associate, locate, collect what else fits, judge."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from streamstress.earth.paths import TravelTimes
from streamstress.earth.projection import LocalFrame
from streamstress.earth.stations import Station
from streamstress.earth.travel_times import travel_time_table
from streamstress.earth.velocity import VelocityModel
from streamstress.earth.velocity_errors import WrongModels, wrong_models
from streamstress.errors import ConfigError, UnusableDataError
from streamstress.location.associate import Association, AssociationSettings, Associator
from streamstress.location.chance import ChanceSettings, Window, evidence
from streamstress.location.design import Terms, linearise, network_of
from streamstress.location.gate import GateSettings, Rejection, judge
from streamstress.location.geiger import reading_sigma_s
from streamstress.location.hypocentre import Hypocentre
from streamstress.location.locate import locate
from streamstress.location.location_settings import LocationSettings
from streamstress.location.readings import PhaseReading
from streamstress.location.stack import StackAssociator

FEWEST_STATIONS = 3
"""Fewer leave a source anywhere on a line."""


@dataclass(frozen=True, slots=True)
class FinderSettings:
    """Settings of all steps, and of collecting the readings of a located event."""

    association: AssociationSettings = field(default_factory=AssociationSettings)
    location: LocationSettings = field(default_factory=LocationSettings)
    gate: GateSettings = field(default_factory=GateSettings)
    chance: ChanceSettings = field(default_factory=ChanceSettings)
    # A reading belongs to an event when it is within so many sigma, and no more than so far off.
    collect_sigmas: float = 4.0
    collect_max_s: float = 1.0


@dataclass(frozen=True, slots=True)
class Found:
    """A located group of readings; ``rejection`` is None for an earthquake."""

    hypocentre: Hypocentre | None
    readings: tuple[PhaseReading, ...]
    rejection: Rejection | None


class EventFinder:
    """Finds and locates the earthquakes in a set of picks; built once for a network.

    Parameters
    ----------
    stations
        By ``NET.STA``.
    model
        Velocity model.
    settings
        Settings of all steps.
    tables
        Travel times by phase, where they exist already; else they are made here.
    others
        Travel times of further velocity models that may be as right.

    Raises
    ------
    ConfigError
        There are fewer than 3 stations.
    """

    def __init__(
        self,
        stations: Mapping[str, Station],
        model: VelocityModel,
        settings: FinderSettings | None = None,
        tables: Mapping[str, TravelTimes] | None = None,
        others: Sequence[Mapping[str, TravelTimes]] = (),
    ) -> None:
        self.settings = settings or FinderSettings()
        self.stations = dict(stations)
        self.tables = tables or tables_of(model, self.settings)
        self.others = tuple(others)
        self._model = model
        if len(stations) < FEWEST_STATIONS:
            raise ConfigError(
                f"association with {len(stations)} stations; expected {FEWEST_STATIONS} or more"
            )

    @cached_property
    def _associator(self) -> Associator:
        """Built at first use: it takes a second, and events that are known need none."""
        if self.settings.association.method == "stack":
            return StackAssociator(self.stations, self.tables, self.settings.association)
        # Half a second to import, and not the default.
        from streamstress.location.octo import OctoAssociator

        return OctoAssociator(self.stations, self._model, self.settings.association)

    def prepare(self) -> None:
        """Trace what the rays' errors need, so that the first earthquake does not wait for it."""
        if not self.others:
            _ = self._wrong

    @cached_property
    def _wrong(self) -> WrongModels:
        """Made at first use, 2 s, for all finders of a model."""
        share = self.settings.location.model_errors.slowness
        return wrong_models(self._model, share, *_size_km(self.settings))

    def find(
        self,
        readings: Iterable[PhaseReading],
        terms: Terms | None = None,
        until_ns: int | None = None,
        *,
        crowded: bool = False,
    ) -> list[Found]:
        """All groups of readings, earthquakes and rejected ones; each reading in one at most.

        The strongest association takes its readings first. The order of ``readings`` has no
        effect. ``terms`` are what the stations' picks come late by; readings after ``until_ns``
        (None: the last reading) are still to come. ``crowded``: picks were left out for their
        number, so more is asked of an earthquake.
        """
        chance = self.settings.chance
        least = chance.least_crowded if crowded else chance.least
        free = {reading.reading_id: reading for reading in readings}
        window = Window.of(free.values(), until_ns)
        search = self._associator.search(free.values())
        found = []
        while (association := search.propose()) is not None:
            event = self._event(association, free, terms, window, least)
            if event.rejection is None:
                taken = [reading.reading_id for reading in event.readings]
                search.take(taken)
                for reading_id in taken:
                    del free[reading_id]
            else:
                search.pass_over()
            found.append(event)
        return found

    def _event(
        self,
        association: Association,
        free: Mapping[str, PhaseReading],
        terms: Terms | None,
        window: Window,
        least: float,
    ) -> Found:
        readings = tuple(free[i] for i in association.reading_ids if i in free)
        try:
            first = self.locate(readings, association, terms)
            readings = self.collect(first, list(free.values()), terms)
            hypocentre = self.locate(readings, first, terms)
        except UnusableDataError:
            return Found(None, readings, Rejection.UNLOCATABLE)
        inliers = set(hypocentre.inlier_ids)
        kept = tuple(reading for reading in readings if reading.reading_id in inliers)
        rejection = judge(hypocentre, self.stations, self.settings.gate)
        if rejection is None:
            chance = self.settings.chance
            told = evidence(hypocentre, self.stations, self.tables, free, window, chance)
            rejection = Rejection.CHANCE if told < least else None
        return Found(hypocentre, kept, rejection)

    def locate(
        self,
        readings: Sequence[PhaseReading],
        start: Association | Hypocentre,
        terms: Terms | None = None,
    ) -> Hypocentre:
        """Locate readings with the finder's stations, tables and settings; see `locate.locate`."""
        return locate(
            readings,
            self.stations,
            self.tables,
            start,
            self.settings.location,
            terms,
            self.others,
            None if self.others else self._wrong,
        )

    def collect(
        self,
        hypocentre: Hypocentre,
        readings: Sequence[PhaseReading],
        terms: Terms | None = None,
    ) -> tuple[PhaseReading, ...]:
        """Return the readings that fit an origin, one of each phase at a station, by id."""
        frame = LocalFrame(hypocentre.latitude_deg, hypocentre.longitude_deg)
        readings = [r for r in readings if r.station in self.stations]
        zero_ns = hypocentre.origin_time_ns
        network = network_of(readings, self.stations, self.tables, frame, zero_ns, terms)
        origin = np.array([[0.0, 0.0, hypocentre.depth_km, 0.0]])
        rays, design = linearise(network, origin)
        predicted, distance = rays.time_s[0], rays.distance_km[0]
        residual = np.abs(network.time_s - predicted)
        sigma = reading_sigma_s(network, predicted, self.settings.location)
        spread = np.einsum("ni,ij,nj->n", design[0], np.array(hypocentre.covariance), design[0])
        room = self.settings.collect_sigmas * np.sqrt(sigma**2 + spread)
        fits = residual <= np.minimum(room, self.settings.collect_max_s)
        fits &= distance <= self.settings.association.max_station_distance_km
        best: dict[tuple[str, str], tuple[float, str, PhaseReading]] = {}
        for index in np.flatnonzero(fits):
            reading = readings[index]
            entry = (float(residual[index]), reading.reading_id, reading)
            key = (reading.station, reading.phase)
            best[key] = min(best.get(key, entry), entry, key=lambda item: item[:2])
        return tuple(sorted((e[2] for e in best.values()), key=lambda r: r.reading_id))


def tables_of(model: VelocityModel, settings: FinderSettings) -> dict[str, TravelTimes]:
    """Travel times by phase, as far and deep as the settings look."""
    reach_km, depth_km, top_km = _size_km(settings)
    return {
        phase: travel_time_table(model, phase, reach_km, depth_km, 0.0, top_km)
        for phase in ("P", "S")
    }


def raised(settings: FinderSettings, stations: Iterable[Station]) -> FinderSettings:
    """Settings with which sources are sought up to the highest station, if that is above sea level.

    Taken up to the next 100 m, so that no station stands above the top.
    """
    highest_km = max((station.elevation_m for station in stations), default=0.0) / 1000.0
    top_km = min(0.0, -math.ceil(10.0 * highest_km) / 10.0)
    return replace(
        settings,
        association=replace(settings.association, top_km=top_km),
        location=replace(settings.location, top_km=top_km),
    )


def _size_km(settings: FinderSettings) -> tuple[float, float, float]:
    """Distance and depth that are looked up, and the depth of the top."""
    reach_km = 1.5 * settings.association.max_station_distance_km
    return reach_km, settings.location.max_depth_km, settings.location.top_km
