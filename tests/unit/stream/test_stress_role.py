"""The live stress: what a burst of repeats may change."""

from collections.abc import Sequence

import msgspec
import pytest

from streamstress.config import Settings
from streamstress.records import Mechanism, StressEstimate
from streamstress.stream.agents.stress import StressRole
from streamstress.stream.event_window import WindowLimits
from streamstress.stream.places import places_of
from streamstress.stream.role import Incoming
from streamstress.wire.codec import encode

BURST = 20
SECOND_NS = 1_000_000_000


def last_estimate(settings: Settings, messages: Sequence[Incoming]) -> StressEstimate:
    role = StressRole(places_of(settings), "ABC", WindowLimits(100), 20, 300, 0.6)
    role.restore(messages[0].topic, 0, None)
    sent = [out.record for m in messages for out in role.process(m, m.record())]
    assert isinstance(sent[-1], StressEstimate)
    return sent[-1]


@pytest.fixture
def with_burst(turning_mechanisms: list[Incoming]) -> list[Incoming]:
    """Forty events, then a burst of repeats of the last of them, before the last progress."""
    forty = turning_mechanisms[:80]
    last = forty[-2].record()
    assert isinstance(last, Mechanism)
    repeats = [
        msgspec.structs.replace(
            last, event_id=f"b{k:02d}", origin_time_ns=last.origin_time_ns + k * SECOND_NS
        )
        for k in range(1, BURST + 1)
    ]
    records = [*(m.record() for m in forty[:-1]), *repeats, forty[-1].record()]
    return [
        Incoming(forty[0].topic, 0, offset, b"", encode(record))
        for offset, record in enumerate(records)
        if record is not None
    ]


def test_a_burst_counts_as_little_more_than_one_event(
    settings: Settings, turning_mechanisms: list[Incoming], with_burst: list[Incoming]
):
    plain = last_estimate(settings, turning_mechanisms[:80])
    burst = last_estimate(settings, with_burst)
    assert (plain.n_events, burst.n_events) == (40, 40 + BURST)
    assert burst.effective_events < plain.effective_events + 1
    width = [high - low for low, high in (plain.shmax_interval95_deg, burst.shmax_interval95_deg)]
    assert 0.7 * width[0] < width[1] < 1.5 * width[0]


def test_a_burst_alone_is_not_enough_for_an_estimate(
    settings: Settings, with_burst: list[Incoming]
):
    alone = with_burst[2 * 39 :]
    role = StressRole(places_of(settings), "ABC", WindowLimits(100), 10, 100, 0.6)
    role.restore(alone[0].topic, 0, None)
    assert not [out for m in alone for out in role.process(m, m.record())]


def test_shape_and_shmax_of_an_estimate_are_those_of_its_tensor(
    settings: Settings, turning_mechanisms: list[Incoming]
):
    told = last_estimate(settings, turning_mechanisms[:80])
    assert "phi corrected" in told.method
    low, high = told.shmax_interval95_deg
    assert (told.shmax_deg - low) % 180.0 <= high - low
    assert told.phi_interval95[0] <= told.phi <= told.phi_interval95[1]
