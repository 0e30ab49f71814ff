"""Whether the picks of an origin could be there by chance.

Station after station, from the nearest on, the log of how much better an earthquake explains what
was heard than the usual picks do: a pick where one is expected speaks for it, the more the better
it fits and the fewer picks there are anyway; silence speaks against it. How far the earthquake was
heard is not known: the largest sum to any distance counts.
"""

import math
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from streamstress.earth.paths import Receivers, TravelTimes
from streamstress.earth.projection import LocalFrame
from streamstress.earth.stations import Station
from streamstress.location.hypocentre import INLIER_WEIGHT, TUKEY, ArrivalGeometry, Hypocentre
from streamstress.location.readings import PhaseReading

Array = NDArray[np.float64]
NS = 1_000_000_000
PHASES = ("P", "S")


@dataclass(frozen=True, slots=True)
class ChanceSettings:
    """What is expected of an earthquake's stations, and how much evidence is asked for."""

    # Share of P and S within reach that are picked; a station without any pick is half as sure.
    detected: tuple[float, float] = (0.7, 0.5)
    # Picks of no earthquake are counted this long before and after at the station, and as long
    # again at the mean station; there is always one in so many seconds.
    span_s: float = 10.0
    least_rate_hz: float = 0.003
    # Of picks and velocity model together.
    fit_sigma_s: float = 0.15
    # No single pick says more.
    most: float = 4.0
    least: float = 18.0
    # In a window of which picks were left out. At 2,000 events an hour (synthetic, 60 stations,
    # 3 minutes) two final events were none: 22 and 40; 2 of 101 others had less than 40.
    least_crowded: float = 41.0


class Background:
    """Picks of a window that belong to no earthquake so far.

    Parameters
    ----------
    readings
        All of them.
    span_s
        Length of the window.
    """

    def __init__(self, readings: Iterable[PhaseReading], span_s: float) -> None:
        self._times: dict[tuple[str, str], list[int]] = {}
        for reading in readings:
            self._times.setdefault((reading.station, reading.phase), []).append(reading.time_ns)
        self._span_s = span_s

    def rate_hz(self, key: tuple[str, str], time_ns: int, n_places: int, span_s: float) -> float:
        """Picks a second of a station and phase around a time, drawn to the mean of all."""
        reach_ns = span_s * NS
        here = sum(abs(one - time_ns) <= reach_ns for one in self._times.get(key, ()))
        mean = sum(map(len, self._times.values())) / (n_places * self._span_s)
        return (here + 2 * span_s * mean) / (4 * span_s)


def evidence(
    hypocentre: Hypocentre,
    stations: Mapping[str, Station],
    tables: Mapping[str, TravelTimes],
    free: Mapping[str, PhaseReading],
    window: "Window",
    settings: ChanceSettings,
) -> float:
    """Log likelihood ratio of earthquake against chance.

    Parameters
    ----------
    free
        Readings of no other earthquake, by id; those of this one may be among them.
    window
        Which stations work; arrivals after its end are not missed.
    """
    inliers = {(a.station, a.phase): a for a in hypocentre.arrivals if a.weight >= INLIER_WEIGHT}
    own = {arrival.reading_id for arrival in inliers.values()}
    background = Background((r for i, r in free.items() if i not in own), window.span_s)
    codes, origin_ns = list(stations), hypocentre.origin_time_ns
    distance, travel_s = _predicted(hypocentre, stations, tables)
    total = best = 0.0
    for n in np.argsort(distance, kind="stable").tolist():
        for k, phase in enumerate(PHASES):
            key, time_ns = (codes[n], phase), origin_ns + round(float(travel_s[n, k]) * NS)
            if key in inliers:
                rate = background.rate_hz(key, time_ns, 2 * len(codes), settings.span_s)
                total += _hit(inliers[key], rate, settings.detected[k], settings)
            elif time_ns < window.until_ns:
                sure = 1.0 if codes[n] in window.alive else 0.5
                total += math.log(1.0 - sure * settings.detected[k])
        best = max(best, total)
    return best


def _hit(
    arrival: ArrivalGeometry, rate_hz: float, detected: float, settings: ChanceSettings
) -> float:
    """What a pick says: the density of its time after an earthquake over that of other picks."""
    # Tukey's weight tells the residual in sigmas.
    size = TUKEY * math.sqrt(max(0.0, 1.0 - math.sqrt(arrival.weight)))
    density_hz = math.exp(-0.5 * size**2) / (math.sqrt(2 * math.pi) * settings.fit_sigma_s)
    return min(
        math.log(detected * density_hz / max(rate_hz, settings.least_rate_hz)), settings.most
    )


@dataclass(frozen=True, slots=True)
class Window:
    """Stations with picks in a window, its length, and until when it reaches."""

    alive: frozenset[str]
    span_s: float
    until_ns: int

    @classmethod
    def of(cls, readings: Collection[PhaseReading], until_ns: int | None) -> "Window":
        """Window of readings; one without a given end reaches to the last of them."""
        times = [reading.time_ns for reading in readings]
        end_ns = max(times, default=0) if until_ns is None else until_ns
        span_s = max(1.0, (end_ns - min(times, default=0)) / NS)
        return cls(frozenset(reading.station for reading in readings), span_s, end_ns)


def _predicted(
    hypocentre: Hypocentre, stations: Mapping[str, Station], tables: Mapping[str, TravelTimes]
) -> tuple[Array, Array]:
    """Distance (n,) and times of P and S (n, 2) after the origin."""
    frame = LocalFrame(hypocentre.latitude_deg, hypocentre.longitude_deg)
    east, north = frame.to_km(
        [s.latitude_deg for s in stations.values()], [s.longitude_deg for s in stations.values()]
    )
    height = np.array([s.elevation_m / 1000.0 for s in stations.values()])
    receivers = Receivers(frame, tuple(stations), east, north, height)
    origin = np.array([[0.0, 0.0, hypocentre.depth_km]])
    rays = [tables[phase].rays_to(receivers, origin) for phase in PHASES]
    return rays[0].distance_km[0], np.stack([r.time_s[0] for r in rays], axis=1)
