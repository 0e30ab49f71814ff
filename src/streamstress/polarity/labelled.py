"""Onsets of known first motion: what training, fine-tuning and evaluation take."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import count
from typing import Any

import numpy as np
from numpy.typing import NDArray

from streamstress.errors import UnusableDataError
from streamstress.polarity.grids import HIGHEST_GRID_HZ

BatchSource = Callable[[int], Iterator["LabelledOnsets"]]
"""Batches of a training from a step on, endless or not: ``source(0)`` is where it starts.

The same step has to give the same batches each time, so that a training that was interrupted goes
on as if it had not been.
"""


@dataclass(frozen=True, slots=True)
class LabelledOnsets:
    """Onsets with known first motion, all of one sampling rate.

    ``waveform`` (n, samples), ``sign`` (n,) +1 up, -1 down, 0 nobody can say: the network is then
    taught a probability of one half. ``pick_index`` is one for all or (n,). ``group`` (n,), where
    given, numbers the earthquakes: those of one never stand on both sides of a split. Recordings
    above ``highest_grid_hz`` are decimated, as ``PolarityModel`` does.
    """

    waveform: NDArray[np.floating[Any]]
    sign: NDArray[np.integer[Any]]
    sampling_rate_hz: float
    pick_index: int | NDArray[np.integer[Any]]
    group: NDArray[np.integer[Any]] | None = None
    highest_grid_hz: float = HIGHEST_GRID_HZ

    def rows(self, which: NDArray[Any]) -> "LabelledOnsets":
        """Return some of the onsets, by index or mask."""
        pick = self.pick_index
        return replace(
            self,
            waveform=self.waveform[which],
            sign=self.sign[which],
            pick_index=pick if isinstance(pick, int) else pick[which],
            group=None if self.group is None else self.group[which],
        )


def split_onsets(
    sets: Sequence[LabelledOnsets], shares: Sequence[float], seed: int
) -> list[list[LabelledOnsets]]:
    """Split sets of onsets at random into parts, earthquake by earthquake where they are known.

    Parameters
    ----------
    sets
        One set a sampling rate; group numbers hold across sets.
    shares
        Share of each part, of sum one.

    Returns
    -------
    One list of sets for each share; sets that came out empty are left out.
    """
    rng = np.random.default_rng(seed)
    bounds = np.cumsum(shares)[:-1]
    known = [part.group for part in sets if part.group is not None]
    numbers = np.unique(np.concatenate(known)) if known else np.zeros(0, int)
    part_of_group = _parts(numbers.size, bounds, rng)
    parts: list[list[LabelledOnsets]] = [[] for _ in shares]
    for onsets in sets:
        if onsets.group is None:
            part_of_row = _parts(onsets.sign.size, bounds, rng)
        else:
            part_of_row = part_of_group[np.searchsorted(numbers, onsets.group)]
        for number, part in enumerate(parts):
            chosen = onsets.rows(part_of_row == number)
            if chosen.sign.size:
                part.append(chosen)
    return parts


def _parts(size: int, bounds: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.int64]:
    """Part of each of ``size`` things, by upper bounds of cumulative shares; (size,)."""
    return np.searchsorted(bounds, (rng.permutation(size) + 0.5) / max(1, size))


def shuffled_batches(
    sets: Iterable[LabelledOnsets], batch: int, seed: int, pick_jitter_s: float = 0.0
) -> BatchSource:
    """Batches of a fixed collection, epoch after epoch, each in an order of its own.

    Parameters
    ----------
    sets
        The collection, one set a sampling rate.
    batch
        Onsets in a batch; a set's last one of an epoch may be smaller.
    seed
        Of the order and of the jitter.
    pick_jitter_s
        Standard deviation of a normal error that each pick gets anew in each epoch.

    Raises
    ------
    UnusableDataError
        The collection is empty.
    """
    sets = [onsets for onsets in sets if onsets.sign.size]
    if not sets:
        raise UnusableDataError("polarity training: there is no labelled onset to train on")
    in_epoch = sum(-(-onsets.sign.size // batch) for onsets in sets)

    def source(step: int) -> Iterator[LabelledOnsets]:
        first, skip = divmod(step, in_epoch)
        for epoch in count(first):
            rng = np.random.default_rng((seed, epoch))
            yield from _epoch(sets, batch, rng, pick_jitter_s)[skip:]
            skip = 0

    return source


def _epoch(
    sets: Sequence[LabelledOnsets], batch: int, rng: np.random.Generator, pick_jitter_s: float
) -> list[LabelledOnsets]:
    batches = []
    for onsets in sets:
        size = onsets.sign.size
        jitter = rng.normal(0.0, pick_jitter_s * onsets.sampling_rate_hz, size)
        moved = replace(onsets, pick_index=onsets.pick_index + np.rint(jitter).astype(np.int64))
        order = rng.permutation(size)
        batches += [moved.rows(order[start : start + batch]) for start in range(0, size, batch)]
    return [batches[i] for i in rng.permutation(len(batches))]
