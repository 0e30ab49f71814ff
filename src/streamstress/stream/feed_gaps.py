"""Stretches of time in which the whole feed gave nothing, as the pickers' letters tell them."""

from collections.abc import Sequence

import msgspec

from streamstress.config import Settings
from streamstress.errors import CorruptRecordError
from streamstress.ingest.time_span import TimeSpan
from streamstress.records import DeadLetter
from streamstress.records.controls import FEED_GAP
from streamstress.stream.kafka import Kafka
from streamstress.stream.state import read_partition
from streamstress.wire.topics import DEAD_LETTERS

MARGIN_S = 90.0
"""Filled on both sides: a window's length of data before, and the last waves of an earthquake in
the gap behind."""


class ToldGap(msgspec.Struct, frozen=True, order=True, array_like=True):
    """Data time of which nothing came, and when that was told."""

    start_ns: int
    end_ns: int
    told_ns: int
    """Wall time of the letter."""

    def span(self) -> TimeSpan:
        """What is to be filled in: the gap with its margins."""
        return TimeSpan(self.start_ns, self.end_ns).widened(MARGIN_S)


def told_gap(letter: DeadLetter) -> ToldGap | None:
    """The gap that a letter tells of; None of any other letter.

    The late stretch of one station is left to a person: a line that is late every hour would have
    the whole network filled in again and again.
    """
    if letter.missing_ns is None or letter.reason != FEED_GAP:
        return None
    return ToldGap(*letter.missing_ns, letter.sent_ns)


async def told_gaps(
    settings: Settings, kafka: Kafka, first_offset: int
) -> tuple[list[ToldGap], int]:
    """Gaps told from an offset of the dead letters on, and the offset behind the last letter.

    What is no letter is passed over, as whoever sent it may have been of another version.
    """
    name = settings.kafka.topic_prefix + DEAD_LETTERS.name
    found, next_offset = [], first_offset
    async for message in read_partition(kafka, name, 0, None, first_offset):
        next_offset = message.offset + 1
        try:
            record = message.record()
        except CorruptRecordError:
            continue
        gap = told_gap(record) if isinstance(record, DeadLetter) else None
        if gap is not None:
            found.append(gap)
    return found, next_offset


def joined(gaps: Sequence[ToldGap]) -> list[TimeSpan]:
    """Gaps of all partitions with their margins; those that meet are one."""
    spans: list[TimeSpan] = []
    for gap in sorted(gaps):
        span = gap.span()
        if spans and span.start_ns <= spans[-1].end_ns:
            spans[-1] = TimeSpan(spans[-1].start_ns, max(spans[-1].end_ns, span.end_ns))
        else:
            spans.append(span)
    return spans


def due(
    gaps: Sequence[ToldGap], now_ns: int, wait_s: float, longest_hours: float
) -> tuple[list[TimeSpan], list[TimeSpan]]:
    """Gaps to be filled now, and those too long to be filled without a person.

    A gap is due ``wait_s`` after the last letter on it. ``now_ns`` is wall time, as a letter's.
    """
    ready, long = [], []
    for span in joined(gaps):
        told_ns = max(gap.told_ns for gap in gaps if span.touches(gap.start_ns, gap.end_ns))
        if span.length_s > 3600.0 * longest_hours + 2 * MARGIN_S:
            long.append(span)
        elif now_ns >= told_ns + round(wait_s * 1e9):
            ready.append(span)
    return ready, long
