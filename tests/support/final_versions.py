"""What a run ends with, and how two runs differ in it: the newest version of everything.

Compared are picks (to a sample), events (matched by their arrivals), mechanisms, stress and
changes, numbers to 1e-4 of their size. Not compared: wall times, version numbers, ids that name
the order of arrival, and whatever was provisional.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec
from msgspec.structs import replace

from streamstress.records import (
    Event,
    Mechanism,
    Pick,
    Record,
    StressChange,
    StressEstimate,
)

SAMPLE_NS = 10_000_000
"""One sample at 100 Hz: what a pick may differ by."""

TOLERANCE = 1e-4
"""Of the size of a number, or of one where it is smaller."""

NOT_COMPARED = frozenset(
    {"sent_ns", "version", "event_id", "onset_event_id", "change_id", "carried_by"}
)

Key = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class FinalVersions:
    """Records by a key that two runs share."""

    picks: Mapping[Key, Pick] = field(default_factory=dict)
    events: Mapping[Key, Event] = field(default_factory=dict)
    mechanisms: Mapping[Key, Mechanism] = field(default_factory=dict)
    stress: Mapping[Key, StressEstimate] = field(default_factory=dict)
    changes: Mapping[Key, StressChange] = field(default_factory=dict)
    doubled: tuple[str, ...] = ()
    """What stands twice under different ids."""

    def counts(self) -> dict[str, int]:
        """How many of each kind."""
        return {kind: len(getattr(self, kind)) for kind in KINDS}


KINDS = ("picks", "events", "mechanisms", "stress", "changes")


def final_versions(records: Iterable[Record | None]) -> FinalVersions:
    """Sort out the newest versions from records in the order of their topics.

    A reader drops a version not above the one that it holds; of copies for several regions one is
    compared.
    """
    newest: dict[tuple[type, str, str], Any] = {}
    for record in records:
        if record is None or not isinstance(record, tuple(_IDENTITY)):
            continue
        name = (type(record), *_IDENTITY[type(record)](record))
        held = newest.get(name)
        if held is None or getattr(record, "version", 1) > getattr(held, "version", 0):
            newest[name] = record
    of_kind = {kind: [r for r in newest.values() if type(r) is kind] for kind in _IDENTITY}
    events = [e for e in of_kind[Event] if e.status == "final"]
    arrivals = {e.event_id: _arrivals(e) for e in events}
    doubled: list[str] = []
    return FinalVersions(
        _keyed(of_kind[Pick], lambda p: (p.pick_id,), doubled),
        _keyed(events, lambda e: (e.region, arrivals[e.event_id]), doubled),
        _keyed(
            [m for m in of_kind[Mechanism] if m.status == "final"],
            lambda m: (m.region, arrivals.get(m.event_id, m.event_id)),
            doubled,
        ),
        _keyed(of_kind[StressEstimate], lambda s: (s.cell,), doubled),
        _keyed(of_kind[StressChange], lambda c: (c.region, c.onset_time_ns), doubled),
        tuple(doubled),
    )


_IDENTITY: Mapping[type, Any] = {
    Pick: lambda r: (r.pick_id, ""),
    Event: lambda r: (r.event_id, r.region),
    Mechanism: lambda r: (r.event_id, r.region),
    StressEstimate: lambda r: (r.cell, ""),
    StressChange: lambda r: (r.change_id, r.region),
}


def _arrivals(event: Event) -> tuple[str, ...]:
    return tuple(sorted(arrival.pick_id for arrival in event.arrivals))


def _keyed(records: Iterable[Any], key: Any, doubled: list[str]) -> dict[Key, Any]:
    found: dict[Key, Any] = {}
    for record in records:
        if key(record) in found:
            doubled.append(f"{type(record).__name__} {key(record)}")
        found[key(record)] = record
    return found


def differences(expected: FinalVersions, got: FinalVersions) -> list[str]:
    """One line for each record that is lost, added, doubled or another; empty where all is one."""
    told = [f"doubled: {one}" for one in got.doubled]
    for kind in KINDS:
        wanted, found = getattr(expected, kind), getattr(got, kind)
        told += [f"{kind}: lost {_short(key)}" for key in wanted if key not in found]
        told += [f"{kind}: added {_short(key)}" for key in found if key not in wanted]
        for key in wanted.keys() & found.keys():
            pair = msgspec.to_builtins(wanted[key]), msgspec.to_builtins(found[key])
            different = list(_different(*pair, ""))
            if different:
                told.append(f"{kind}: {_short(key)}: {'; '.join(different[:4])}")
    return told


def filled(versions: FinalVersions) -> FinalVersions:
    """What a gap that was filled must end with: all mechanisms, by the ids of their events.

    What is filled in is no news, and its picks and events stay on topics of their own.
    """
    mechanisms = {
        (mechanism.region, mechanism.event_id): replace(mechanism, flagged_backfill=False)
        for mechanism in versions.mechanisms.values()
    }
    return FinalVersions(mechanisms=mechanisms)


def _short(key: Key) -> str:
    return str(key)[:120]


def _different(one: Any, other: Any, where: str) -> Iterable[str]:
    if isinstance(one, dict) and isinstance(other, dict):
        for name in sorted(one.keys() | other.keys()):
            if name not in NOT_COMPARED:
                yield from _different(one.get(name), other.get(name), f"{where}.{name}")
    elif isinstance(one, list | tuple) and isinstance(other, list | tuple):
        if len(one) != len(other):
            yield f"{where}: {len(one)} and {len(other)}"
        for number, pair in enumerate(zip(one, other, strict=False)):
            yield from _different(*pair, f"{where}[{number}]")
    elif not _is_same(one, other, where):
        yield f"{where}: {one!r} and {other!r}"


def _is_same(one: Any, other: Any, where: str) -> bool:
    if where.endswith("time_ns") and isinstance(one, int) and isinstance(other, int):
        return abs(one - other) <= SAMPLE_NS
    if isinstance(one, float | int) and isinstance(other, float | int):
        return abs(one - other) <= TOLERANCE * max(1.0, abs(one), abs(other))
    return bool(one == other)
