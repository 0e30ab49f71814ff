"""A partition of waveforms without any station must not hold up the others."""

import pytest

from streamstress.picking.windows import WindowGrid
from streamstress.stream.agents.window_schedule import WindowSchedule

S = 1_000_000_000


@pytest.fixture
def schedule() -> WindowSchedule:
    grid = WindowGrid(10.0, 5.0, 3001, 100.0)
    return WindowSchedule(grid, max_wait_ns=20 * S, silent_after_ns=60 * S, away_after_ns=900 * S)


def test_heartbeats_alone_move_an_empty_partition_on(schedule: WindowSchedule):
    schedule.tick(1000 * S)
    schedule.begin_quiet()
    assert schedule.done is not None
    assert not schedule.is_due(schedule.done + 2, lambda _: None)
    schedule.tick(1030 * S)
    assert schedule.is_due(schedule.done + 1, lambda _: None)


def test_old_data_after_the_first_heartbeat_are_still_picked(schedule: WindowSchedule):
    schedule.tick(1000 * S)
    schedule.begin_quiet()
    schedule.hear("XX.AAA", 1001 * S, data_start_ns=400 * S)
    assert schedule.done == schedule.grid.index(400 * S) - 1


def test_a_heartbeat_changes_nothing_once_records_have_come(schedule: WindowSchedule):
    schedule.tick(1000 * S)
    schedule.hear("XX.AAA", 1000 * S, data_start_ns=990 * S)
    before = schedule.done
    schedule.begin_quiet()
    assert schedule.done == before
