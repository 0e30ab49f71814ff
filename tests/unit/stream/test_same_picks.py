"""What changes no pick: how windows are batched, who else is there, in which order they come."""

from collections.abc import Iterable

import numpy as np
import pytest
from waveform_feed import Feed, network_feed, places

from streamstress.picking.models import load_picker
from streamstress.picking.picker_stage import PickerSettings, PickerStage
from streamstress.records import Pick
from streamstress.stream.agents.pick import PickRole
from streamstress.stream.role import Incoming
from streamstress.wire.topics import WAVEFORMS

N_STATIONS = 12
SAMPLE_NS = 10_000_000


@pytest.fixture(scope="module")
def feed() -> Feed:
    """Ninety seconds of noise and earthquakes at 100 Hz."""
    return network_feed(90.0, seed=4)


@pytest.fixture(scope="module")
def expected(feed: Feed) -> dict[str, Pick]:
    found = picks_of(feed.messages(N_STATIONS))
    assert len(found) > N_STATIONS
    return found


def picks_of(stream: Iterable[Incoming], batch_size: int = 32) -> dict[str, Pick]:
    """Picks by id, from the weights that the demo has."""
    stage = PickerStage(load_picker("demo", batch_size=batch_size), PickerSettings(step_s=10.0))
    role = PickRole(stage, places(N_STATIONS), 20.0, 60.0, 30.0)
    role.restore(WAVEFORMS.name, 0, None)
    outgoing = [out for message in stream for out in role.process(message, None)]
    return {out.record.pick_id: out.record for out in outgoing if isinstance(out.record, Pick)}


def assert_same(found: dict[str, Pick], expected: dict[str, Pick]) -> None:
    assert found.keys() == expected.keys()
    for pick_id, pick in found.items():
        other = expected[pick_id]
        assert abs(pick.time_ns - other.time_ns) <= SAMPLE_NS
        assert pick.probability == pytest.approx(other.probability, abs=1.01e-4)


@pytest.mark.parametrize("batch_size", [1, 5])
def test_the_size_of_batches_changes_no_pick(
    feed: Feed, expected: dict[str, Pick], batch_size: int
):
    assert_same(picks_of(feed.messages(N_STATIONS), batch_size), expected)


def test_the_order_of_stations_changes_no_pick(feed: Feed, expected: dict[str, Pick]):
    """Records of one end time are turned over, station by station and channel by channel."""
    stream = list(feed.messages(N_STATIONS))
    ends = np.array([int(message.headers["received_ns"]) for message in stream])
    order = np.lexsort((-np.arange(len(stream)), ends))
    assert (order != np.arange(len(stream))).any()
    assert picks_of([stream[number] for number in order]) == expected


def test_stations_picked_by_two_workers_have_the_picks_of_one(
    feed: Feed, expected: dict[str, Pick]
):
    stream = list(feed.messages(N_STATIONS))
    shares = [[m for m in stream if int(m.key[-1:]) % 2 == odd] for odd in (0, 1)]
    found = [picks_of(share) for share in shares]
    assert all(found)
    assert_same(found[0] | found[1], expected)


def test_records_that_come_twice_change_no_pick(feed: Feed, expected: dict[str, Pick]):
    stream = [copy for message in feed.messages(N_STATIONS) for copy in (message, message)]
    assert picks_of(stream) == expected
