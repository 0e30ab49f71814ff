"""Streams of mechanisms with and without a change of stress, seeded: one place for the generator.

Every stream is steady for the learning and a random while after it; then its case begins.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from synthetic_mechanisms import (
    Population,
    fault_normals,
    mechanisms,
    random_units,
    strike_slip_stress,
    tilted,
    turned,
    with_noise,
)

from streamstress.change import ChangeEvent, change_event
from streamstress.geometry.axes import axis_vector
from streamstress.geometry.planes import plane_vectors
from streamstress.geometry.tractions import slip_direction

Array = NDArray[np.float64]

SHMAX_DEG = 30.0
STRESS = strike_slip_stress(SHMAX_DEG)
LEARN = 500
BEGIN = (2000, 4000)
"""Events, counted from the first, between which the case begins."""

BACKGROUND_MINUTES = 72.0
"""Mean interval: twenty events a day."""

BURST_MINUTES = 2.0
BURST_NOISE_DEG = 8.0
"""Difference of repeats of one event."""

REGION_DEG = 0.15
"""Half width of the region: about 30 km."""

MINUTE_NS = 60_000_000_000

OMORI_MINUTES = 500_000.0
"""Longest wait of an aftershock: a year."""

OPTIMAL_DEG = 29.5
"""Angle of the faults that friction 0.6 prefers from s1."""


@dataclass
class Stream:
    """Mechanisms and what else is known of their events.

    Attributes
    ----------
    angles : (n, 3) float
        Strike, dip, rake.
    minutes : (n,) float
        Since the event before.
    place : (n, 3) float
        Latitude, longitude, depth.
    n_polarity, misfit : (n,) or None
    model : (n,) list of str or None
    stations, against : (n,) lists of names or None
    """

    angles: Array
    minutes: Array
    place: Array
    n_polarity: Array | None = None
    misfit: Array | None = None
    model: list[str] | None = None
    stations: list[list[str]] | None = None
    against: list[list[str]] | None = None

    def events(self) -> list[ChangeEvent]:
        """Give the events in order."""
        times = np.cumsum(np.maximum(self.minutes, 1e-4) * MINUTE_NS).astype(np.int64)
        return [self._event(i, int(time)) for i, time in enumerate(times)]

    def _event(self, i: int, time_ns: int) -> ChangeEvent:
        latitude, longitude, depth = (float(value) for value in self.place[i])
        return change_event(
            f"e{i:06d}",
            time_ns,
            *map(float, self.angles[i]),
            latitude_deg=latitude,
            longitude_deg=longitude,
            depth_km=depth,
            n_polarity=None if self.n_polarity is None else int(self.n_polarity[i]),
            misfit=None if self.misfit is None else float(self.misfit[i]),
            model="" if self.model is None else self.model[i],
            stations=() if self.stations is None else self.stations[i],
            stations_against=() if self.against is None else self.against[i],
        )


Rng = np.random.Generator
Part = Callable[[int, Rng], Stream]
"""A number of events to a stream."""


def background(stress: Array = STRESS, noise_deg: float = 15.0) -> Part:
    """Independent events of diverse faults anywhere in the region."""

    def draw(count: int, rng: Rng) -> Stream:
        angles = mechanisms(stress, count, rng, Population(noise_deg=noise_deg))
        return _anywhere(angles, rng)

    return draw


def bursts(size: int, stress: Array = STRESS, noise_deg: float = 15.0, share: float = 0.2) -> Part:
    """A share of the events in bursts of near-repeats, minutes and 200 m apart."""

    def draw(count: int, rng: Rng) -> Stream:
        stream = background(stress, noise_deg)(count, rng)
        chance = share / (size * (1.0 - share))
        i = 0
        while i < count:
            part = slice(i, min(i + size, count)) if rng.random() < chance else slice(i, i + 1)
            if part.stop - part.start > 1:
                _repeat(stream, part, rng)
            i = part.stop
        return stream

    return draw


def _repeat(stream: Stream, part: slice, rng: Rng) -> None:
    """Make the events of a part repeats of its first."""
    number = part.stop - part.start
    same = np.repeat(stream.angles[part.start : part.start + 1], number, axis=0)
    stream.angles[part] = with_noise(*plane_vectors(*same.T), BURST_NOISE_DEG, rng)
    stream.minutes[part.start + 1 : part.stop] = rng.exponential(BURST_MINUTES, number - 1)
    stream.place[part] = _near(stream.place[part.start], number, 0.2, rng)


def conjugate(sides: tuple[int, ...], stress: Array = STRESS, noise_deg: float = 15.0) -> Part:
    """Events on the best oriented faults of either side of s1, +1 and -1."""

    def draw(count: int, rng: Rng) -> Stream:
        azimuth = SHMAX_DEG + OPTIMAL_DEG * rng.choice(sides, count) + 90.0
        normals = axis_vector(azimuth, np.zeros(count)) + 0.1 * rng.normal(size=(count, 3))
        return _anywhere(_on(normals, stress, noise_deg, rng), rng)

    return draw


def aftershocks(stress: Array = STRESS, noise_deg: float = 15.0) -> Part:
    """A sequence on one plane: times of Omori and Utsu among the background's, cells of 5 km.

    The rate is that of ``K / (t + c)`` with each event's own aftershocks (Ogata 1988, ETAS), the
    first so large that half of the events are its own.
    """

    def draw(count: int, rng: Rng) -> Stream:
        normal = fault_normals(stress, 1, rng, Population())
        normals = np.repeat(normal, count, axis=0) + 0.1 * rng.normal(size=(count, 3))
        stream = _anywhere(_on(normals, stress, noise_deg, rng), rng)
        stream.place = _near(stream.place[0], count, 5.0, rng)
        stream.minutes = np.diff(_etas_minutes(count, rng), prepend=0.0)
        return stream

    return draw


def _etas_minutes(count: int, rng: Rng, c_minutes: float = 30.0, p: float = 1.1) -> Array:
    """Times of a branching sequence: each event but the first triggers 0.5 more in the mean."""
    times = list(_omori(count // 2, c_minutes, p, rng))
    i = 0
    while i < len(times) and len(times) < 4 * count:
        times += [times[i] + wait for wait in _omori(rng.poisson(0.5), c_minutes, p, rng)]
        i += 1
    return np.sort(np.array(times))[:count] if len(times) >= count else _etas_minutes(count, rng)


def _omori(number: int, c_minutes: float, p: float, rng: Rng) -> Array:
    """Waiting times of density (t + c) ** -p (Utsu 1961)."""
    waits = c_minutes * ((1.0 - rng.random(number)) ** (1.0 / (1.0 - p)) - 1.0)
    return np.asarray(waits.clip(max=OMORI_MINUTES))


def fixed_faults(stress: Array, noise_deg: float = 15.0, number: int = 400) -> tuple[Part, Part]:
    """A population of planes drawn under `STRESS`, that slips under another stress after."""
    normals = fault_normals(STRESS, number, np.random.default_rng(number), Population())

    def part(acting: Array) -> Part:
        def draw(count: int, rng: Rng) -> Stream:
            chosen = normals[rng.integers(0, number, count)]
            return _anywhere(_on(chosen, acting, noise_deg, rng), rng)

        return draw

    return part(STRESS), part(stress)


def two_places(share: float, turn_deg: float = 20.0, noise_deg: float = 15.0) -> Part:
    """Two halves of the region whose stresses differ, the second one having a share of events."""

    def draw(count: int, rng: Rng) -> Stream:
        one = background(STRESS, noise_deg)(count, rng)
        two = background(turned(STRESS, turn_deg), noise_deg)(count, rng)
        second = rng.random(count) < share
        one.angles[second] = two.angles[second]
        side = np.where(second, 1.0, -1.0)
        one.place[:, 1] = 140.0 + side * np.abs(one.place[:, 1] - 140.0)
        return one

    return draw


def joined(before: Stream, after: Stream) -> Stream:
    """One stream and another."""

    def both(one: Array | None, two: Array | None) -> Array | None:
        return None if one is None or two is None else np.concatenate([one, two])

    return Stream(
        np.concatenate([before.angles, after.angles]),
        np.concatenate([before.minutes, after.minutes]),
        np.concatenate([before.place, after.place]),
        both(before.n_polarity, after.n_polarity),
        both(before.misfit, after.misfit),
        *(
            None if one is None or two is None else one + two
            for one, two in (
                (before.model, after.model),
                (before.stations, after.stations),
                (before.against, after.against),
            )
        ),
    )


def _on(normals: Array, stress: Array, noise_deg: float, rng: Rng) -> Array:
    unit = normals / np.linalg.norm(normals, axis=1, keepdims=True)
    return with_noise(unit, slip_direction(stress, unit), noise_deg, rng)


def _anywhere(angles: Array, rng: Rng) -> Stream:
    count = len(angles)
    place = np.column_stack(
        [
            35.0 + rng.uniform(-REGION_DEG, REGION_DEG, count),
            140.0 + rng.uniform(-REGION_DEG, REGION_DEG, count),
            rng.uniform(2.0, 12.0, count),
        ]
    )
    return Stream(angles, rng.exponential(BACKGROUND_MINUTES, count), place)


def _near(place: Array, count: int, spread_km: float, rng: Rng) -> Array:
    return np.asarray(place + random_units(count, rng) * spread_km * (0.009, 0.011, 1.0))


STEADY = {
    "independent, errors 15": background(),
    "independent, errors 30": background(noise_deg=30.0),
    "20 % in bursts of 10": bursts(10),
    "20 % in bursts of 30": bursts(30),
}
"""Nothing ever changes."""

ASKED = {f"independent, errors 15, asked for {rate}": float(rate) for rate in (3, 10, 30)}
"""The same with other wanted rates, in 10,000 events."""

OTHER_CAUSES: dict[str, tuple[Part, Part]] = {
    "faults: diverse to one conjugate set": (background(), conjugate((1, -1))),
    "faults: diverse to conjugate A": (background(), conjugate((1,))),
    "faults: conjugate A to B": (conjugate((1,)), conjugate((-1,))),
    "aftershocks on one plane": (background(), aftershocks()),
    "aftershocks on one plane, errors 30": (
        background(noise_deg=30.0),
        aftershocks(noise_deg=30.0),
    ),
    "places move": (two_places(0.2), two_places(0.8)),
    "errors 15 to 30": (background(), background(noise_deg=30.0)),
}
"""Mechanisms change, the stress does not."""

CHANGES: dict[str, tuple[Part, Part]] = {
    "15 degrees, errors 15": (background(), background(turned(STRESS, 15.0))),
    "20 degrees, errors 30": (
        background(noise_deg=30.0),
        background(turned(STRESS, 20.0), 30.0),
    ),
    "20 degrees, errors 15": (background(), background(turned(STRESS, 20.0))),
    "20 degrees, bursts of 10": (bursts(10), bursts(10, turned(STRESS, 20.0))),
    "20 degrees tilt about s1, errors 15": (
        background(),
        background(tilted(STRESS, SHMAX_DEG, 20.0)),
    ),
    "20 degrees tilt about s1, errors 30": (
        background(noise_deg=30.0),
        background(tilted(STRESS, SHMAX_DEG, 20.0), 30.0),
    ),
    "20 degrees tilt about s3, errors 15": (
        background(),
        background(tilted(STRESS, SHMAX_DEG + 90.0, 20.0)),
    ),
    "15 degrees, fixed faults, errors 15": fixed_faults(turned(STRESS, 15.0)),
    "20 degrees, fixed faults, errors 15": fixed_faults(turned(STRESS, 20.0)),
}
"""The stress changes."""
