"""Past waveforms come from a dataselect service, a file a station."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from obspy import Stream, Trace, UTCDateTime, read

from streamstress.errors import ConfigError, WaveformServiceError
from streamstress.ingest.fdsn import download
from streamstress.ingest.time_span import TimeSpan

START = UTCDateTime(2020, 1, 2, 12)
SPAN = TimeSpan((START + 10).ns, (START + 40).ns)


class Dataselect(BaseHTTPRequestHandler):
    """Answers as the standard says: 200 with miniSEED, 204 where there is nothing."""

    asked: list[str]

    def do_POST(self) -> None:
        lines = self.rfile.read(int(self.headers["Content-Length"])).decode().splitlines()
        wanted = [line.split() for line in lines if "=" not in line]
        self.asked.append(f"{self.path} {wanted[0][1]}")
        if wanted[0][1] == "BROKEN":
            self.send_error(503)
            return
        found = Stream()
        for _, station, _, channel, start, end in wanted:
            if station == "AA1" and channel == "HH?":
                trace = Trace(
                    np.arange(6000, dtype=np.int32),
                    {"network": "XX", "station": station, "channel": "HHZ", "starttime": START},
                )
                trace.stats.sampling_rate = 100.0
                found += trace.slice(UTCDateTime(start), UTCDateTime(end))
        self.send_response(200 if found else 204)
        self.end_headers()
        if found:
            target = BytesIO()
            found.write(target, format="MSEED")
            self.wfile.write(target.getvalue())

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def service() -> Iterator[str]:
    Dataselect.asked = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Dataselect)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_a_service_gives_the_span_of_the_stations_that_have_data(service: str, tmp_path: Path):
    found = download(service, ["XX.AA1", "XX.BB2"], ["EH?", "HH?"], SPAN, tmp_path)
    assert found == 1
    (file,) = tmp_path.iterdir()
    (trace,) = read(str(file))
    assert (trace.stats.starttime, trace.stats.endtime) == (START + 10, START + 40)
    assert trace.data[0] == 1000


def test_what_was_fetched_is_not_fetched_again(service: str, tmp_path: Path):
    for _ in range(2):
        download(service, ["XX.AA1"], ["HH?"], SPAN, tmp_path)
    assert Dataselect.asked == ["/fdsnws/dataselect/1/query AA1"]


def test_a_service_that_fails_is_named_with_the_station(service: str, tmp_path: Path):
    with pytest.raises(WaveformServiceError, match=r"no waveforms of XX\.BROKEN"):
        download(service, ["XX.BROKEN"], ["HH?"], SPAN, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_service_that_does_not_answer_is_named(service: str, tmp_path: Path):
    nobody = service.replace("127.0.0.1", "127.0.0.2")
    with pytest.raises(WaveformServiceError, match=r"127\.0\.0\.2.*does it answer from here"):
        download(nobody, ["XX.AA1"], ["HH?"], SPAN, tmp_path)


def test_what_is_no_address_is_said(tmp_path: Path):
    with pytest.raises(ConfigError, match="nowhere"):
        download("nowhere", ["XX.AA1"], ["HH?"], SPAN, tmp_path)
