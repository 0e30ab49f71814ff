"""QuakeML in: what we export ourselves comes back with its probabilities, and bad events pass."""

from pathlib import Path

import pytest
from sample_records import make_sample

from streamstress.mechanism.readers.events import PickedEvent, RefusedEvent
from streamstress.mechanism.readers.quakeml import read_quakeml
from streamstress.outputs.quakeml import event_to_quakeml
from streamstress.records import Event


@pytest.fixture(scope="module")
def event() -> Event:
    return make_sample(3).events[0]


def test_polarities_come_back_with_their_probability_and_rays(tmp_path: Path, event: Event):
    path = tmp_path / "event.xml"
    path.write_bytes(event_to_quakeml(event, None))
    (read,) = read_quakeml(path, max_distance_km=1e4)
    assert isinstance(read, PickedEvent)
    assert read.event_id == event.event_id
    assert read.origin.depth_km == pytest.approx(event.origin.depth_km)
    sent = [a for a in event.arrivals if a.phase == "P" and a.polarity]
    assert len(read.picks) == len(sent) > 5
    for pick, arrival in zip(read.picks, sent, strict=True):
        assert arrival.polarity is not None
        assert pick.up_probability == pytest.approx(arrival.polarity.up_probability, abs=6e-4)
        assert pick.azimuth_deg == pytest.approx(arrival.azimuth_deg)
        assert pick.takeoff_deg == pytest.approx(arrival.takeoff_deg)
        assert pick.takeoff_sigma_deg == pytest.approx(arrival.takeoff_sigma_deg)


def test_an_event_without_an_origin_is_refused_and_the_next_is_read(tmp_path: Path, event: Event):
    document = event_to_quakeml(event, None).decode()
    head, _, rest = document.partition("<event ")
    body, _, tail = rest.partition("</event>")
    broken = '<event publicID="smi:local/broken"><description/></event>'
    path = tmp_path / "two.xml"
    path.write_text(f"{head}{broken}<event {body}</event>{tail}")
    refused, read = read_quakeml(path, max_distance_km=1e4)
    assert isinstance(refused, RefusedEvent)
    assert refused.set_aside.reason == "unreadable-event"
    assert isinstance(read, PickedEvent)
