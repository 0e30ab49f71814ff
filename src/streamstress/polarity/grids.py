"""The network's grid: 256 samples around the pick at 200 to 500 Hz, or at up to 4 kHz by option.

A recording between 200 and 500 Hz is read at its own rate. A slower one is interpolated linearly
by a whole factor, which keeps every sample as it is; a faster one is decimated by a whole factor
unless ``highest_grid_hz`` is raised to its rate. High rates carry the first motions of small
events (Hara et al. 2019, Earth Planets Space 71:127), and are not thrown away.

All of this is linear and the same for every window of a rate: one matrix a rate.
"""

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy import signal

Floats = NDArray[np.float64]
Array32 = NDArray[np.float32]

NETWORK_SAMPLES = 256
"""At 100 Hz 1.28 s, at 500 Hz half a second: a pick wrong by 0.1 s stays inside."""

SAMPLES_BEFORE_PICK = 144
SLOWEST_RATE_HZ = 20.0
LOWEST_GRID_HZ = 200.0
HIGHEST_GRID_HZ = 500.0
FASTEST_GRID_HZ = 4000.0
"""Borehole sensors of mines and reservoirs."""

HIGH_PASS_HZ = 1.0
"""Of grids up to 500 Hz; a faster grid has a shorter window, and a corner higher in proportion."""

LEAD_S = 0.8
"""What the high-pass likes to see before the window; less is filled with the first value."""


@dataclass(frozen=True)
class Grid:
    """How recordings of one rate come onto the network's grid.

    ``up`` and ``down`` are the whole factors; ``before`` and ``after`` the recorded samples that a
    window must have before the pick, and from the pick on; ``lead`` those it is filled up to;
    ``matrix`` (lead + after, 256) float32 does the rest.
    """

    up: int
    down: int
    lead: int
    before: int
    after: int
    matrix: Array32

    @staticmethod
    @lru_cache(maxsize=64)
    def of(rate_hz: float, highest_grid_hz: float = HIGHEST_GRID_HZ) -> "Grid":
        """Grid of a recording's rate in Hz."""
        up, down = grid_factors(rate_hz, highest_grid_hz)
        before, after = samples_needed(rate_hz, highest_grid_hz)
        # A whole number of decimation steps before the pick keeps the pick on a sample.
        lead = down * math.ceil((before + _lead_s(rate_hz * up / down) * rate_hz) / down)
        matrix = _matrix(lead, after, up, down, rate_hz)
        return Grid(up, down, lead, before, after, matrix)


def check_highest_grid(highest_grid_hz: float) -> None:
    """Raise ValueError where a highest grid is out of bounds."""
    if not HIGHEST_GRID_HZ <= highest_grid_hz <= FASTEST_GRID_HZ:
        raise ValueError(f"highest grid {highest_grid_hz} Hz: it must lie between 500 and 4000")


def grid_factors(rate_hz: float, highest_grid_hz: float = HIGHEST_GRID_HZ) -> tuple[int, int]:
    """Whole factors (up, down) that bring a rate into the network's range."""
    check_highest_grid(highest_grid_hz)
    if rate_hz < LOWEST_GRID_HZ:
        return math.ceil(LOWEST_GRID_HZ / rate_hz), 1
    return 1, math.ceil(rate_hz / highest_grid_hz)


def samples_needed(rate_hz: float, highest_grid_hz: float = HIGHEST_GRID_HZ) -> tuple[int, int]:
    """Tell the samples a window must have before the pick, and from the pick on."""
    up, down = grid_factors(rate_hz, highest_grid_hz)
    after = NETWORK_SAMPLES - SAMPLES_BEFORE_PICK
    # Interpolation ends on a recorded sample.
    return math.ceil(SAMPLES_BEFORE_PICK * down / up), math.ceil((after - 1) * down / up) + 1


def on_grid(cut: Floats, grid: Grid) -> Array32:
    """Windows (n, 256) of cuts (n, lead + after), each scaled to a largest value of one.

    Rounding to single precision comes after the scaling, so that the unit does not matter.
    """
    largest = np.maximum(cut.max(axis=1, keepdims=True), -cut.min(axis=1, keepdims=True))
    largest[largest == 0.0] = 1.0
    scaled = np.divide(cut, largest, out=np.empty(cut.shape, np.float32), casting="same_kind")
    return np.asarray(scaled @ grid.matrix)


def _lead_s(grid_hz: float) -> float:
    return LEAD_S / _corner_factor(grid_hz)


def _corner_factor(grid_hz: float) -> float:
    return max(1.0, grid_hz / HIGHEST_GRID_HZ)


def _matrix(lead: int, after: int, up: int, down: int, rate_hz: float) -> Array32:
    """Interpolation or decimation, high-pass and window, as they act on each recorded sample."""
    grid_hz = rate_hz * up / down
    unit = np.eye(lead + after)
    if up > 1:
        recorded = np.arange(lead + after)
        wanted = np.arange((lead + after - 1) * up + 1) / up
        unit = np.stack([np.interp(wanted, recorded, row) for row in unit])
    elif down > 1:
        unit = signal.resample_poly(unit, up, down, axis=1)
    corner_hz = HIGH_PASS_HZ * _corner_factor(grid_hz)
    high_pass = signal.butter(2, corner_hz, "highpass", fs=grid_hz, output="sos")
    start = lead * up // down - SAMPLES_BEFORE_PICK
    window = signal.sosfilt(high_pass, unit, axis=1)[:, start : start + NETWORK_SAMPLES]
    return np.ascontiguousarray(window, np.float32)
