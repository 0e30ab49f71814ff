"""What the mechanism agent keeps of one partition, and what of it outlives the worker."""

from dataclasses import dataclass, field

import msgspec

from streamstress.mechanism.sp_stations import StationTerms
from streamstress.stream.amplitude_terms import RegionAmplitudes
from streamstress.stream.event_memory import EventMemory
from streamstress.stream.reversal_watch import ReversalWatch

SAVE_EVERY = 50
"""Messages after which what was learned of the stations is saved, some 100 kB; so many at most are
read again after a restart."""


class Saved(msgspec.Struct, frozen=True, kw_only=True):
    """A snapshot of a partition: what cannot be had by reading its events again."""

    controls_done: int
    answered_to: int
    """All before this offset was answered."""
    stations: dict[str, list[tuple[str, float]]]


@dataclass(slots=True)
class Region:
    """What is kept of one partition."""

    watch: ReversalWatch
    amplitudes: RegionAmplitudes = field(default_factory=RegionAmplitudes)
    memory: EventMemory = field(default_factory=EventMemory)
    controls_done: int = 0
    """Controls before this offset have been applied to the events in memory."""
    saved_controls: int = 0
    answered_to: int = 0
    """Messages before this offset were answered before a restart; they are not answered again."""
    next_offset: int = 0
    unsaved_from: int | None = None
    """First message since the last snapshot that the stations learned from."""
    has_learned: bool = False
    """Whether the watch knows the events that were read again at the start."""

    @property
    def must_be_saved(self) -> bool:
        """Whether a snapshot is due."""
        waited = self.unsaved_from is not None and self.next_offset - self.unsaved_from
        return self.controls_done != self.saved_controls or bool(waited and waited >= SAVE_EVERY)

    def snapshot(self) -> bytes | None:
        """Controls applied and what the stations taught, when there is enough of either."""
        if not self.must_be_saved:
            return None
        self.saved_controls, self.unsaved_from = self.controls_done, None
        self.amplitudes.has_news = False
        return msgspec.msgpack.encode(
            Saved(
                controls_done=self.controls_done,
                answered_to=self.next_offset,
                stations=self.amplitudes.stations.snapshot(),
            )
        )

    def restore(self, snapshot: bytes) -> None:
        """Go on from a snapshot."""
        saved = msgspec.msgpack.decode(snapshot, type=Saved)
        self.controls_done = self.saved_controls = saved.controls_done
        self.answered_to = self.next_offset = saved.answered_to
        self.amplitudes.stations = StationTerms.restored(saved.stations)
