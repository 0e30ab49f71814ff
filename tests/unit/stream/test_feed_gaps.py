"""Gaps that the pickers tell of become spans to fill, each once, when the archive has the data."""

from streamstress.ingest.time_span import TimeSpan
from streamstress.stream.feed_gaps import MARGIN_S, ToldGap, due, joined

S = 1_000_000_000


def gap(start_s: int, end_s: int, told_s: int = 0) -> ToldGap:
    return ToldGap(start_s * S, end_s * S, told_s * S)


def spans(*bounds_s: tuple[float, float]) -> list[TimeSpan]:
    return [TimeSpan(round(start_s * S), round(end_s * S)) for start_s, end_s in bounds_s]


def test_the_gaps_of_all_partitions_are_one_with_a_margin():
    told = [gap(1000, 1300), gap(1010, 1290), gap(1005, 1320)]
    assert joined(told) == spans((1000 - MARGIN_S, 1320 + MARGIN_S))


def test_gaps_apart_stay_apart_and_come_in_order_of_time():
    told = [gap(9000, 9100), gap(1000, 1100)]
    assert [span.start_ns for span in joined(told)] == [910 * S, 8910 * S]


def test_a_gap_waits_for_the_archive_and_a_long_one_for_a_person():
    told = [gap(1000, 1300, told_s=2000), gap(50_000, 140_000, told_s=150_000)]
    assert due(told, 2599 * S, 600.0, 24.0) == ([], joined(told)[1:])
    assert due(told, 2600 * S, 600.0, 24.0) == (joined(told)[:1], joined(told)[1:])


def test_word_of_another_partition_starts_the_wait_again():
    told = [gap(1000, 1300, told_s=2000), gap(1000, 1310, told_s=2500)]
    assert due(told, 2700 * S, 600.0, 24.0)[0] == []
    assert due(told, 3100 * S, 600.0, 24.0)[0] == joined(told)
