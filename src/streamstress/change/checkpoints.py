"""Where a watch can go back to, and how to tell that a replay has joined what was before.

Snapshots are kept dense for the latest events and ever sparser before: a revision of an event N
events ago replays about N events, and a few dozen snapshots serve any length. Digests are kept at
every mark: where a replay reaches a mark in the state of before, all that follows is known.
"""

from bisect import bisect_left
from dataclasses import dataclass, field, replace
from zlib import crc32

from streamstress.change.event_log import Key

MARK_EVERY = 200
"""Events between two marks, on average. A snapshot costs about 10 ms and 100 events 10 ms."""

DENSE = 4
"""Marks whose snapshots are all kept; of those 2^k times older every 2^k-th."""


def is_marked(event_id: str) -> bool:
    """Whether a mark stands after an event: by its id, so that no history moves the marks."""
    return crc32(event_id.encode()) % MARK_EVERY == 0


@dataclass(slots=True)
class Mark:
    """A state of the detector.

    Attributes
    ----------
    key
        Event after which it stood.
    ordinal
        Number of the mark.
    digest
        Of the snapshot.
    snapshot
        The state itself, None where it was thinned out.
    decisions
        Decisions until then.
    """

    key: Key
    ordinal: int
    digest: bytes
    snapshot: bytes | None
    decisions: int


@dataclass(slots=True)
class Checkpoints:
    """Marks in order of their events; before the first stands the detector that saw nothing."""

    marks: list[Mark] = field(default_factory=list)

    def add(self, key: Key, digest: bytes, snapshot: bytes, decisions: int) -> None:
        """Mark the state after an event, and thin the snapshots before."""
        ordinal = self.marks[-1].ordinal + 1 if self.marks else 1
        self.marks.append(Mark(key, ordinal, digest, snapshot, decisions))
        for mark in self.marks[1:]:
            if mark.ordinal % _spacing(ordinal - mark.ordinal):
                mark.snapshot = None

    def go_back(self, key: Key) -> tuple[Mark | None, list[Mark]]:
        """Take off the marks at and after a key, and those before that cannot be restored.

        Returns
        -------
        start : Mark or None
            Latest mark before the key with a snapshot; None to begin anew.
        taken : list of Mark
            What stood after it, in order.
        """
        position = bisect_left([mark.key for mark in self.marks], key)
        while position and self.marks[position - 1].snapshot is None:
            position -= 1
        taken = self.marks[position:]
        del self.marks[position:]
        return (self.marks[-1] if self.marks else None), taken

    def rejoin(self, taken: list[Mark], further_decisions: int) -> None:
        """Put marks back, with so many decisions more before them than there were."""
        self.marks += [
            replace(mark, decisions=mark.decisions + further_decisions) for mark in taken
        ]

    def forget_before(self, mark: Mark) -> None:
        """Drop the marks before one that has a snapshot."""
        del self.marks[: self.marks.index(mark)]


def _spacing(age: int) -> int:
    return int(2 ** max(0, (age // DENSE).bit_length() - 1))
