from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streamstress.ingest.buffers import ChannelBuffer, StationBuffer
from streamstress.ingest.decode import TraceSegment

START_NS = 1_700_000_000_000_000_000
RATE_HZ = 100.0
STEP_NS = 10_000_000


def segment(
    first: int,
    samples: np.ndarray,
    *,
    rate_hz: float = RATE_HZ,
    jitter_ns: int = 0,
    channel: str = "HHZ",
    clipped: bool = False,
) -> TraceSegment:
    start_ns = START_NS + round(first * 1e9 / rate_hz) + jitter_ns
    values = np.asarray(samples, dtype=np.float32)
    return TraceSegment("XX", "ABC", "", channel, start_ns, rate_hz, values, clipped)


def truth(first: int, count: int) -> np.ndarray:
    return np.arange(first, first + count, dtype=np.float32)


@settings(max_examples=60, deadline=None)
@given(
    lengths=st.lists(st.integers(1, 60), min_size=1, max_size=8),
    order_seed=st.integers(0, 2**32 - 1),
    missing=st.integers(-1, 7),
)
def test_any_order_of_arrival_gives_the_same_cut(lengths: list[int], order_seed: int, missing: int):
    edges = np.cumsum([0, *lengths])
    pieces = [
        segment(a, truth(a, b - a)) for i, (a, b) in enumerate(pairwise(edges)) if i != missing
    ]
    if not pieces:
        return
    ordered, shuffled = ChannelBuffer("HHZ", 2.0), ChannelBuffer("HHZ", 2.0)
    for piece in pieces:
        ordered.append(piece)
    for i in np.random.default_rng(order_seed).permutation(len(pieces)):
        shuffled.append(pieces[i])
    end_ns = START_NS + int(edges[-1]) * STEP_NS
    first, second = ordered.cut(START_NS, end_ns), shuffled.cut(START_NS, end_ns)
    assert first.start_ns == second.start_ns == START_NS
    np.testing.assert_array_equal(first.samples, second.samples)
    np.testing.assert_array_equal(first.valid, second.valid)
    assert ordered.last_end_ns == shuffled.last_end_ns


@settings(max_examples=60, deadline=None)
@given(
    pieces=st.lists(st.tuples(st.integers(0, 500), st.integers(1, 120)), min_size=1, max_size=10)
)
def test_every_sample_is_accounted_for_and_the_last_seconds_are_held(pieces: list[tuple[int, int]]):
    seconds = 2.0
    buffer = ChannelBuffer("HHZ", seconds)
    sent = np.zeros(700, dtype=bool)
    counted = 0
    for first, count in pieces:
        told = buffer.append(segment(first, truth(first, count)))
        assert told.stored + told.overlapping + told.late == count
        counted += told.stored
        sent[first : first + count] = True
    newest = max(first + count for first, count in pieces)
    cut = buffer.cut(START_NS, START_NS + 700 * STEP_NS)
    held = np.zeros(700, dtype=bool)
    oldest = max(0, newest - round(seconds * RATE_HZ))
    held[oldest:newest] = sent[oldest:newest]
    # A single missing sample between two good ones is a slip of the clock and is bridged.
    slip = ~held[1:-1] & held[:-2] & held[2:]
    held[1:-1] |= slip
    np.testing.assert_array_equal(cut.valid, held)
    np.testing.assert_array_equal(cut.samples[held], truth(0, 700)[held])
    assert not cut.samples[~held].any()
    assert counted >= np.count_nonzero(held) - np.count_nonzero(slip)


def test_of_overlapping_records_the_first_wins():
    buffer = ChannelBuffer("HHZ", 10.0)
    buffer.append(segment(0, np.full(100, 1)))
    told = buffer.append(segment(50, np.full(100, 2)))
    assert (told.stored, told.overlapping, told.late) == (50, 50, 0)
    cut = buffer.cut(START_NS, START_NS + 150 * STEP_NS)
    np.testing.assert_array_equal(cut.samples, np.r_[np.full(100, 1), np.full(50, 2)])


def test_a_record_older_than_the_ring_is_counted_late():
    buffer = ChannelBuffer("HHZ", 1.0)
    buffer.append(segment(500, truth(500, 100)))
    told = buffer.append(segment(450, truth(450, 100)))
    assert (told.stored, told.overlapping, told.late) == (0, 50, 50)
    assert buffer.append(segment(0, truth(0, 100))).late == 100


def test_memory_stays_bounded_however_much_comes():
    buffer = StationBuffer("XX.ABC", 30.0)
    for i in range(200):
        for channel in ("HHZ", "HHN", "HHE"):
            buffer.append(segment(i * 400, truth(0, 400), channel=channel))
    assert buffer.nbytes == 3 * 3000 * (4 + 1)
    buffer.append(segment(10**9, truth(0, 400)))
    assert buffer.nbytes == 3 * 3000 * (4 + 1)


@pytest.mark.parametrize("jitter_ns", [4_900_000, -4_900_000, 1])
def test_jitter_below_half_a_sample_makes_neither_gap_nor_overlap(jitter_ns: int):
    buffer = ChannelBuffer("HHZ", 10.0)
    buffer.append(segment(0, truth(0, 100)))
    told = buffer.append(segment(100, truth(100, 100), jitter_ns=jitter_ns))
    assert told.stored == 100
    cut = buffer.cut(START_NS, START_NS + 200 * STEP_NS)
    assert cut.valid.all()
    np.testing.assert_array_equal(cut.samples, truth(0, 200))


