"""Labelled event records: simulated ones by the network, and a user's own out of a store."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from streamstress.earth.velocity import VelocityModel
from streamstress.event_type.features import features
from streamstress.event_type.model import KINDS
from streamstress.event_type.training import LabelledEvents
from streamstress.records import Event
from streamstress.simulate.scenario import CRUST
from streamstress.stream.event_types import observation_of

if TYPE_CHECKING:
    from streamstress.cli.event_scenes import LocatedScene

_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(list[Event])


def simulated_events(
    seed: int,
    networks: Sequence[int],
    folder: Path,
    report: Callable[[int], None] = lambda _: None,
    crust: VelocityModel = CRUST,
) -> Iterator[Event]:
    """Events located in simulated scenes, their kind the true one.

    A network is simulated once: its events are kept in ``folder``, and a run that was cut short
    goes on where it ended.
    """
    from streamstress.cli.event_scenes import SceneReader

    folder.mkdir(parents=True, exist_ok=True)
    reader: SceneReader | None = None
    for number in networks:
        path = folder / f"{crust.name}-{seed}-{number}.msgpack"
        if not path.exists():
            reader = reader or SceneReader()
            keep_events(path, f"{seed}-{number}", reader.located(seed, number, crust))
        report(number)
        yield from kept_events(path)


def keep_events(path: Path, name: str, scenes: Iterable["LocatedScene"]) -> None:
    """Write located scenes as event records; the file is there when it is whole."""
    events = [
        Event(
            event_id=f"{name}-{place}",
            version=1,
            status="final",
            region="",
            kind=scene.kind,
            origin=scene.origin,
            arrivals=scene.arrivals,
            sent_ns=0,
        )
        for place, scene in enumerate(scenes)
    ]
    unfinished = path.with_suffix(".part")
    unfinished.write_bytes(_encoder.encode(events))
    unfinished.rename(path)


def kept_events(path: Path) -> list[Event]:
    """Events of a file of `keep_events`."""
    return _decoder.decode(path.read_bytes())


def labelled(events: Sequence[Event], kinds: Sequence[str] | None = None) -> LabelledEvents:
    """Features of events with their kinds; each counts 1."""
    told = kinds or [event.kind for event in events]
    found = [features(observation_of(event.origin, event.arrivals)) for event in events]
    numbers = np.array([KINDS.index(kind) for kind in told], dtype=np.int64)
    return LabelledEvents(np.array(found), numbers, np.ones(len(numbers)))
