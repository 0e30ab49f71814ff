"""Which events of a backfill the live system has found itself, and which of them from less data."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from streamstress.records import Event

SHARED = 0.3
"""Share of the smaller one's picks above which two events are one, as for candidates."""

KEPT = 0.5
"""Share of a live event's picks that a fuller version of it must hold."""


@dataclass(slots=True)
class SameEvents:
    """What is to become of each event of a backfill, by its id."""

    new: list[str] = field(default_factory=list)
    """Of no live event."""
    known: list[str] = field(default_factory=list)
    """Left out: the live system knows as much."""
    fuller: dict[str, str] = field(default_factory=dict)
    """Ids of the live events that they are the fuller versions of."""
    split: list[str] = field(default_factory=list)
    """Live events that are a part of a fuller one's earthquake, and no other's."""


def same_events(found: Mapping[str, Event], held: Mapping[str, Event]) -> SameEvents:
    """Sort a backfill's events by the picks that they share with live ones.

    Pick ids are made of channel, phase and window, so a pick has the same id in both. A live event
    goes with the largest event that shares most picks with it.
    """
    of_pick: dict[str, list[str]] = {}
    for event_id, event in held.items():
        for pick_id in _picks(event):
            of_pick.setdefault(pick_id, []).append(event_id)
    told, taken = SameEvents(), set[str]()
    parts: list[str] = []
    for found_id in sorted(found, key=lambda one: (-len(found[one].arrivals), one)):
        event = found[found_id]
        shared = Counter(h for p in _picks(event) for h in of_pick.get(p, ()))
        same = [h for h, n in shared.items() if n >= _enough(event, held[h])]
        if not same:
            told.new.append(found_id)
            continue
        best = max(same, key=lambda one: (shared[one], one))
        if best not in taken and is_fuller(event, held[best]):
            told.fuller[found_id] = best
            parts += same
        else:
            told.known.append(found_id)
        taken.add(best)
    told.split = sorted(set(parts) - taken)
    return told


def is_fuller(event: Event, live: Event) -> bool:
    """Whether an event has all that a live one has of stations, most of its picks, and more."""
    picks, live_picks = _picks(event), _picks(live)
    return (
        len(picks) > len(live_picks)
        and len(picks & live_picks) >= KEPT * len(live_picks)
        and {a.station for a in event.arrivals} >= {a.station for a in live.arrivals}
    )


def _enough(one: Event, other: Event) -> float:
    return SHARED * max(1, min(len(_picks(one)), len(_picks(other))))


def _picks(event: Event) -> set[str]:
    return {arrival.pick_id for arrival in event.arrivals}
