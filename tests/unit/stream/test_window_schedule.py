"""When a window is run: at once with all its data, late without a dead station, after an outage."""

from collections.abc import Mapping

import pytest

from streamstress.picking.windows import WindowGrid
from streamstress.stream.agents.window_schedule import LONGEST_BACKLOG_NS, WindowSchedule

NS = 1_000_000_000
GRID = WindowGrid(step_s=10.0, after_s=5.0, window_samples=3000, sampling_rate_hz=100.0)
START_S = 1000.0
NEED_S = GRID.data(100)[1] / NS
"""End of the data that window 100 needs."""


def schedule() -> WindowSchedule:
    """Two stations heard from at 1000 s; waits 20 s for one, 60 s make it silent."""
    made = WindowSchedule(GRID, max_wait_ns=20 * NS, silent_after_ns=60 * NS, away_after_ns=15 * NS)
    for station in ("XX.A", "XX.B"):
        made.tick(at(START_S))
        made.hear(station, at(START_S), at(START_S))
    return made


def at(seconds: float) -> int:
    return round(seconds * NS)


def is_due(made: WindowSchedule, ends_s: Mapping[str, float]) -> bool:
    return made.is_due(100, {code: at(end) for code, end in ends_s.items()}.get)


def test_a_window_is_due_when_all_stations_have_it():
    made = schedule()
    made.tick(at(NEED_S))
    assert not is_due(made, {"XX.A": NEED_S, "XX.B": NEED_S - 1})
    assert is_due(made, {"XX.A": NEED_S, "XX.B": NEED_S})


def test_a_window_waits_no_longer_than_told_for_a_station():
    made = schedule()
    ends = {"XX.A": NEED_S, "XX.B": NEED_S - 1}
    for seconds in range(1000, round(NEED_S) + 20, 5):
        made.tick(at(seconds))
        assert not is_due(made, ends)
    made.tick(at(NEED_S + 20))
    assert is_due(made, ends)


@pytest.mark.parametrize("away_s", [40.0, 300.0])
def test_after_an_outage_the_backlog_is_waited_for(away_s: float):
    made = schedule()
    back_s = START_S + away_s
    made.tick(at(back_s))
    # One station delivers first what it recorded meanwhile.
    made.hear("XX.A", at(back_s), at(START_S))
    assert not is_due(made, {"XX.A": NEED_S, "XX.B": START_S})
    assert is_due(made, {"XX.A": NEED_S, "XX.B": NEED_S})


def test_a_station_lost_in_an_outage_is_waited_for_as_long_again_and_no_longer():
    made, away_s = schedule(), 300.0
    back_s = START_S + away_s
    ends = {"XX.A": back_s, "XX.B": START_S}
    for seconds in range(round(back_s), round(back_s + away_s) + 20, 5):
        made.tick(at(seconds))
        made.hear("XX.A", at(seconds), at(seconds))
        assert not is_due(made, ends)
    made.tick(at(back_s + away_s + 20))
    assert is_due(made, ends)


def test_an_outage_of_days_delays_windows_by_minutes():
    made, back_s = schedule(), START_S + 2 * 86_400.0
    made.tick(at(back_s))
    for seconds in range(0, LONGEST_BACKLOG_NS // NS + 20, 5):
        made.tick(at(back_s + seconds))
        assert not is_due(made, {"XX.A": NEED_S, "XX.B": START_S})
    made.tick(at(back_s) + LONGEST_BACKLOG_NS + 20 * NS)
    assert is_due(made, {"XX.A": NEED_S, "XX.B": START_S})


def test_a_restart_in_a_backlog_waits_as_the_worker_before_did():
    made, back_s = schedule(), START_S + 300.0
    made.tick(at(back_s))
    made.hear("XX.A", at(back_s), at(START_S))
    again = WindowSchedule(GRID, made.max_wait_ns, made.silent_after_ns, made.away_after_ns)
    again.restore(made.snapshot() or b"")
    assert again == made
