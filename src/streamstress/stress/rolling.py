"""The stress of the latest events, kept up to date event by event.

Totals are sums of int64 fixed-point numbers: adding is exact, so the order in which events
arrive leaves no trace, and an event that is revised or withdrawn leaves exactly.
"""

import io
import json
from bisect import bisect_left, insort
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from streamstress.errors import ConfigError, CorruptRecordError
from streamstress.geometry.tensors import normalised, tensor_of
from streamstress.geometry.tractions import DEFAULT_FRICTION
from streamstress.stress.contribution import UPPER, EventContribution, unpack_sums
from streamstress.stress.invert import PlaneMode, StressInversion, invert, michael_five

Array = NDArray[np.float64]
Integers = NDArray[np.int64]
Key = tuple[int, str]

SCALE = 2.0**36
"""Fixed-point steps of one: a sum holds 2^23 events of weight 16 at 1.5e-11 resolution."""

KEEP = 2
"""Events are kept to this many window lengths, so that one taken out of the window by a
withdrawal is replaced by the next older one (the `events` topic keeps as much)."""


@dataclass(frozen=True, slots=True)
class _Held:
    version: int
    origin_time_ns: int
    contribution: EventContribution
    fixed: Integers


class RollingStress:
    """Sums of a window of events, by count, by time or both.

    Parameters
    ----------
    window_events
        The latest N events count; None for no limit.
    window_ns
        Only events younger than this, against the newest event, count; None for no limit.

    Raises
    ------
    ConfigError
        A window is not positive.
    """

    def __init__(self, window_events: int | None = 200, window_ns: int | None = None) -> None:
        if any(limit is not None and limit <= 0 for limit in (window_events, window_ns)):
            raise ConfigError(f"window of {window_events} events, {window_ns} ns: give over 0")
        self.window_events = window_events
        self.window_ns = window_ns
        self._held: dict[str, _Held] = {}
        self._removed: dict[str, tuple[int, int]] = {}
        self._order: list[Key] = []
        self._start: Key | None = None
        self._total: Integers = np.zeros(20, np.int64)

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
        self._held[event_id] = _Held(version, origin_time_ns, contribution, _fixed(contribution))
        key = (origin_time_ns, event_id)
        insort(self._order, key)
        if self._start is None or key >= self._start:
            self._total += self._held[event_id].fixed
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
        """Contributions in the window, oldest first."""
        return [self._held[event_id].contribution for event_id in self.event_ids()]

    def totals(self) -> tuple[Array, Array]:
        """Give ``A`` (5, 5) and ``b`` (5,) of the window, each event rounded to 1 / `SCALE`."""
        return unpack_sums(self._total / SCALE)

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
            "ids": ids,
            "removed": sorted([name, *rest] for name, rest in self._removed.items()),
        }
        held = [self._held[event_id] for event_id in ids]
        buffer = io.BytesIO()
        arrays: dict[str, Any] = _arrays(held)
        arrays["head"] = np.frombuffer(json.dumps(head).encode(), np.uint8)
        np.savez(buffer, **arrays)
        return buffer.getvalue()

    @classmethod
    def restore(cls, snapshot: bytes) -> "RollingStress":
        """Rebuild the state that `snapshot` wrote.

        Raises
        ------
        CorruptRecordError
            The bytes are no snapshot.
        """
        try:
            arrays = np.load(io.BytesIO(snapshot), allow_pickle=False)
            head = json.loads(arrays["head"].tobytes())
            rolling = cls(head["window_events"], head["window_ns"])
            held = _held_of(dict(arrays))
            rolling._held = dict(zip(head["ids"], held, strict=True))
            rolling._removed = {name: (version, when) for name, version, when in head["removed"]}
        except (ValueError, KeyError, TypeError, OSError, EOFError) as error:
            raise CorruptRecordError(f"not a snapshot of a rolling stress: {error}") from error
        rolling._order = sorted((one.origin_time_ns, name) for name, one in rolling._held.items())
        rolling._start = rolling._order[0] if rolling._order else None
        rolling._total = sum((one.fixed for one in held), np.zeros(20, np.int64))
        rolling._settle()
        return rolling

    def _known_version(self, event_id: str) -> int:
        held = self._held.get(event_id)
        return held.version if held else self._removed.get(event_id, (-1, 0))[0]

    def _drop(self, event_id: str) -> None:
        held = self._held.pop(event_id, None)
        if held is None:
            return
        key = (held.origin_time_ns, event_id)
        self._order.pop(bisect_left(self._order, key))
        if self._start is not None and key >= self._start:
            self._total -= held.fixed

    def _first(self) -> int:
        return 0 if self._start is None else bisect_left(self._order, self._start)

    def _settle(self) -> None:
        """Move the window's start to where it belongs, and forget what is long past it."""
        new = self._window_start(1)
        old = self._first()
        for _, event_id in self._order[old:new]:
            self._total -= self._held[event_id].fixed
        for _, event_id in self._order[new:old]:
            self._total += self._held[event_id].fixed
        self._start = self._order[new] if new < len(self._order) else None
        past = self._window_start(KEEP)
        for _, event_id in self._order[:past]:
            del self._held[event_id]
        del self._order[:past]
        if self._order:
            oldest = self._order[0][0]
            self._removed = {n: r for n, r in self._removed.items() if r[1] >= oldest}

    def _window_start(self, lengths: int) -> int:
        """Index of the first event within so many window lengths of the newest."""
        start = 0
        if self.window_events is not None:
            start = max(start, len(self._order) - lengths * self.window_events)
        if self.window_ns is not None and self._order:
            limit = self._order[-1][0] - lengths * self.window_ns
            start = max(start, bisect_left(self._order, (limit + 1, "")))
        return start


def _fixed(contribution: EventContribution) -> Integers:
    packed = np.concatenate([contribution.a[UPPER], contribution.b])
    return np.asarray(np.rint(packed * SCALE), np.int64)


def _arrays(held: Sequence[_Held]) -> dict[str, NDArray[np.generic]]:
    events = [one.contribution for one in held]
    count = [event.probability.size for event in events]
    empty = np.zeros((0, 2, 3))
    return {
        "version": np.array([one.version for one in held], np.int64),
        "origin_time_ns": np.array([one.origin_time_ns for one in held], np.int64),
        "fixed": np.array([one.fixed for one in held], np.int64).reshape(-1, 20),
        "count": np.array(count, np.int64),
        "normal": np.concatenate([empty, *(event.normal for event in events)]),
        "slip": np.concatenate([empty, *(event.slip for event in events)]),
        "probability": np.concatenate([np.zeros(0), *(event.probability for event in events)]),
        "weight": np.array([event.weight for event in events], float),
        "a": np.array([event.a for event in events], float).reshape(-1, 5, 5),
        "b": np.array([event.b for event in events], float).reshape(-1, 5),
        "five": np.array([event.five for event in events], float).reshape(-1, 5),
    }


def _held_of(arrays: dict[str, NDArray[np.float64]]) -> list[_Held]:
    ends = np.cumsum(arrays["count"]).astype(int)
    held = []
    for i, end in enumerate(ends):
        part = slice(int(ends[i - 1]) if i else 0, int(end))
        event = EventContribution(
            arrays["normal"][part],
            arrays["slip"][part],
            arrays["probability"][part],
            float(arrays["weight"][i]),
            arrays["a"][i],
            arrays["b"][i],
            arrays["five"][i],
        )
        time_ns, version = int(arrays["origin_time_ns"][i]), int(arrays["version"][i])
        held.append(_Held(version, time_ns, event, arrays["fixed"][i].astype(np.int64)))
    return held
