"""Stretches of time in which the whole feed gave nothing, as the pickers' letters tell them."""

from collections.abc import Iterable, Sequence

from streamstress.config import Settings
from streamstress.ingest.time_span import TimeSpan
from streamstress.records import DeadLetter
from streamstress.stream.kafka import Kafka
from streamstress.stream.state import read_partition
from streamstress.wire.topics import DEAD_LETTERS

MARGIN_S = 90.0
"""Filled on both sides: a window's length of data before, and the last waves of an earthquake in
the gap behind."""


async def told_gaps(settings: Settings, kafka: Kafka) -> list[DeadLetter]:
    """Letters on data that never came, in the order in which they were sent."""
    name = settings.kafka.topic_prefix + DEAD_LETTERS.name
    found = []
    async for message in read_partition(kafka, name, 0, None):
        record = message.record()
        if isinstance(record, DeadLetter) and record.missing_ns is not None:
            found.append(record)
    return found


def joined(gaps: Iterable[DeadLetter]) -> list[TimeSpan]:
    """Gaps of all partitions with their margins; those that meet are one."""
    spans: list[TimeSpan] = []
    missing = sorted(letter.missing_ns for letter in gaps if letter.missing_ns is not None)
    for start_ns, end_ns in missing:
        span = TimeSpan(start_ns, end_ns).widened(MARGIN_S)
        if spans and span.start_ns <= spans[-1].end_ns:
            spans[-1] = TimeSpan(spans[-1].start_ns, max(spans[-1].end_ns, span.end_ns))
        else:
            spans.append(span)
    return spans


def due(
    letters: Sequence[DeadLetter], now_ns: int, wait_s: float, longest_hours: float
) -> tuple[list[TimeSpan], list[TimeSpan]]:
    """Gaps to be filled now, and those too long to be filled without a person.

    A gap is due ``wait_s`` after the last letter on it. ``now_ns`` is wall time, as a letter's.
    """
    ready, long = [], []
    for span in joined(letters):
        told_ns = max(
            letter.sent_ns
            for letter in letters
            if letter.missing_ns is not None and span.touches(*letter.missing_ns)
        )
        if span.length_s > 3600.0 * longest_hours + 2 * MARGIN_S:
            long.append(span)
        elif now_ns >= told_ns + round(wait_s * 1e9):
            ready.append(span)
    return ready, long
