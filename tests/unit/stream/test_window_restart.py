"""Windows of a worker that is restarted are those of one that never stopped."""

from collections.abc import Iterable

from hypothesis import given
from hypothesis import strategies as st

from streamstress.picking.windows import WindowGrid
from streamstress.stream.agents.window_schedule import WindowSchedule

S = 1_000_000_000
T0 = 1_700_000_000 * S
GRID = WindowGrid(step_s=10.0, after_s=5.0, window_samples=3000, sampling_rate_hz=100.0)
WAIT, SILENT, AWAY = 20 * S, 60 * S, 15 * S

Message = tuple[str, int, int]
"""Station, received, data end."""


def schedule() -> WindowSchedule:
    return WindowSchedule(GRID, max_wait_ns=WAIT, silent_after_ns=SILENT, away_after_ns=AWAY)


def windows_run(messages: Iterable[Message], restart_after: set[int]) -> list[tuple[int, int]]:
    """Number of the message and window, for each window run."""
    current, data_end, run = schedule(), {}, []
    for number, (station, received, data_ns) in enumerate(messages):
        current.tick(received)
        current.hear(station, received, min(data_ns, T0))
        data_end[station] = max(data_ns, data_end.get(station, 0))
        while current.done is not None and current.is_due(current.done + 1, data_end.get):
            current.done += 1
            run.append((number, current.done))
        if number in restart_after:
            saved = current.snapshot()
            assert saved is not None
            current = schedule()
            current.restore(saved)
    return run


def messages_of(steps: list[tuple[str, int, int]]) -> list[Message]:
    """Messages of stations: seconds since the one before, and how far the data are behind."""
    received, made = T0, []
    for station, pause_s, behind_s in steps:
        received += pause_s * S
        made.append((station, received, received - behind_s * S))
    return made


@given(
    st.lists(
        # Pauses over 15 s are outages.
        st.tuples(st.sampled_from("ABC"), st.integers(0, 20), st.integers(0, 40)),
        min_size=1,
        max_size=60,
    ),
    st.sets(st.integers(0, 59)),
)
def test_restored_from_a_snapshot_it_runs_the_same_windows_at_the_same_messages(
    steps: list[tuple[str, int, int]], restarts: set[int]
):
    messages = messages_of(steps)
    assert windows_run(messages, restarts) == windows_run(messages, set())


def test_windows_are_run_in_order_each_once():
    messages = messages_of([("ABC"[n % 3], 4, n % 5) for n in range(60)])
    run = [k for _, k in windows_run(messages, {7, 20, 33})]
    assert len(run) > 10
    assert run == list(range(run[0], run[0] + len(run)))


def test_a_silent_station_is_not_waited_for():
    made = schedule()
    for at in range(T0, T0 + SILENT + 1, AWAY):
        made.tick(at)
        made.hear("A", at, T0)
        if at == T0:
            made.hear("B", at, T0)
    k = GRID.index(T0 + SILENT)
    need = GRID.data(k)[1]
    assert need + WAIT > made.now_ns
    assert made.is_due(k, {"A": need, "B": T0}.get)
    made.hear("B", made.now_ns, T0)
    assert not made.is_due(k, {"A": need, "B": T0}.get)


def test_there_is_no_snapshot_before_the_first_record():
    assert schedule().snapshot() is None
