"""Rays of all earthquakes of a relocation to the stations that read them, block by block.

Of some thousand earthquakes at hundreds of stations most pairs have no reading: those that lie
together are looked up together, to the stations that read any of them.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from streamstress.earth.paths import Receivers, TravelTimes
from streamstress.location.differential_times import DifferentialTimes

Array = NDArray[np.float64]
Numbers = NDArray[np.intp]

TOGETHER = 64
"""Earthquakes of a block."""


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """Earthquakes (k,) and receivers of one phase, and which differences their rays are in.

    ``rows`` are, for the first and the second earthquake of the differences, their numbers (m,);
    ``places`` the earthquake and the receiver (m,) of each in the block.
    """

    phase: str
    events: Numbers
    receivers: Receivers
    rows: tuple[Numbers, Numbers]
    places: tuple[tuple[Numbers, Numbers], tuple[Numbers, Numbers]]


def blocks_of(times: DifferentialTimes, order: Numbers, receivers: Receivers) -> list[Block]:
    """Cut the rays that differential times need into blocks.

    Parameters
    ----------
    order
        Earthquakes (n,), those that lie together next to one another.
    receivers
        Of ``times.codes``.
    """
    slot = np.empty(order.size, np.intp)
    slot[order] = np.arange(order.size)
    return [
        _block(times, phase, order[TOGETHER * n : TOGETHER * (n + 1)], rows, receivers)
        for phase, mine in (("P", ~times.is_s), ("S", times.is_s))
        for n, rows in _rows_by_block(times, np.flatnonzero(mine), slot // TOGETHER)
    ]


def _rows_by_block(
    times: DifferentialTimes, rows: Numbers, block: Numbers
) -> Iterator[tuple[int, tuple[Numbers, Numbers]]]:
    """Blocks with the differences whose first and second earthquake are in them."""
    if rows.size == 0:
        return
    bounds = np.arange(int(block.max()) + 2)
    sides = []
    for event in (times.first, times.second):
        of_rows = block[event[rows]]
        ordered = np.argsort(of_rows, kind="stable")
        ends = np.searchsorted(of_rows[ordered], bounds)
        sides.append([rows[ordered[a:b]] for a, b in pairwise(ends)])
    for n, (first, second) in enumerate(zip(*sides, strict=True)):
        if first.size or second.size:
            yield n, (first, second)


def _block(
    times: DifferentialTimes,
    phase: str,
    events: Numbers,
    rows: tuple[Numbers, Numbers],
    receivers: Receivers,
) -> Block:
    used = np.unique(times.station[np.concatenate(rows)])
    is_used = np.zeros(len(receivers.codes), np.bool_)
    is_used[used] = True
    by_number = np.argsort(events)

    def places(event: Numbers, mine: Numbers) -> tuple[Numbers, Numbers]:
        here = by_number[np.searchsorted(events[by_number], event[mine])]
        return here, np.searchsorted(used, times.station[mine])

    both = places(times.first, rows[0]), places(times.second, rows[1])
    return Block(phase, events, receivers.only(is_used), rows, both)


def predicted(
    times: DifferentialTimes,
    blocks: list[Block],
    tables: Mapping[str, TravelTimes],
    places_km: Array,
) -> tuple[Array, Array]:
    """Travel times (2, n) from both earthquakes of the differences, and slopes (n, 2, 3) (s/km)."""
    time_s = np.empty((2, times.time_s.size))
    slopes = np.empty((times.time_s.size, 2, 3))
    for block in blocks:
        rays = tables[block.phase].rays_to(block.receivers, places_km[block.events])
        for side, (rows, at) in enumerate(zip(block.rows, block.places, strict=True)):
            time_s[side, rows] = rays.time_s[at]
            slopes[rows, side] = rays.slopes[at]
    return time_s, slopes
