"""Continuous data of a large network as the pick agent gets them: raw records in order of time."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from pymseed import DataEncoding, MS3TraceList

from streamstress.earth.stations import Station
from streamstress.simulate.continuous import make_world, station_record
from streamstress.simulate.metadata import COUNTS_PER_M_S
from streamstress.simulate.scenario import named_scenario
from streamstress.stream.places import Places
from streamstress.stream.role import Incoming

RATE_HZ = 100.0
RECORD_BYTES = 512
_DISTINCT = 24
_START_NS = 1_700_000_000_000_000_000
_NETWORK = b"BN"


@dataclass(frozen=True, slots=True)
class Feed:
    """Records ``(end time ns, station number of the distinct ones, bytes)``, in order of time."""

    seconds: float
    records: tuple[tuple[int, int, bytes], ...]

    def messages(self, n_stations: int) -> Iterator[Incoming]:
        """The records as ``n_stations`` stations would send them."""
        offset = 0
        for end_ns, source, record in self.records:
            for number in range(source, n_stations, _DISTINCT):
                yield Incoming(
                    "waveforms",
                    0,
                    offset,
                    station_code(number).encode(),
                    _renamed(record, number),
                    {"received_ns": str(end_ns).encode()},
                )
                offset += 1


def station_code(number: int) -> str:
    """``NET.STA`` of a station of the feed."""
    return f"{_NETWORK.decode()}.{number:05d}"


def places(n_stations: int) -> Places:
    """One zone with all stations of a feed."""
    codes = [station_code(number) for number in range(n_stations)]
    stations = {code: Station(*code.split("."), 0.0, 0.0) for code in codes}
    return Places(stations, ("all",), {"all": frozenset(codes)}, ())


def network_feed(seconds: float, seed: int) -> Feed:
    """Simulated noise with an earthquake every 20 s on average, at 24 distinct stations."""
    scenario = replace(named_scenario("rotation"), n_stations=_DISTINCT, seed=seed)
    world = make_world(scenario)
    first = round((float(world.catalogue.origin_s[5]) - 30.0) * RATE_HZ)
    records = []
    for source in range(_DISTINCT):
        signal = station_record(world, source, first, first + round(seconds * RATE_HZ))
        counts = np.rint(signal * np.float32(COUNTS_PER_M_S)).astype(np.int32)
        records += [(end_ns, source, raw) for end_ns, raw in _encoded(counts)]
    return Feed(seconds, tuple(sorted(records)))


def _encoded(counts: np.ndarray) -> Iterator[tuple[int, bytes]]:
    """STEIM2 records of three components with their end times."""
    for row, component in enumerate("ZNE"):
        with TemporaryDirectory() as folder, MS3TraceList() as traces:
            path = Path(folder) / "one.mseed"
            traces.add_data(
                f"FDSN:BN_00000__H_H_{component}",
                np.ascontiguousarray(counts[row]),
                "i",
                RATE_HZ,
                starttime=_START_NS,
            )
            traces.to_file(
                path,
                max_record_length=RECORD_BYTES,
                encoding=DataEncoding.STEIM2,
                format_version=2,
            )
            stream = BytesIO(path.read_bytes())
        done = 0
        while raw := stream.read(RECORD_BYTES):
            done += int.from_bytes(raw[30:32], "big")
            yield _START_NS + round(done * 1e9 / RATE_HZ), raw


def _renamed(record: bytes, number: int) -> bytes:
    """Put another station code into the fixed header of miniSEED 2 (bytes 8 to 12)."""
    return record[:8] + f"{number:05d}".encode() + record[13:]
