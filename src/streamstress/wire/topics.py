"""The table of topics: the way of one datum, as code.

Every topic is made before a worker starts, with its partitions and retention; Kafka's automatic
creation is off. The rows stand in the order of the flow.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Layout = Literal["stations", "zones", "regions", "one"]
"""What a topic's partitions stand for, hence how many it has."""


@dataclass(frozen=True, slots=True)
class Topic:
    """A row of the table."""

    name: str
    key: str
    value: str
    made_by: str
    read_by: tuple[str, ...]
    layout: Layout
    retention_hours: float | None
    """None: compacted, the newest value of a key is kept."""


WAVEFORMS = Topic(
    "waveforms", "NET.STA", "one raw miniSEED record", "ingest", ("pick",), "stations", 24.0
)
PICKS = Topic("picks", "pick id", "Pick, Progress", "pick", ("polarity",), "zones", 72.0)
READINGS = Topic(
    "readings", "pick id", "Pick, Progress", "polarity", ("locate", "store"), "zones", 72.0
)
CANDIDATES = Topic(
    "candidates",
    "candidate id",
    "Candidate, Event, Progress",
    "locate",
    ("merge",),
    "one",
    72.0,
)
EVENTS = Topic(
    "events", "event id", "Event, Progress", "merge", ("mechanism", "store"), "regions", None
)
MECHANISMS = Topic(
    "mechanisms",
    "event id",
    "Mechanism, Progress",
    "mechanism",
    ("stress", "change", "store"),
    "regions",
    None,
)
STRESS = Topic(
    "stress", "region", "StressEstimate", "stress", ("store", "exporter"), "regions", None
)
CHANGES = Topic(
    "changes", "change id", "StressChange", "change", ("store", "exporter"), "regions", None
)
CONTROLS = Topic(
    "controls",
    "control id",
    "Control",
    "operator, page, mechanism",
    ("pick", "locate", "mechanism", "change", "store", "exporter"),
    "one",
    None,
)
DEAD_LETTERS = Topic(
    "dead-letters", "topic/partition/offset", "DeadLetter", "any", ("store",), "one", 336.0
)
STATE = Topic(
    "state", "role/topic/partition", "where a worker stands", "any", ("itself",), "one", None
)

TOPICS = (
    WAVEFORMS,
    PICKS,
    READINGS,
    CANDIDATES,
    EVENTS,
    MECHANISMS,
    STRESS,
    CHANGES,
    CONTROLS,
    DEAD_LETTERS,
    STATE,
)

_PARTITIONS = {
    "stations": "hash of the station",
    "zones": "one a zone",
    "regions": "one a region",
    "one": "one",
}

PROGRESS_KEY = "~progress"
"""Key prefix of `Progress` on the compacted topics, where only the newest need stay."""


def partition_counts(waveform_partitions: int, zones: int, regions: int) -> Mapping[str, int]:
    """Number of partitions of each topic."""
    of_layout = {"stations": waveform_partitions, "zones": zones, "regions": regions, "one": 1}
    return {topic.name: of_layout[topic.layout] for topic in TOPICS}


def topic_config(topic: Topic, retention_bytes: int) -> Mapping[str, str]:
    """Kafka settings of one topic.

    Segments are small, so that retention, which never deletes the active segment, takes effect.
    """
    if topic.retention_hours is None:
        return {
            "cleanup.policy": "compact",
            "segment.ms": "3600000",
            "min.cleanable.dirty.ratio": "0.3",
        }
    settings = {
        "cleanup.policy": "delete",
        "retention.ms": str(round(topic.retention_hours * 3_600_000)),
        "segment.bytes": str(64 * 1024 * 1024),
        "segment.ms": "3600000",
    }
    if topic.layout == "stations":
        settings["retention.bytes"] = str(retention_bytes)
    return settings


def topic_table() -> list[str]:
    """Lines of the table as Markdown, as ``docs/architecture.md`` shows it."""
    lines = [
        "| topic | key | value | made by → read by | partitions | kept |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for topic in TOPICS:
        way = f"{topic.made_by} → {', '.join(topic.read_by) or 'nobody yet'}"
        kept = "compacted" if topic.retention_hours is None else f"{topic.retention_hours:g} h"
        if topic.layout == "stations":
            kept += ", and bytes"
        cells = (f"`{topic.name}`", topic.key, topic.value, way, _PARTITIONS[topic.layout], kept)
        lines.append(f"| {' | '.join(cells)} |")
    return lines
