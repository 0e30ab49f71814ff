"""A log with partitions, and workers that read it in any order and die anywhere.

What `stream.runner` does to a role, without Kafka and by a seed: batches of any length from any
partition, a share of what is to be sent is sent before a death, a snapshot is written or not, and
offsets are committed or not. Whatever is seeded, the newest versions on the log must be the same.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from streamstress.errors import RejectedError
from streamstress.stream.chain import Message
from streamstress.stream.role import Incoming, Outgoing, Role
from streamstress.wire.codec import encode

Place = tuple[str, int]


@dataclass(slots=True)
class Log:
    """Messages by topic and partition, and the newest snapshot of each worker's partition."""

    messages: dict[Place, list[Incoming]] = field(default_factory=lambda: defaultdict(list))
    snapshots: dict[tuple[str, Place], bytes] = field(default_factory=dict)

    def append(self, message: Message) -> None:
        """Put a message at the end of its partition."""
        topic, partition, key, value, headers = message
        held = self.messages[topic, partition]
        held.append(Incoming(topic, partition, len(held), key, value, headers))

    def send(self, outgoing: Iterable[Outgoing]) -> None:
        """Put what a role wants sent onto the log."""
        for out in outgoing:
            self.append((out.topic.name, out.partition, out.key.encode(), encode(out.record), {}))


@dataclass(slots=True)
class Worker:
    """One role on the log; ``death_rate`` is the chance of a death in a batch."""

    make: Callable[[], Role]
    log: Log
    rng: np.random.Generator
    death_rate: float
    longest_batch: int
    deaths: int = 0
    role: Role = field(init=False)
    _committed: dict[Place, int] = field(default_factory=dict)
    _position: dict[Place, int] = field(default_factory=dict)
    _heard: dict[str, int] = field(default_factory=dict)
    """How far each broadcast was read."""

    def __post_init__(self) -> None:
        self.role = self.make()

    def waiting(self) -> list[Place]:
        """Partitions of its inputs that hold messages it has not taken."""
        names = {topic.name for topic in self.role.inputs}
        return [
            place
            for place, held in self.log.messages.items()
            if place[0] in names and self._next(place) < len(held)
        ]

    def _next(self, place: Place) -> int:
        return self._position.get(place, self._committed.get(place, 0))

    def work(self, place: Place) -> None:
        """Take a batch of one partition, and perhaps die on the way."""
        self._listen()
        if place not in self._position:
            self._begin(place)
        first = self._position[place]
        length = int(self.rng.integers(1, self.longest_batch + 1))
        batch = self.log.messages[place][first : first + length]
        outgoing = [out for message in batch for out in self._processed(message)]
        if self.rng.random() < self.death_rate:
            self._die(place, outgoing, first + len(batch))
            return
        self.log.send(outgoing)
        self._position[place] = first + len(batch)
        self._save(place)
        self._commit(place)
        self._work_beside()

    def _work_beside(self) -> None:
        """Do what no message waits for; a death on the way loses it, and the worker."""
        while self.role.deferred:
            made = self.role.deferred.pop(next(iter(self.role.deferred)))()
            if self.rng.random() < self.death_rate:
                self.log.send(made[: int(self.rng.integers(len(made) + 1))])
                self._begin_anew()
                return
            self.log.send(made)

    def _processed(self, message: Incoming) -> Sequence[Outgoing]:
        try:
            return self.role.process(message, message.record())
        except RejectedError:
            return ()

    def _listen(self) -> None:
        for topic in self.role.broadcasts:
            held = self.log.messages[topic.name, 0]
            for message in held[self._heard.get(topic.name, 0) :]:
                self.role.absorb(message, message.record())
            self._heard[topic.name] = len(held)

    def _begin(self, place: Place) -> None:
        committed = self._committed.get(place, 0)
        self.role.restore(*place, self.log.snapshots.get((self.role.name, place)))
        if self.role.folds_from_start:
            for message in self.log.messages[place][:committed]:
                self.role.absorb(message, message.record())
        self._position[place] = committed

    def _save(self, place: Place) -> None:
        snapshot = self.role.snapshot(*place)
        if snapshot is not None:
            self.log.snapshots[self.role.name, place] = snapshot

    def _commit(self, place: Place) -> None:
        needed = self.role.needed_from(*place)
        position = self._position[place]
        self._committed[place] = position if needed is None else min(needed, position)

    def _die(self, place: Place, outgoing: Sequence[Outgoing], position: int) -> None:
        """Die with some of a batch sent; or with all, and the snapshot; or with the commit."""
        moment = int(self.rng.integers(3))
        sent = len(outgoing) if moment else int(self.rng.integers(len(outgoing) + 1))
        self.log.send(outgoing[:sent])
        self._position[place] = position
        if moment >= 1:
            self._save(place)
        if moment == 2:
            self._commit(place)
        self._begin_anew()

    def _begin_anew(self) -> None:
        self.deaths += 1
        self.role = self.make()
        self._position.clear()
        self._heard.clear()


def run_workers(
    makers: Mapping[str, Callable[[], Role]],
    messages: Iterable[Message],
    seed: int,
    death_rate: float = 0.0,
    longest_batch: int = 40,
) -> tuple[Log, int]:
    """Let workers read until nothing waits; the log, and how often they died.

    Long batches hold several steps of progress, short ones half of one.
    """
    rng = np.random.default_rng(seed)
    log = Log()
    for message in messages:
        log.append(message)
    workers = [Worker(make, log, rng, death_rate, longest_batch) for make in makers.values()]
    while waiting := [(worker, place) for worker in workers for place in worker.waiting()]:
        worker, place = waiting[int(rng.integers(len(waiting)))]
        worker.work(place)
    return log, sum(worker.deaths for worker in workers)