def test_a_slow_clock_slips_without_leaving_gaps():
    buffer = ChannelBuffer("HHZ", 60.0)
    rate_hz = 99.995
    for i in range(12):
        # The digitiser states 100 Hz but its records start as at 99.995 Hz.
        start_ns = START_NS + round(i * 500 * 1e9 / rate_hz)
        buffer.append(
            TraceSegment("XX", "ABC", "", "HHZ", start_ns, RATE_HZ, np.ones(500, np.float32))
        )
    cut = buffer.cut(START_NS, START_NS + 59 * 10**9)
    assert cut.valid.all()
    assert (cut.samples == 1).all()


def test_a_cut_tells_the_true_time_of_its_first_sample():
    buffer = ChannelBuffer("HHZ", 10.0)
    buffer.append(segment(0, truth(0, 300), jitter_ns=3_000_000))
    cut = buffer.cut(START_NS + 10**9, START_NS + 2 * 10**9)
    assert cut.start_ns == START_NS + 10**9 + 3_000_000
    np.testing.assert_array_equal(cut.samples, truth(100, 100))


def test_a_new_sampling_rate_restarts_and_the_former_is_late():
    buffer = ChannelBuffer("HHZ", 10.0)
    buffer.append(segment(0, truth(0, 200)))
    told = buffer.append(segment(400, truth(0, 200), rate_hz=200.0))
    assert told.restarted
    assert buffer.sampling_rate_hz == 200.0
    assert buffer.append(segment(200, truth(0, 50))).late == 50
    cut = buffer.cut(START_NS, START_NS + 3 * 10**9)
    assert len(cut.samples) == 600
    np.testing.assert_array_equal(np.flatnonzero(cut.valid), np.arange(400, 600))


def test_clipped_records_stay_marked():
    buffer = ChannelBuffer("HHZ", 10.0)
    buffer.append(segment(0, truth(0, 10)))
    buffer.append(segment(10, truth(10, 10), clipped=True))
    cut = buffer.cut(START_NS, START_NS + 20 * STEP_NS)
    np.testing.assert_array_equal(np.flatnonzero(cut.clipped), np.arange(10, 20))


def test_large_counts_keep_their_last_digit():
    buffer = ChannelBuffer("HHZ", 10.0)
    buffer.append(segment(0, truth(0, 10)))
    exact = np.array([2**30 + 1, 2**30 + 2], dtype=np.float64)
    buffer.append(TraceSegment("XX", "ABC", "", "HHZ", START_NS + 10 * STEP_NS, RATE_HZ, exact))
    cut = buffer.cut(START_NS + 10 * STEP_NS, START_NS + 12 * STEP_NS)
    np.testing.assert_array_equal(cut.samples, exact)


def test_a_station_keeps_sensors_apart_and_waits_for_its_slowest_channel():
    buffer = StationBuffer("XX.ABC", 10.0)
    buffer.append(segment(0, truth(0, 300), channel="HHZ"))
    buffer.append(segment(0, truth(0, 200), channel="HHN"))
    buffer.append(segment(0, truth(0, 100), channel="HNZ"))
    assert buffer.instruments() == [("", "HH"), ("", "HN")]
    assert set(buffer.cut("", "HH", START_NS, START_NS + 10**9)) == {"Z", "N"}
    assert buffer.last_end_ns("", "HH") == START_NS + 200 * STEP_NS
    assert buffer.last_end_ns("", "BH") is None


def test_nothing_is_cut_before_anything_came():
    assert ChannelBuffer("HHZ", 10.0).cut(START_NS, START_NS + 10**9) is None


def test_the_next_sample_is_found_across_a_gap():
    buffer = ChannelBuffer("HHZ", 10.0)
    assert buffer.next_sample_ns(START_NS) is None
    buffer.append(segment(0, truth(0, 100)))
    buffer.append(segment(300, truth(300, 100)))
    assert buffer.next_sample_ns(START_NS - STEP_NS) == START_NS
    assert buffer.next_sample_ns(START_NS + 50 * STEP_NS) == START_NS + 50 * STEP_NS
    assert buffer.next_sample_ns(START_NS + 100 * STEP_NS) == START_NS + 300 * STEP_NS
    assert buffer.next_sample_ns(START_NS + 400 * STEP_NS) is None


def test_the_next_sample_of_a_station_is_that_of_its_first_channel_to_have_one():
    station = StationBuffer("XX.ABC", 10.0)
    assert station.next_sample_ns(START_NS) is None
    station.append(segment(200, truth(200, 100), channel="HHZ"))
    station.append(segment(150, truth(150, 100), channel="HHN"))
    assert station.next_sample_ns(START_NS) == START_NS + 150 * STEP_NS
    assert station.next_sample_ns(START_NS + 260 * STEP_NS) == START_NS + 260 * STEP_NS


def holes_of(*pieces: TraceSegment) -> bool:
    """Whether the second before sample 300 has a hole."""
    buffer = ChannelBuffer("HHZ", 10.0)
    for piece in pieces:
        buffer.append(piece)
    return buffer.has_hole(START_NS + 200 * STEP_NS, START_NS + 300 * STEP_NS)


def test_a_record_that_overtook_another_leaves_a_hole_until_that_one_comes():
    before, missing, after = (segment(n, truth(n, 120)) for n in (100, 220, 340))
    assert holes_of(before, after)
    assert not holes_of(before, after, missing)
    assert not holes_of(before, missing), "what has not come yet is no hole"


def test_neither_the_beginning_of_a_station_nor_a_slip_of_its_clock_is_a_hole():
    assert not holes_of(segment(250, truth(250, 200)))
    assert not holes_of(segment(310, truth(310, 100)))
    assert not holes_of(segment(100, truth(100, 150)), segment(251, truth(251, 100)))
