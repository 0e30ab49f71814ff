"""Cells are watched apart, an event counts in one of them, and neighbours are asked."""

from dataclasses import replace

import numpy as np
import pytest
from synthetic_mechanisms import mechanisms, strike_slip_stress, turned

from streamstress.change import (
    CellWatch,
    ChangeDetector,
    ChangeEvent,
    ChangeSettings,
    Grid,
    JoiningCells,
    RegionWatch,
    change_event,
    joined_cells,
)
from streamstress.change.cells import sigmas_along
from streamstress.errors import UnusableDataError

HOUR_NS = 3600 * 10**9
SETTINGS = ChangeSettings(learn=90, resamplings=100, false_alarms_per_1e4=1.0)
END_NS = 10**6 * HOUR_NS


def region_watch() -> RegionWatch[ChangeDetector]:
    return RegionWatch(lambda: ChangeDetector(SETTINGS), ChangeDetector.restore)


def place(row: int, column: int) -> dict[str, float]:
    return {"latitude_deg": row + 0.5, "longitude_deg": column + 0.5, "depth_km": 8.0}


def cell_events(seed: int, turn_deg: float, row: int, column: int) -> list[ChangeEvent]:
    """Ninety events of one cell, the stress turned in the last 45."""
    rng = np.random.default_rng(seed)
    stress = strike_slip_stress(30.0)
    angles = np.concatenate(
        [mechanisms(stress, 90, rng), mechanisms(turned(stress, turn_deg), 45, rng)]
    )
    return [
        change_event(
            f"c{row}.{column}.{k:03d}", k * HOUR_NS + seed, *map(float, angle), **place(row, column)
        )
        for k, angle in enumerate(angles)
    ]


def watched(events: list[ChangeEvent]) -> CellWatch[ChangeDetector]:
    cells = CellWatch(Grid(1.0), region_watch)
    for event in events:
        cells.put(event.event_id, 0, event.origin_time_ns, event)
    return cells


def test_only_cells_that_turn_alarm_and_the_neighbour_that_turns_too_is_named():
    events = [
        *cell_events(1, 40.0, 0, 0),
        *cell_events(2, 40.0, 0, 1),
        *cell_events(3, 0.0, 1, 0),
        *cell_events(4, 0.0, 5, 5),
    ]
    cells = watched(events)
    alarms = [line for line in cells.advance(END_NS) if line.decision.state == "open"]
    assert {line.cell for line in alarms} == {(0, 0), (0, 1)}
    verdicts = {line.cell: line.decision.guards["neighbouring cells"] for line in alarms}
    assert verdicts[0, 0] == "pass: 1 of 2 show it (0.50N 1.50E)"
    assert "0.50N 0.50E" in verdicts[0, 1]


def test_a_cell_that_turns_alone_is_said_to():
    cells = watched([*cell_events(1, 40.0, 0, 0), *cell_events(3, 0.0, 1, 0)])
    alarms = [line for line in cells.advance(END_NS) if line.decision.state == "open"]
    verdict = alarms[0].decision.guards["neighbouring cells"]
    assert verdict.startswith("untested: none of 1 shows it")


def test_each_cell_decides_as_it_would_alone():
    parts = [cell_events(1, 40.0, 0, 0), cell_events(3, 0.0, 1, 0)]
    cells = watched(parts[0] + parts[1])
    cells.advance(END_NS)
    for cell, part in zip([(0, 0), (1, 0)], parts, strict=True):
        alone = region_watch()
        for event in part:
            alone.put(event.event_id, 0, event.origin_time_ns, event)
        alone.advance(END_NS)
        assert cells.watches[cell].decisions == alone.decisions


def test_an_event_that_moves_to_another_cell_leaves_the_first():
    events = cell_events(1, 40.0, 0, 0)
    cells = watched(events)
    cells.advance(END_NS)
    moved = replace(events[7], latitude_deg=1.5)
    cells.put(moved.event_id, 1, moved.origin_time_ns, moved)
    cells.advance(END_NS)
    right = watched([*events[:7], moved, *events[8:]])
    right.advance(END_NS)
    for cell in ((0, 0), (1, 0)):
        states = (one.watches[cell].detector.snapshot() for one in (cells, right))
        assert len(set(states)) == 1


def test_cells_join_at_the_date_line_and_events_without_place_are_refused():
    cells = CellWatch(Grid(1.0), region_watch)
    west, east = (
        cells.cell_of(change_event("e", 0, 1.0, 50.0, 0.0, latitude_deg=-0.5, longitude_deg=lon))
        for lon in (179.5, -179.5)
    )
    assert (cells.grid.name(west), cells.grid.name(east)) == ("0.50S 179.50E", "0.50S 179.50W")
    assert (
        cells.cell_of(change_event("e", 0, 1.0, 50.0, 0.0, latitude_deg=-0.5, longitude_deg=180.5))
        == east
    )
    for cell in (west, east):
        cells.watches[cell] = region_watch()
    assert [cell for cell, _ in cells._around(west)] == [east]
    with pytest.raises(UnusableDataError, match="no place"):
        cells.put("e", 0, 0, change_event("e", 0, 1.0, 50.0, 0.0))


