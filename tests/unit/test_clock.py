"""The replay clock: what time it is while old data are shown."""

import json
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamstress.clock import ReplayClock, Segment, WallClock, load_replay_clock, segments_of
from streamstress.errors import InputFileError

S = 1_000_000_000
WALL = 1_700_000_000 * S
DAY_ONE, DAY_TWO = 1_000_000 * S, 2_000_000 * S
TWO_PARTS = ReplayClock(
    WALL, 10.0, (Segment(DAY_ONE, DAY_ONE + 100 * S), Segment(DAY_TWO, DAY_TWO + 50 * S))
)


def test_live_data_are_judged_by_wall_time():
    before = time.time_ns()
    assert before <= WallClock().now_ns() <= time.time_ns()


def test_data_time_runs_at_the_speed_of_the_replay():
    assert TWO_PARTS.data_time_ns(WALL) == DAY_ONE
    assert TWO_PARTS.data_time_ns(WALL + 3 * S) == DAY_ONE + 30 * S


def test_the_clock_jumps_a_gap_without_losing_time():
    assert TWO_PARTS.data_time_ns(WALL + 10 * S - 1) == DAY_ONE + 100 * S - 10
    assert TWO_PARTS.data_time_ns(WALL + 10 * S) == DAY_TWO


def test_the_clock_waits_before_the_start_and_runs_on_after_the_end():
    assert TWO_PARTS.data_time_ns(WALL - 60 * S) == DAY_ONE
    assert TWO_PARTS.data_time_ns(WALL + 115 * S) == DAY_TWO + 1050 * S


def test_data_inside_a_jumped_gap_are_due_at_the_jump():
    jump = WALL + 10 * S
    assert TWO_PARTS.wall_time_ns(DAY_ONE + 100 * S) == jump
    assert TWO_PARTS.wall_time_ns((DAY_ONE + DAY_TWO) // 2) == jump
    assert TWO_PARTS.wall_time_ns(DAY_TWO) == jump
    assert TWO_PARTS.wall_time_ns(DAY_ONE - S) == WALL


@given(
    st.lists(st.tuples(st.integers(1, 10**13), st.integers(10**6, 10**12)), min_size=1, max_size=5),
    st.sampled_from([0.5, 1.0, 2.0, 25.0]),
    st.floats(0.01, 0.99),
    st.data(),
)
def test_wall_time_of_a_data_time_shows_that_data_time(
    parts: list[tuple[int, int]], speed: float, share: float, data: st.DataObject
):
    segments, start = [], 0
    for gap, length in parts:
        segments.append(Segment(start + gap, start + gap + length))
        start += gap + length
    clock = ReplayClock(WALL, speed, tuple(segments))
    played = data.draw(st.sampled_from(segments))
    data_ns = played.data_start_ns + int(share * (played.data_end_ns - played.data_start_ns))
    # A nanosecond of wall time is ``speed`` nanoseconds of data.
    error_ns = clock.data_time_ns(clock.wall_time_ns(data_ns)) - data_ns
    assert abs(error_ns) <= max(1.0, speed)


@given(st.lists(st.integers(0, 10**12), min_size=2, max_size=20))
def test_data_time_never_goes_back(wall_offsets: list[int]):
    times = [TWO_PARTS.data_time_ns(WALL + offset) for offset in sorted(wall_offsets)]
    assert times == sorted(times)


def test_every_process_of_a_replay_reads_the_same_clock(tmp_path: Path):
    path = tmp_path / "clock.json"
    TWO_PARTS.save(path)
    assert load_replay_clock(path) == TWO_PARTS
    assert [file.name for file in tmp_path.iterdir()] == ["clock.json"]


GOOD = {"wall_start_ns": 1, "speed": 2.0, "segments": [{"data_start_ns": 1, "data_end_ns": 2}]}


@pytest.mark.parametrize(
    "content",
    [
        "",
        "not json",
        "null",
        "[]",
        json.dumps({"speed": 2.0, "segments": []}),
        json.dumps(GOOD | {"segments": [{"data_start_ns": 1}]}),
        json.dumps(GOOD | {"segments": [3]}),
        json.dumps(GOOD | {"segments": []}),
        json.dumps(GOOD | {"speed": 0}),
        json.dumps(GOOD | {"speed": "fast"}),
    ],
)
def test_a_file_that_is_no_clock_is_named_with_what_writes_one(tmp_path: Path, content: str):
    path = tmp_path / "clock.json"
    path.write_text(content)
    with pytest.raises(InputFileError, match=r"clock\.json: not a replay clock .*replay' writes"):
        load_replay_clock(path)


def test_a_missing_clock_file_is_named(tmp_path: Path):
    with pytest.raises(InputFileError, match=r"none\.json"):
        load_replay_clock(tmp_path / "none.json")


def test_gaps_are_jumped_only_where_they_are_long_and_it_is_asked_for():
    spans = [(200 * S, 300 * S), (0, 90 * S), (95 * S, 100 * S), (280 * S, 290 * S)]
    jumped = segments_of(spans, jump_gaps=True, max_gap_ns=10 * S)
    assert jumped == (Segment(0, 100 * S), Segment(200 * S, 300 * S))
    assert segments_of(spans, jump_gaps=False, max_gap_ns=10 * S) == (Segment(0, 300 * S),)
