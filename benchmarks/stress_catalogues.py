"""Catalogues under a known stress, to count how often stress intervals hold the truth."""

from dataclasses import dataclass
from zlib import crc32

import numpy as np
from numpy.typing import NDArray
from synthetic_mechanisms import DIVERSE, OPTIMAL, Population, mechanisms, with_bursts

from streamstress.geometry.axes import axis_vector
from streamstress.geometry.tensors import double_couple, stress_tensor

Array = NDArray[np.float64]

REGIMES = ("strike-slip", "normal", "reverse", "oblique")
FAULTS = {"diverse": DIVERSE, "optimal": OPTIMAL}
NOISE = {
    "10": (10.0, np.inf),
    "20": (20.0, np.inf),
    "30": (30.0, np.inf),
    "heavy": (15.0, 2.0),
}
"""Error of a mechanism: scale in degrees, degrees of freedom of Student's t. ``heavy``: one in
twelve is off by more than 50 degrees."""

BURST_SHARE = 0.2
MINUTES_APART = 72.0
MINUTES_IN_BURST = 2.0
BOX_KM = 20.0
BURST_KM = 0.3


@dataclass(frozen=True, slots=True)
class Cell:
    """One row of the table. ``regime`` "all" takes the four in turn; ``burst`` 0 has none."""

    events: int
    noise: str
    faults: str
    regime: str = "all"
    burst: int = 0

    @property
    def name(self) -> str:
        """Key of the cell in a store."""
        return f"{self.regime}/{self.faults}/noise {self.noise}/{self.events}/burst {self.burst}"


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Mechanisms (n, 3), times (n,), places (n, 3), double couples (n, 3, 3), and the truth."""

    angles: Array
    origin_time_ns: NDArray[np.int64]
    place: Array
    mechanism: Array
    tensor: Array
    phi: float


def catalogue(cell: Cell, number: int, seed: int) -> Catalogue:
    """Draw a catalogue of a cell: phi even over 0.1 to 0.9, SHmax over all azimuths."""
    rng = np.random.default_rng([seed, crc32(cell.name.encode()), number])
    regime = REGIMES[number % len(REGIMES)] if cell.regime == "all" else cell.regime
    phi = rng.uniform(0.1, 0.9)
    tensor = stress_tensor(regime_axes(regime, rng), phi)
    noise, freedom = NOISE[cell.noise]
    drawn = Population(FAULTS[cell.faults], noise, freedom=freedom)
    angles = mechanisms(tensor, cell.events, rng, drawn)
    burst = np.full(cell.events, -1)
    if cell.burst:
        angles, burst = with_bursts(angles, BURST_SHARE, cell.burst, rng)
    times, place = _times(burst, rng), _places(burst, rng)
    return Catalogue(angles, times, place, double_couple(*angles.T), tensor, phi)


def regime_axes(regime: str, rng: np.random.Generator) -> Array:
    """Rows s1, s2, s3 (3, 3) of a regime, turned at random about the vertical, or any way."""
    if regime == "oblique":
        axes = np.linalg.qr(rng.normal(size=(3, 3)))[0]
        return np.asarray(axes)
    azimuth = rng.uniform(0.0, 360.0)
    level, vertical = [axis_vector(azimuth + turn, 0.0) for turn in (0.0, 90.0)], [0.0, 0.0, -1.0]
    place = REGIMES.index(regime)
    upright = {0: 1, 1: 0, 2: 2}[place]
    return np.insert(np.array(level), upright, vertical, axis=0)


def _times(burst: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.int64]:
    same = np.concatenate([[False], (burst[1:] == burst[:-1]) & (burst[1:] >= 0)])
    gap = rng.exponential(np.where(same, MINUTES_IN_BURST, MINUTES_APART))
    return np.asarray(np.cumsum(gap) * 60e9 + 1.0, np.int64)


def _places(burst: NDArray[np.int64], rng: np.random.Generator) -> Array:
    """Latitude, longitude, depth: even in a box, a burst around one point of it."""
    km = rng.uniform(0.0, BOX_KM, size=(burst.size, 3))
    for number in range(int(burst.max(initial=-1)) + 1):
        inside = np.flatnonzero(burst == number)
        km[inside] = km[inside[0]] + rng.normal(scale=BURST_KM, size=(inside.size, 3))
    return km / np.array([111.2, 111.2, 1.0])