def test_a_neighbour_of_another_stress_is_asked_for_the_change_not_for_its_state():
    own = cell_events(1, 40.0, 0, 0)
    other = [replace(e, event_id=f"o{k}") for k, e in enumerate(cell_events(2, 40.0, 0, 0))]
    away = [replace(e, event_id=f"a{k}") for k, e in enumerate(cell_events(3, -40.0, 0, 0))]
    sides = [(events[:90], events[90:]) for events in (own, other, away)]
    assert sigmas_along(sides[0], sides[1]) > 4.0
    assert sigmas_along(sides[0], sides[2]) < -2.0
    assert abs(sigmas_along(sides[0], (own[:45], own[45:90]))) < 3.5


def sparse_region() -> dict[tuple[int, int], list[ChangeEvent]]:
    """A full cell, sparse ones of its stress and of another beside it, and one far away."""
    return {
        (0, 0): cell_events(1, 0.0, 0, 0),
        (0, 1): cell_events(2, 0.0, 0, 1)[:12],
        (0, 2): cell_events(5, 0.0, 0, 2)[:9],
        (1, 0): cell_events(3, 70.0, 1, 0)[-12:],
        (7, 7): cell_events(4, 0.0, 7, 7)[:12],
    }


def test_sparse_cells_join_a_neighbour_of_like_stress_and_no_other():
    joined = joined_cells(Grid(1.0), sparse_region(), 30)
    assert joined[0, 1] == joined[0, 2] == joined[0, 0] == (0, 0)
    assert joined[1, 0] == (1, 0)
    assert joined[7, 7] == (7, 7)


def test_joined_cells_are_watched_as_one_and_a_neighbour_of_any_is_a_neighbour():
    joined = {(0, 0): (0, 0), (0, 1): (0, 0)}
    cells = CellWatch(Grid(1.0), region_watch, joined)
    for event in (
        *cell_events(1, 0.0, 0, 0),
        *cell_events(2, 0.0, 0, 1),
        *cell_events(3, 0.0, 0, 2),
    ):
        cells.put(event.event_id, 0, event.origin_time_ns, event)
    cells.advance(END_NS)
    assert set(cells.watches) == {(0, 0), (0, 2)}
    assert len(list(cells.watches[0, 0].events())) == 270
    assert [cell for cell, _ in cells._around((0, 0))] == [(0, 2)]
    assert [cell for cell, _ in cells._around((0, 2))] == [(0, 0)]


def sparse_beside_full() -> list[ChangeEvent]:
    """Ninety events of one cell before a turn, and a few like them in the next."""
    few = [
        replace(event, event_id=f"few.{event.event_id}", longitude_deg=1.5)
        for event in cell_events(1, 0.0, 0, 0)[::9]
    ]
    events = [*cell_events(1, 40.0, 0, 0), *few, *cell_events(3, 0.0, 0, 2)[::2]]
    return sorted(events, key=lambda event: event.key)


def joining() -> JoiningCells[ChangeDetector]:
    return JoiningCells(Grid(1.0), region_watch, SETTINGS.learn)


def lines_of(cells: JoiningCells[ChangeDetector]) -> dict[tuple[int, int], list[object]]:
    return {cell: list(watch.decisions) for cell, watch in cells.watches.items()}


def test_sparse_cells_are_joined_when_the_fullest_has_learned_and_not_before():
    cells = joining()
    events = sparse_beside_full()
    for event in events:
        cells.put(event.event_id, 0, event.origin_time_ns, event)
    assert cells.advance(80 * HOUR_NS) == []
    assert not cells.watches
    alarms = [line for line in cells.advance(END_NS) if line.decision.state == "open"]
    assert {line.cell for line in alarms} == {(0, 0)}
    assert cells.cell_of(next(e for e in events if e.event_id.startswith("few."))) == (0, 0)
    assert (0, 1) not in cells.watches


@pytest.mark.parametrize("step", [7, 400])
def test_cells_joined_by_events_late_and_revised_are_those_of_events_that_came_right(step: int):
    events = sparse_beside_full()
    right = joining()
    kept = [event for event in events if not event.event_id.startswith("few.")]
    for event in kept:
        right.put(event.event_id, 0, event.origin_time_ns, event)
    right.advance(END_NS)
    late = joining()
    for k, event in enumerate(events):
        late.put(event.event_id, 0, event.origin_time_ns, event)
        if k % step == step - 1:
            late.advance(event.origin_time_ns + 1)
    late.advance(END_NS)
    assert lines_of(late) != lines_of(right)
    for event in events:
        if event not in kept:
            late.put(event.event_id, 1, event.origin_time_ns, None)
    told = late.advance(END_NS)
    ours, theirs = ({c: d for c, d in lines_of(one).items() if d} for one in (late, right))
    assert ours == theirs
    assert all(line.cell in right.watches for line in told)
