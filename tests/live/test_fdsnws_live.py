"""obspy's own FDSN client reads the event service of a served store."""

import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn
from obspy import UTCDateTime
from obspy.clients.fdsn import Client
from obspy.clients.fdsn.header import FDSNNoDataException
from sample_records import Sample, make_sample

from streamstress.outputs.store import Store
from streamstress.stream.ports import free_ports
from streamstress.web import create_web

pytestmark = pytest.mark.live


@pytest.fixture(scope="module")
def sample() -> Sample:
    return make_sample()


@pytest.fixture(scope="module")
def address(sample: Sample, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A served store of the sample."""
    path: Path = tmp_path_factory.mktemp("served") / "store.db"
    store = Store.open(f"sqlite:///{path}")
    store.save_many(sample.records())
    store.close()
    (port,) = free_ports(1)
    app = create_web(f"sqlite:///{path}")
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=port, log_level="warning"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    for _ in range(200):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                break
        time.sleep(0.05)
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join(timeout=10)


def test_obspy_finds_the_service_and_reads_events_with_mechanisms(address: str, sample: Sample):
    client = Client(address, timeout=60)
    assert "event" in client.services
    found = client.get_events(
        starttime=UTCDateTime(ns=sample.events[10].origin.time_ns) - 1,
        endtime=UTCDateTime(ns=sample.events[19].origin.time_ns) + 1,
        minlatitude=34.0,
        maxradius=2.0,
        latitude=35.4,
        longitude=133.3,
        orderby="time-asc",
    )
    assert len(found) == 10
    for event, ours in zip(found, sample.mechanisms[10:20], strict=True):
        assert len(event.focal_mechanisms) == len(ours.solutions)
        if ours.solutions:
            plane = event.preferred_focal_mechanism().nodal_planes.nodal_plane_1
            assert plane.strike == pytest.approx(ours.solutions[0].strike_deg)
    with pytest.raises(FDSNNoDataException):
        client.get_events(minmagnitude=9.0)
