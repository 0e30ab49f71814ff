"""Labelled event records: simulated ones by the network, and a user's own out of a store."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from streamstress.earth.velocity import VelocityModel
from streamstress.event_type.features import NAMES, features
from streamstress.event_type.model import KINDS
from streamstress.event_type.observation import Observation
from streamstress.event_type.training import LabelledEvents
from streamstress.records import Event
from streamstress.simulate.scenario import CRUST
from streamstress.stream.event_types import observation_of

if TYPE_CHECKING:
    from streamstress.cli.event_scenes import SceneReader
    from streamstress.cli.located_scenes import LocatedScene

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
    folder.mkdir(parents=True, exist_ok=True)
    reader: SceneReader | None = None
    for number in networks:
        path = folder / f"{crust.name}-{seed}-{number}.msgpack"
        if not path.exists():
            reader = reader or _scene_reader()
            keep_events(path, f"{seed}-{number}", reader.located(seed, number, crust))
        report(number)
        yield from kept_events(path)


def _scene_reader() -> "SceneReader":
    # torch takes seconds to import, and simulated events that are kept do without.
    from streamstress.cli.event_scenes import SceneReader

    return SceneReader()


def keep_events(path: Path, name: str, scenes: Iterable["LocatedScene"]) -> None:
    """Write located scenes as event records; the file is there when it is whole."""
    events = [event_of(scene, f"{name}-{place}") for place, scene in enumerate(scenes)]
    unfinished = path.with_suffix(".part")
    unfinished.write_bytes(_encoder.encode(events))
    unfinished.rename(path)


def event_of(scene: "LocatedScene", event_id: str) -> Event:
    """A located scene as an event record, its kind the true one."""
    return Event(
        event_id=event_id,
        version=1,
        status="final",
        region="",
        kind=scene.kind,
        origin=scene.origin,
        arrivals=scene.arrivals,
        magnitude=scene.magnitude,
        sent_ns=0,
    )


def kept_events(path: Path) -> list[Event]:
    """Events of a file of `keep_events`."""
    return _decoder.decode(path.read_bytes())


def seen(event: Event) -> Observation:
    """An event record as the classifier looks at it."""
    return observation_of(event.origin, event.arrivals, event.magnitude)


def labelled(events: Sequence[Event]) -> LabelledEvents:
    """Features of events with their kinds; each counts 1."""
    found = np.array([features(seen(event)) for event in events]).reshape(-1, len(NAMES))
    numbers = np.array([KINDS.index(event.kind) for event in events], dtype=np.int64)
    return LabelledEvents(found, numbers, np.ones(len(numbers)))
