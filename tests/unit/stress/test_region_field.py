"""The field of a region that events enter and leave."""

from dataclasses import replace

import numpy as np
import pytest
from synthetic_mechanisms import Population, mechanisms, strike_slip_stress

from streamstress.geometry.axes import axial_difference
from streamstress.stress import EventContribution, NodeGrid, event_contribution, grid_nodes
from streamstress.stress.region_field import RegionField

SIDE, COUNT = 4, 400


@pytest.fixture(scope="module")
def grid() -> NodeGrid:
    axes = np.meshgrid(np.arange(SIDE), np.arange(SIDE), indexing="ij")
    return grid_nodes(np.stack([axis.ravel() for axis in axes], axis=-1), [1.0, 1.0])


@pytest.fixture(scope="module")
def events() -> dict[str, tuple[int, EventContribution]]:
    """SHmax 30 in the first half of the nodes, 70 in the second; the last node has none."""
    rng = np.random.default_rng(3)
    found = {}
    for k in range(COUNT):
        node = int(rng.integers(SIDE * SIDE - 1))
        stress = strike_slip_stress(30.0 if node < SIDE * SIDE / 2 else 70.0)
        angles = mechanisms(stress, 1, rng, Population(0.95, 15.0))[0]
        found[f"e{k:03d}"] = (node, event_contribution(*angles))
    return found


def test_a_field_follows_the_stress_of_its_nodes(
    grid: NodeGrid, events: dict[str, tuple[int, EventContribution]]
):
    field = RegionField(grid)
    field.settle(events)
    nodes = field.nodes()
    for node, truth in ((0, 30.0), (14, 70.0)):
        told = nodes[node].description
        assert told is not None
        assert abs(axial_difference(told.shmax_deg, truth)) < 15.0
        assert told.shmax_interval95_deg is not None
        assert told.a_phi_interval95 is not None
        low, high = told.a_phi_interval95
        assert low <= told.a_phi <= high


def test_a_node_with_too_few_events_gets_no_number(
    grid: NodeGrid, events: dict[str, tuple[int, EventContribution]]
):
    field = RegionField(grid)
    field.settle(events)
    empty = field.nodes()[-1]
    assert (empty.n_events, empty.tensor, empty.status) == (0, None, "not enough events")


def moved_through(
    field: RegionField, events: dict[str, tuple[int, EventContribution]]
) -> dict[str, tuple[int, EventContribution]]:
    """Move a window of 300 events over the catalogue; the events it ends with."""
    names = list(events)
    window: dict[str, tuple[int, EventContribution]] = {}
    for first in range(0, 100, 5):
        window = {name: events[name] for name in names[first : first + 300]}
        field.settle(window)
    return window


@pytest.mark.parametrize(("refresh", "tolerance"), [(1, 1e-9), (10_000, 0.1)])
def test_the_field_of_a_window_is_that_of_its_events_whatever_went_before(
    grid: NodeGrid,
    events: dict[str, tuple[int, EventContribution]],
    refresh: int,
    tolerance: float,
):
    moved, anew = RegionField(grid, refresh=refresh), RegionField(grid)
    last = moved_through(moved, events)
    anew.settle(last)
    # Without a whole inversion in between, strength and planes are those of the first window.
    tensors = [
        np.array([one.tensor for one in field.nodes() if one.tensor is not None])
        for field in (moved, anew)
    ]
    difference = np.linalg.norm(tensors[0] - tensors[1], axis=(1, 2))
    assert np.median(difference) < tolerance


def test_an_event_that_counts_less_pulls_less(
    grid: NodeGrid, events: dict[str, tuple[int, EventContribution]]
):
    field, anew = RegionField(grid), RegionField(grid)
    assert field.settle(events) == COUNT
    lighter = {
        name: (node, replace(one, weight=one.weight / 4)) if node == 0 else (node, one)
        for name, (node, one) in events.items()
    }
    assert field.settle(lighter) == 0
    anew.settle(lighter)
    assert field.nodes()[0].effective_events == anew.nodes()[0].effective_events
    tensors = [one.nodes()[0].tensor for one in (field, anew)]
    assert np.linalg.norm(tensors[0] - tensors[1]) < 0.1


def test_too_few_events_for_any_stress_are_no_error(
    grid: NodeGrid, events: dict[str, tuple[int, EventContribution]]
):
    field = RegionField(grid)
    field.settle({"e000": events["e000"]})
    assert field.strength is None
    assert all(one.tensor is None for one in field.nodes())


def test_a_field_that_fits_perfectly_has_no_wide_interval_and_no_error(grid: NodeGrid):
    rng = np.random.default_rng(4)
    exact = mechanisms(strike_slip_stress(30.0), 40, rng, Population(0.95, 0.0))
    field = RegionField(grid)
    field.settle({f"e{k}": (k % 2, event_contribution(*one)) for k, one in enumerate(exact)})
    told = field.nodes()[0].description
    assert told is not None
    assert told.shmax_interval95_deg is not None
    low, high = told.shmax_interval95_deg
    assert high - low < 30.0
