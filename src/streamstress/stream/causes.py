"""Which records a record is made of, by the names that they are known by."""

from collections.abc import Sequence

from streamstress.records import (
    Arrival,
    Candidate,
    Event,
    Mechanism,
    Pick,
    Record,
    StressChange,
    StressEstimate,
)


def identities(record: Record) -> Sequence[str]:
    """What a record is known by to those that are made of it."""
    match record:
        case Pick(pick_id=pick_id):
            return (pick_id,)
        case Candidate(arrivals=arrivals):
            return [arrival.pick_id for arrival in arrivals]
        case Event(event_id=event_id):
            return (event_id,)
        case Mechanism(event_id=event_id, region=region):
            return event_id, f"region/{region}"
        case _:
            return ()


def causes_of(record: Record) -> Sequence[str]:
    """What a record is made of: the first gives the trace; nothing, where it has no trace."""
    match record:
        case Pick(pick_id=pick_id):
            return (pick_id,)
        case Candidate(arrivals=arrivals):
            return _by_time(arrivals)
        case Event(event_id=event_id, arrivals=arrivals):
            return event_id, *_by_time(arrivals)
        case Mechanism(event_id=event_id) | StressChange(event_id=event_id):
            return (event_id,)
        case StressEstimate(region=region):
            return (f"region/{region}",)
        case _:
            return ()


def _by_time(arrivals: Sequence[Arrival]) -> list[str]:
    return [one.pick_id for one in sorted(arrivals, key=lambda one: (one.time_ns, one.pick_id))]
