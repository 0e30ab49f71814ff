"""Answers to INFO: XML in miniSEED text records (SeedLink 3), JSON in one packet (SeedLink 4)."""

import json
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from xml.sax.saxutils import quoteattr

from streamstress.simulate.seedlink_requests import SEQUENCES_V3, StreamId, stream_code

SOFTWARE = "SeedLink v3.1 streamstress replay"
CAPABILITIES = "SLPROTO:3.1 SLPROTO:4.0 CAP EXTREPLY NSWILDCARD BATCH"
ORGANIZATION = "streamstress"

_RECORD_BYTES = 512
_DATA_OFFSET = 64
_TEXT_BYTES = _RECORD_BYTES - _DATA_OFFSET
_V4_HEADER = struct.Struct("<2sccIQB")


@dataclass(frozen=True, slots=True)
class Holding:
    """What a replay has shown so far: record numbers, and first and last time of each stream."""

    first_number: int
    last_number: int
    streams: Mapping[StreamId, tuple[int, int]]

    def by_station(self) -> dict[tuple[str, str], dict[StreamId, tuple[int, int]]]:
        """Streams grouped by (network, station), in the order of their names."""
        stations: dict[tuple[str, str], dict[StreamId, tuple[int, int]]] = {}
        for stream in sorted(self.streams):
            stations.setdefault(stream[:2], {})[stream] = self.streams[stream]
        return stations


def info_v3(level: str, holding: Holding, started_ns: int) -> bytes:
    """Packets of a version 3 INFO reply; an unknown level gives an error packet."""
    known = level in ("ID", "CAPABILITIES", "STATIONS", "STREAMS")
    body = _stations_xml(holding, streams=level == "STREAMS") if level.startswith("ST") else ""
    if level == "CAPABILITIES":
        body = "".join(
            f'<capability name="{name}"/>'
            for name in ("info:id", "info:capabilities", "info:stations", "info:streams")
        )
    text = (
        f'<?xml version="1.0"?><seedlink software={quoteattr(SOFTWARE)} '
        f"organization={quoteattr(ORGANIZATION)} "
        f'started="{_time_v3(started_ns)}">{body}</seedlink>'
    )
    chunks = _chunks(text.encode()) if known else [b'<?xml version="1.0"?><seedlink/>']
    last = len(chunks) - 1
    return b"".join(
        (b"SLINFO  " if number == last else b"SLINFO *")
        + _text_record(chunk, "INF" if known else "ERR", started_ns)
        for number, chunk in enumerate(chunks)
    )


def info_v4(level: str, holding: Holding) -> bytes:
    """Build the packet of a version 4 INFO reply."""
    reply: dict[str, object] = {"software": SOFTWARE, "organization": ORGANIZATION}
    kind = b"I"
    if level in ("STATIONS", "STREAMS"):
        reply["station"] = _stations_json(holding, streams=level == "STREAMS")
    elif level == "CAPABILITIES":
        reply["capability"] = CAPABILITIES.split()
    elif level == "FORMATS":
        reply["format"] = {
            "2": {"mimetype": "application/vnd.fdsn.mseed", "subformat": {"D": "data"}},
            "3": {"mimetype": "application/vnd.fdsn.mseed3", "subformat": {"D": "data"}},
        }
    elif level != "ID":
        reply, kind = {"code": "ARGUMENTS", "message": f"INFO {level} is not known here"}, b"E"
    return packet_v4(b"J", kind, 0, b"", json.dumps(reply).encode())


def packet_v4(form: bytes, kind: bytes, sequence: int, station: bytes, payload: bytes) -> bytes:
    """Frame one version 4 packet."""
    header = _V4_HEADER.pack(b"SE", form, kind, len(payload), sequence, len(station))
    return header + station + payload


def _stations_xml(holding: Holding, *, streams: bool) -> str:
    begin = (holding.first_number + 1) % SEQUENCES_V3
    end = (holding.last_number + 1) % SEQUENCES_V3
    parts: list[str] = []
    for (network, station), held in holding.by_station().items():
        inside = "".join(_stream_xml(stream, span) for stream, span in held.items())
        parts.append(
            f"<station name={quoteattr(station)} network={quoteattr(network)} "
            f'description={quoteattr(station)} begin_seq="{begin:06X}" end_seq="{end:06X}" '
            f'stream_check="enabled">{inside if streams else ""}</station>'
        )
    return "".join(parts)


def _stream_xml(stream: StreamId, span_ns: tuple[int, int]) -> str:
    return (
        f"<stream location={quoteattr(stream[2])} seedname={quoteattr(stream[3])} "
        f'type="D" begin_time="{_time_v3(span_ns[0])}" end_time="{_time_v3(span_ns[1])}"/>'
    )


def _stations_json(holding: Holding, *, streams: bool) -> list[dict[str, object]]:
    reply: list[dict[str, object]] = []
    for (network, station), held in holding.by_station().items():
        entry: dict[str, object] = {
            "id": f"{network}_{station}",
            "description": station,
            "start_seq": holding.first_number + 1,
            "end_seq": holding.last_number + 1,
            "backfill": -1,
        }
        if streams:
            entry["stream"] = [
                {
                    "id": stream_code(stream[2], stream[3]),
                    "format": "2",
                    "subformat": "D",
                    "start_time": _time_v4(start_ns),
                    "end_time": _time_v4(end_ns),
                }
                for stream, (start_ns, end_ns) in held.items()
            ]
        reply.append(entry)
    return reply


def _chunks(text: bytes) -> list[bytes]:
    return [text[start : start + _TEXT_BYTES] for start in range(0, len(text), _TEXT_BYTES)]


def _text_record(text: bytes, channel: str, time_ns: int) -> bytes:
    """One miniSEED 2 record of 512 bytes with text as its data (SEED 2.4, chapter 8)."""
    moment = _datetime(time_ns)
    header = struct.pack(
        ">6s2s5s2s3s2sHHBBBxHHhhBBBBiHH",
        b"000001",
        b"D ",
        b"INFO ",
        b"  ",
        channel.encode(),
        b"SL",
        moment.year,
        moment.timetuple().tm_yday,
        moment.hour,
        moment.minute,
        moment.second,
        moment.microsecond // 100,
        len(text),
        0,  # sampling rate: none
        0,
        0,
        0,
        0,
        1,  # one blockette follows
        0,
        _DATA_OFFSET,
        48,
    )
    blockette_1000 = struct.pack(">HHBBBx", 1000, 0, 0, 1, 9)  # text, big-endian, 2^9 bytes
    return (header + blockette_1000).ljust(_DATA_OFFSET, b"\0") + text.ljust(_TEXT_BYTES, b"\0")


def _time_v3(time_ns: int) -> str:
    return _datetime(time_ns).strftime("%Y/%m/%d %H:%M:%S.") + f"{time_ns // 100_000 % 10_000:04d}"


def _time_v4(time_ns: int) -> str:
    return _datetime(time_ns).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _datetime(time_ns: int) -> datetime:
    seconds, rest_ns = divmod(time_ns, 1_000_000_000)
    return datetime.fromtimestamp(seconds, tz=UTC).replace(microsecond=rest_ns // 1000)
