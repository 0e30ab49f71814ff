"""Streams of mechanisms solved anew from the first motions that a network reads.

For what changes in the network, not in the earth: a station turned upside down, stations lost,
other take-off angles. Each event has a true mechanism under one stress; its first motions are read
at the stations that saw it, some wrongly, along rays known to a few degrees; the mechanism is the
double couple of the mean over all grid nodes, weighed by the readings (as HASH averages).
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from change_streams import Part, Stream, background
from numba import njit
from numpy.typing import NDArray
from scipy.special import ndtr

from streamstress.geometry.planes import plane_vectors, strike_dip_rake
from streamstress.geometry.rays import ray_vector
from streamstress.geometry.tensors import double_couple_of
from streamstress.mechanism.grid import mechanism_grid

Array = NDArray[np.float64]
Rng = np.random.Generator

N_STATIONS = 24
MOST_DISTANCE_KM = 60.0
SEEN = 0.85
"""Share of the stations that read an event."""

WRONG = 0.05
"""Share of the readings that are wrong."""

RAY_SIGMA_DEG = (4.0, 6.0)
"""Errors of azimuth and take-off."""

AMPLITUDE_SIGMA = 0.1
"""P factor, 1 at most, below which a reading says little (see `mechanism.leave_one_out`)."""

BINS = 256
"""Of the table of log-likelihoods by P factor."""

KEY, KEY_LOST = 7, 10
"""Station that is turned upside down, in a network that has lost so many: of its 14 stations the
one that then moves the mean mechanism most (0.29 of a unit tensor, 17 degrees or so; the others
0.08 to 0.26)."""

TAKEOFF_ERROR_DEG = 10.0
"""By which a changed velocity model tells every ray to leave more steeply."""


@dataclass(frozen=True, slots=True)
class Network:
    """What is wrong with a network.

    Attributes
    ----------
    reversed_station
        Station `KEY` is upside down.
    lost
        Number of stations that are gone.
    takeoff_error_deg
        Error of all take-offs.
    velocity_model
        Name that the mechanisms bear.
    """

    reversed_station: bool = False
    lost: int = 0
    takeoff_error_deg: float = 0.0
    velocity_model: str = "crust"


SOUND = Network()


def read_by(network: Network) -> Part:
    """Independent events of one stress as a network solves them."""

    def draw(count: int, rng: Rng) -> Stream:
        stream = background(noise_deg=0.0)(count, rng)
        rays, told = _rays(stream.place, network.takeoff_error_deg, rng)
        up = _first_motions(stream.angles, rays, rng)
        up[:, KEY] *= -1 if network.reversed_station else 1
        up[rng.random(up.shape) > SEEN] = 0
        up[:, N_STATIONS - network.lost :] = 0
        stream.angles = _solved(told, up)
        motion = np.einsum("nsi,nij,nsj->ns", told, _tensors(stream.angles), told)
        return _with_readings(stream, up, up * motion < 0.0, network)

    return draw


def _with_readings(
    stream: Stream, up: NDArray[np.int64], against: NDArray[np.bool_], network: Network
) -> Stream:
    names = np.array([f"XX.S{k:02d}" for k in range(N_STATIONS)])
    used = np.abs(up).sum(axis=1)
    stream.n_polarity, stream.misfit = used.astype(float), against.sum(axis=1) / used
    stream.model = [f"hash/net/{network.velocity_model}"] * len(up)
    stream.stations = [names[row != 0].tolist() for row in up]
    stream.against = [names[row].tolist() for row in against]
    return stream


@lru_cache(maxsize=1)
def _sites() -> Array:
    """East and north (n, 2) of the stations, km, the same in every stream."""
    rng = np.random.default_rng(24)
    azimuth = np.radians(rng.uniform(0.0, 360.0, N_STATIONS))
    distance = MOST_DISTANCE_KM * np.sqrt(rng.uniform(0.02, 1.0, N_STATIONS))
    return np.asarray(distance * (np.sin(azimuth), np.cos(azimuth))).T


def _rays(place: Array, takeoff_error_deg: float, rng: Rng) -> tuple[Array, Array]:
    """True and told rays (n, s, 3) at the sources; velocities that grow with depth bend them."""
    north = (place[:, 0] - place[:, 0].mean()) * 111.2
    east = (place[:, 1] - place[:, 1].mean()) * 91.1
    gap = _sites()[None] - np.stack([east, north], axis=1)[:, None]
    distance = np.linalg.norm(gap, axis=2)
    azimuth = np.degrees(np.arctan2(gap[..., 0], gap[..., 1]))
    # up-going near the epicentre, leaving downward from some 25 km on
    takeoff = 180.0 - np.degrees(np.arctan2(distance, place[:, 2:3])) - 0.6 * distance
    takeoff = np.clip(takeoff, 45.0, 175.0)
    error = rng.normal(size=(2, *azimuth.shape)) * np.reshape(RAY_SIGMA_DEG, (2, 1, 1))
    told = np.clip(takeoff + error[1] - takeoff_error_deg, 5.0, 175.0)
    return ray_vector(azimuth, takeoff), ray_vector(azimuth + error[0], told)


def _tensors(angles: Array) -> Array:
    return double_couple_of(*plane_vectors(*angles.T))


def _first_motions(angles: Array, rays: Array, rng: Rng) -> NDArray[np.int64]:
    """Readings (n, s), 1 up and -1 down; near nodal planes they are guesses."""
    motion = np.einsum("nsi,nij,nsj->ns", rays, _tensors(angles), rays) * np.sqrt(2.0)
    up = np.where(rng.random(motion.shape) < ndtr(motion / AMPLITUDE_SIGMA), 1, -1)
    return np.where(rng.random(motion.shape) < WRONG, -up, up)


def _solved(rays: Array, up: NDArray[np.int64]) -> Array:
    """Strike, dip, rake (n, 3)."""
    grid = mechanism_grid(10.0)
    normal, slip = np.ascontiguousarray(grid.normal.T), np.ascontiguousarray(grid.slip.T)
    factor = np.linspace(-1.0, 1.0, BINS)
    table = np.log(0.5 * WRONG + (1.0 - WRONG) * ndtr(factor / AMPLITUDE_SIGMA))
    mean = _means(normal, slip, np.ascontiguousarray(rays), up, table)
    axes = np.linalg.eigh(mean)[1]
    tension, pressure = axes[:, :, 2], axes[:, :, 0]
    found = strike_dip_rake((tension + pressure) / np.sqrt(2), (tension - pressure) / np.sqrt(2))
    return np.stack(found, axis=-1)


@njit(cache=True, error_model="numpy")
def _means(normal: Array, slip: Array, rays: Array, up: NDArray[np.int64], table: Array) -> Array:
    """Mean tensors (n, 3, 3) over double couples (g, 3) and (g, 3), weighed by the readings."""
    means = np.zeros((rays.shape[0], 3, 3))
    told = np.empty(normal.shape[0])
    last = table.shape[0] - 1
    for i in range(rays.shape[0]):
        for g in range(normal.shape[0]):
            told[g] = 0.0
            for s in range(rays.shape[1]):
                if up[i, s] == 0:
                    continue
                one, two = 0.0, 0.0
                for k in range(3):
                    one += normal[g, k] * rays[i, s, k]
                    two += slip[g, k] * rays[i, s, k]
                told[g] += table[int(0.5 * (1.0 + 2.0 * one * two * up[i, s]) * last + 0.5)]
        best = told.max()
        for g in range(normal.shape[0]):
            weight = np.exp(told[g] - best)
            for k in range(3):
                for m in range(3):
                    product = normal[g, k] * slip[g, m] + normal[g, m] * slip[g, k]
                    means[i, k, m] += weight * product
    return means


NETWORK_CAUSES: dict[str, tuple[Part, Part]] = {
    "half the stations lost": (read_by(SOUND), read_by(Network(lost=N_STATIONS // 2))),
    "one key station reversed": (
        read_by(Network(lost=KEY_LOST)),
        read_by(Network(lost=KEY_LOST, reversed_station=True)),
    ),
    "velocity model changed": (
        read_by(SOUND),
        read_by(Network(takeoff_error_deg=TAKEOFF_ERROR_DEG, velocity_model="crust 2")),
    ),
    "take-off angles change, no model named": (
        read_by(SOUND),
        read_by(Network(takeoff_error_deg=TAKEOFF_ERROR_DEG)),
    ),
}
"""The network changes, the stress does not."""
