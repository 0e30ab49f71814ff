"""The stress of the latest events, kept up to date event by event.

Totals are sums of int64 fixed-point numbers: adding is exact, so the order in which events
arrive leaves no trace, and an event that is revised or withdrawn leaves exactly.
"""

from bisect import bisect_left, insort
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from streamstress.errors import ConfigError, CorruptRecordError
from streamstress.geometry.tensors import normalised, tensor_of
from streamstress.geometry.tractions import DEFAULT_FRICTION
from streamstress.stress import rolling_snapshots
from streamstress.stress.contribution import SCALE, EventContribution, fixed_sums
from streamstress.stress.invert import PlaneMode, StressInversion, invert, michael_five
from streamstress.stress.normal_equations import unpack_sums
from streamstress.stress.rolling_snapshots import Held
from streamstress.stress.window_start import Key, memory_ns, window_start

Array = NDArray[np.float64]
Integers = NDArray[np.int64]


KEEP = 2
"""Window lengths of events that are kept: one withdrawn is replaced by the next older one."""


class RollingStress:
    """Sums of a window of events: by count, by time, with fading weights, or any of them together.

    Parameters
    ----------
    window_events
        The latest N events count; None for no limit.
    window_ns
        Only events younger than this, against the newest event, count; None for no limit.
    half_life_ns
        An event counts half of one that is so much younger; None counts all alike.

    Raises
    ------
    ConfigError
        A window or half-life is not positive.
    """

    def __init__(
        self,
        window_events: int | None = 200,
        window_ns: int | None = None,
        half_life_ns: int | None = None,
    ) -> None:
        limits = (window_events, window_ns, half_life_ns)
        if any(limit is not None and limit <= 0 for limit in limits):
            raise ConfigError(
                f"window of {window_events} events, {window_ns} ns, half-life {half_life_ns} ns: "
                "give over 0"
            )
        self.window_events = window_events
        self.window_ns = window_ns
        self.half_life_ns = half_life_ns
        self._held: dict[str, Held] = {}
        self._removed: dict[str, tuple[int, int]] = {}
        self._order: list[Key] = []
        self._start: Key | None = None
        self._total: Integers = np.zeros(20, np.int64)
        self._epoch = 0

    def update(
        self, event_id: str, version: int, contribution: EventContribution, origin_time_ns: int
    ) -> bool:
        """Take an event in, or a newer version of it; whether the window changed.

        A version not above the one held (or withdrawn) is dropped.
        """
        if version <= self._known_version(event_id):
            return False
        before = self._total.copy(), self.event_ids()
        self._drop(event_id)
        self._removed.pop(event_id, None)
        self._move_epoch(max(origin_time_ns, self._newest_ns()))
        self._held[event_id] = Held(version, origin_time_ns, contribution)
        key = (origin_time_ns, event_id)
        insort(self._order, key)
        if self._start is None or key >= self._start:
            self._total += self._fixed(event_id)
            self._start = key if self._start is None else self._start
        self._settle()
        return bool(np.any(before[0] != self._total)) or before[1] != self.event_ids()

    def remove(self, event_id: str, version: int | None = None) -> bool:
        """Take an event out (a tombstone); whether it was held.

        A later update must bring a version above ``version`` (above the held one, where None).
        """
        known = self._known_version(event_id)
        if version is not None and version <= known:
            return False
        held = self._held.get(event_id)
        time_ns = held.origin_time_ns if held else (self._order[-1][0] if self._order else 0)
        self._removed[event_id] = (known if version is None else version, time_ns)
        self._drop(event_id)
        self._settle()
        return held is not None

    def __len__(self) -> int:
        return len(self._order) - self._first()

    def event_ids(self) -> list[str]:
        """Events in the window, oldest first."""
        return [event_id for _, event_id in self._order[self._first() :]]

    def contributions(self) -> list[EventContribution]:
        """Contributions in the window, oldest first; faded, where a half-life is set."""
        found = [self._held[event_id].contribution for event_id in self.event_ids()]
        if self.half_life_ns is None:
            return found
        shares = [
            self._share(time) / self._newest_share() for time, _ in self._order[self._first() :]
        ]
        return [
            replace(one, weight=one.weight * share, a=one.a * share, b=one.b * share)
            for one, share in zip(found, shares, strict=True)
        ]

    def totals(self) -> tuple[Array, Array]:
        """Give ``A`` (5, 5) and ``b`` (5,) of the window, each event rounded to 1 / `SCALE`."""
        return unpack_sums(self._total / SCALE / self._newest_share())

    def summed_tensor(self) -> Array:
        """Unit-norm stress (3, 3) straight from the totals, planes as they were summed."""
        return normalised(tensor_of(michael_five(*self.totals())))

    def estimate(
        self, planes: PlaneMode = "instability", friction: float | None = DEFAULT_FRICTION
    ) -> StressInversion:
        """Stress of the window; planes are chosen among all its events at once.

        Raises
        ------
        UnusableDataError
            The window's events do not resolve the stress.
        """
        return invert(self.contributions(), planes=planes, friction=friction)

    def snapshot(self) -> bytes:
        """State as bytes for `restore`; equal states give equal bytes."""
        ids = [event_id for _, event_id in self._order]
        head = {
            "window_events": self.window_events,
            "window_ns": self.window_ns,
            "half_life_ns": self.half_life_ns,
            "removed": sorted([name, *rest] for name, rest in self._removed.items()),
        }
        return rolling_snapshots.to_bytes(head, ids, [self._held[event_id] for event_id in ids])

    @classmethod
    def restore(cls, snapshot: bytes) -> "RollingStress":
        """Rebuild the state that `snapshot` wrote.

        Raises
        ------
        CorruptRecordError
            The bytes are no snapshot.
        """
        head, held = rolling_snapshots.from_bytes(snapshot)
        try:
            rolling = cls(head["window_events"], head["window_ns"], head["half_life_ns"])
            rolling._removed = {name: (version, when) for name, version, when in head["removed"]}
        except (ValueError, KeyError, TypeError) as error:
            raise CorruptRecordError(f"not a snapshot of a rolling stress: {error}") from error
        rolling._held = held
        rolling._order = sorted((one.origin_time_ns, name) for name, one in held.items())
        rolling._start = rolling._order[0] if rolling._order else None
        rolling._move_epoch(rolling._newest_ns())
        rolling._sum_anew()
        rolling._settle()
        return rolling

    def _known_version(self, event_id: str) -> int:
        held = self._held.get(event_id)
        return held.version if held else self._removed.get(event_id, (-1, 0))[0]

    def _drop(self, event_id: str) -> None:
        held = self._held.get(event_id)
        if held is None:
            return
        key = (held.origin_time_ns, event_id)
        self._order.pop(bisect_left(self._order, key))
        if self._start is not None and key >= self._start:
            self._total -= self._fixed(event_id)
        del self._held[event_id]

    def _first(self) -> int:
        return 0 if self._start is None else bisect_left(self._order, self._start)

    def _fixed(self, event_id: str) -> Integers:
        held = self._held[event_id]
        return fixed_sums(held.contribution, self._share(held.origin_time_ns))

    def _share(self, origin_time_ns: int) -> float:
        """How much an event of this time counts, against one at the epoch."""
        if self.half_life_ns is None:
            return 1.0
        return float(2.0 ** ((origin_time_ns - self._epoch) / self.half_life_ns))

    def _newest_share(self) -> float:
        return self._share(self._newest_ns()) if self._order else 1.0

    def _settle(self) -> None:
        """Move the window's start to where it belongs, and forget what is long past it."""
        new = self._start_of(1)
        old = self._first()
        for _, event_id in self._order[old:new]:
            self._total -= self._fixed(event_id)
        for _, event_id in self._order[new:old]:
            self._total += self._fixed(event_id)
        self._start = self._order[new] if new < len(self._order) else None
        past = self._start_of(KEEP)
        for _, event_id in self._order[:past]:
            del self._held[event_id]
        del self._order[:past]
        if self._order:
            oldest = self._order[0][0]
            self._removed = {n: r for n, r in self._removed.items() if r[1] >= oldest}
            self._move_epoch(self._newest_ns())

    def _newest_ns(self) -> int:
        return self._order[-1][0] if self._order else 0

    def _move_epoch(self, newest_ns: int) -> None:
        """Count from the half-life that the newest event lies in: a sum never overflows.

        It depends on the newest event alone and sums are made anew: they forget the way to it.
        """
        if self.half_life_ns is None:
            return
        epoch = (newest_ns // self.half_life_ns + 1) * self.half_life_ns
        if epoch != self._epoch:
            self._epoch = epoch
            self._sum_anew()

    def _sum_anew(self) -> None:
        self._total = sum(map(self._fixed, self.event_ids()), np.zeros(20, np.int64))

    def _start_of(self, lengths: int) -> int:
        ages = (self.window_ns, memory_ns(self.half_life_ns))
        return window_start(self._order, lengths, self.window_events, ages)
