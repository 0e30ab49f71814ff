"""What the doctor looks at, as it was found; the checks need nothing else."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from streamstress.records import Control


@dataclass(frozen=True, slots=True)
class TopicFacts:
    """A topic as the broker has it."""

    partitions: int
    without_leader: int = 0
    newest_ns: int | None = None
    """Stamp of the newest message, by the clock of who sent it; None where it is empty."""


@dataclass(frozen=True, slots=True)
class GroupFacts:
    """A consumer group; no members where no worker is in it."""

    members: int = 0
    owned: Mapping[str, int] = field(default_factory=dict)
    """Partitions of each topic that some member has."""
    waiting: int | None = None
    """Messages not acknowledged; None where nothing was acknowledged ever."""


@dataclass(frozen=True, slots=True)
class KafkaFacts:
    """What the broker told; only address and trouble where it does not answer."""

    address: str
    is_embedded: bool
    trouble: str | None = None
    topics: Mapping[str, TopicFacts] = field(default_factory=dict)
    """By their names without prefix."""
    groups: Mapping[str, GroupFacts] = field(default_factory=dict)
    """By role."""
    controls: Sequence[Control] = ()


@dataclass(frozen=True, slots=True)
class WorkerFacts:
    """What a worker answers; trouble alone where it does not."""

    address: str
    answers: bool
    dead: str | None = None
    """What its liveness says is wrong."""
    waits_for: str | None = None
    """What its readiness says it waits for."""
    metrics: Mapping[tuple[str, str], float] = field(default_factory=dict)
    """Values by metric and the value of its label."""

    def by_label(self, metric: str) -> dict[str, float]:
        """Values of a metric by its label."""
        return {label: value for (name, label), value in self.metrics.items() if name == metric}


@dataclass(frozen=True, slots=True)
class Disk:
    """A folder that grows."""

    use: str
    folder: Path
    free_bytes: int
    total_bytes: int


@dataclass(frozen=True, slots=True)
class Residuals:
    """How late P waves came at a station, in the newest events."""

    median_s: float
    count: int


@dataclass(frozen=True, slots=True)
class StoreFacts:
    """What the database says, or why it says nothing."""

    exists: bool = True
    trouble: str | None = None
    residuals: Mapping[str, Residuals] = field(default_factory=dict)
    """By station."""


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything that was found, beside what the settings expect."""

    now_ns: int
    config: str
    """The file, as it is to be written in a command."""
    kafka: KafkaFacts
    workers: Mapping[str, WorkerFacts]
    disks: Sequence[Disk] = ()
    expected_stations: frozenset[str] = frozenset()
    """With coordinates and wanted from the SeedLink server."""
    known_stations: frozenset[str] = frozenset()
    """With coordinates."""
    expected_partitions: Mapping[str, int] = field(default_factory=dict)
    """By topic, without prefix."""
    inputs: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Topics that each role reads."""
    missing_models: Sequence[str] = ()
    """Files of models that the settings name and that are not there, as sentences."""
    picks_with_demo: bool = False
    """Whether real data are picked by the picker of the demo."""
    store: StoreFacts = field(default_factory=StoreFacts)
    retention_bytes: int = 0
    """What the embedded broker may keep of waveforms."""
