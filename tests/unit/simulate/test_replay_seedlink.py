import asyncio
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from pymseed import MS3Record

from streamstress.clock import ReplayClock, Segment, load_replay_clock
from streamstress.errors import ConfigError
from streamstress.simulate.replay import replay_clock, serve_replay
from streamstress.simulate.seedlink_info import Holding, info_v3
from streamstress.simulate.seedlink_requests import StationRequest, parse_time, record_number
from streamstress.simulate.seedlink_server import SeedLinkServer
from streamstress.simulate.seedlink_session import Session

SECOND = 10**9
START_NS = 1_577_836_800 * SECOND
STREAMS = (("XX", "AA1", "", "HHZ"), ("XX", "AA1", "00", "BHZ"), ("YY", "BB2", "", "HHN"))


@dataclass(frozen=True)
class _Records:
    streams: tuple[tuple[str, str, str, str], ...]
    stream: NDArray[np.int32]
    start_ns: NDArray[np.int64]
    end_ns: NDArray[np.int64]


def _records(starts_s: list[float]) -> _Records:
    """Records of one second each, the streams in turn."""
    start_ns = START_NS + np.array([round(s * SECOND) for s in starts_s], dtype=np.int64)
    stream = (np.arange(len(starts_s)) % len(STREAMS)).astype(np.int32)
    return _Records(STREAMS, stream, start_ns, start_ns + SECOND)


def _payload(number: int) -> bytes:
    return b"%06dD " % number + b"." * 504


def _session(n_available: int) -> tuple[Session, _Records]:
    records = _records([float(number) for number in range(9)])
    now_ns = START_NS + n_available * SECOND
    # A clock that all but stands still, at the end of the last available record.
    clock = ReplayClock(time.time_ns(), 1e-9, (Segment(now_ns, now_ns + SECOND),))
    return Session(SeedLinkServer(records, _payload, clock)), records


@pytest.mark.parametrize(
    ("selector", "chosen"),
    [
        ("HHZ", [True, False, False]),
        ("HH?", [True, False, True]),
        ("*", [True, True, True]),
        ("?HZ.D", [True, True, False]),
        ("HHZ.E", [False, False, False]),
        ("00BHZ", [False, True, False]),
        ("--HHZ", [True, False, False]),
        ("??HHZ", [True, False, False]),
        ("!HHZ", [False, True, True]),
        ("*_H_H_?", [True, False, True]),
        ("00_B_H_Z", [False, True, False]),
    ],
)
def test_selectors_choose_channels(selector: str, chosen: list[bool]):
    request = StationRequest("*", [selector])
    assert [request.wants(stream) for stream in STREAMS] == chosen


def test_station_wildcards_choose_stations():
    assert [StationRequest("XX_A?1").wants(stream) for stream in STREAMS] == [True, True, False]
    assert [StationRequest("??_*").wants(stream) for stream in STREAMS] == [True, True, True]


@pytest.mark.parametrize("text", ["2020,01,02,03,04,05.5", "2020-01-02T03:04:05.500Z"])
def test_times_of_both_protocols_are_understood(text: str):
    expected_ns = START_NS + (86_400 + 3 * 3600 + 4 * 60 + 5) * SECOND + SECOND // 2
    assert parse_time(text) == expected_ns


def test_a_24_bit_sequence_means_the_newest_record_that_fits():
    assert record_number(5, n_available=100, wraps=True) == 4
    assert record_number(5, n_available=(1 << 24) + 100, wraps=True) == (1 << 24) + 4
    assert record_number(5, n_available=(1 << 24) + 100, wraps=False) == 4
    assert record_number(0, n_available=100, wraps=True) == 0


def test_a_station_is_served_from_its_own_sequence_on():
    session, _ = _session(n_available=6)
    for line in ("STATION AA1 XX", "SELECT HHZ", "DATA 4", "STATION BB2 YY", "DATA"):
        assert session.answer(line) == b"OK\r\n"
    assert session.wanted is None
    assert session.answer("END") == b""
    assert session.wanted is not None
    never = np.iinfo(np.int64).max
    assert session.wanted.first.tolist() == [3, never, 6]
    assert session.wanted.start_number == 3


def test_wrong_commands_are_answered_and_end_nothing():
    session, _ = _session(n_available=1)
    for line in ("STATION NONE XX", "NONSENSE", "STATION", "DATA xyz", "TIME soon", "SLPROTO 9.0"):
        assert session.answer(line) == b"ERROR\r\n", line
    assert session.answer("SLPROTO 4.0") == b"OK\r\n"
    assert session.answer("STATION XX_NONE").startswith(b"ERROR ARGUMENTS ")
    assert not session.ended


def test_batch_mode_answers_nothing_more():
    session, _ = _session(n_available=1)
    assert session.answer("BATCH") == b"OK\r\n"
    assert session.answer("STATION AA1 XX") == b""
    assert session.answer("SELECT HHZ") == b""


def test_info_is_xml_in_text_records_that_miniseed_readers_understand():
    streams = {("XX", f"S{n:03d}", "", "HHZ"): (START_NS, START_NS + SECOND) for n in range(40)}
    reply = info_v3("STREAMS", Holding(0, 99, streams), START_NS)
    packets = [reply[at : at + 520] for at in range(0, len(reply), 520)]
    assert [packet[:8] for packet in packets[:-1]] == [b"SLINFO *"] * (len(packets) - 1)
    assert packets[-1][:8] == b"SLINFO  "
    parsed = [MS3Record.parse(packet[8:], unpack_data=True) for packet in packets]
    assert {record.sampletype for record in parsed} == {"t"}
    text = b"".join(bytes(record.datasamples) for record in parsed).decode()
    assert text.count("<station ") == text.count("<stream ") == 40
    assert 'begin_seq="000001" end_seq="000064"' in text
    assert 'begin_time="2020/01/01 00:00:00.0000"' in text


def test_gaps_are_jumped_only_when_asked():
    records = _records([0.0, 1.0, 100.0, 101.0, 104.0])
    whole = replay_clock(records, 1.0)
    assert whole.segments == (Segment(START_NS, START_NS + 105 * SECOND),)
    jumped = replay_clock(records, 1.0, jump_gaps=True, max_gap_s=5.0)
    spans = [((s.data_start_ns - START_NS) // SECOND, (s.data_end_ns - START_NS) // SECOND)
             for s in jumped.segments]  # fmt: skip
    assert spans == [(0, 2), (100, 105)]


@pytest.mark.parametrize("speed", [0.0, -1.0, float("nan"), float("inf")])
def test_a_speed_must_be_positive(speed: float):
    with pytest.raises(ConfigError, match="speed"):
        replay_clock(_records([0.0]), speed)


async def _talk(port: int, lines: list[str], n_bytes: int) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write("".join(f"{line}\r\n" for line in lines).encode())
    try:
        return await asyncio.wait_for(reader.readexactly(n_bytes), 20.0)
    finally:
        writer.close()


def test_a_fetch_of_a_window_gives_its_records_and_ends(tmp_path: Path):
    records = _records([float(number) for number in range(30)])

    async def run() -> bytes:
        async with serve_replay(records, _payload, port=0, speed=1e9) as replay:
            await asyncio.sleep(0.01)
            # Record 9 ends at 10 s and record 12 starts at 12 s: both touch the window.
            window = "TIME 2020,01,01,00,00,10 2020,01,01,00,00,12"
            lines = ["STATION AA1 XX", "SELECT HHZ", window, "FETCH", "END"]
            return await _talk(replay.port, lines, 4 * 4 + 2 * 520 + 3)

    reply = asyncio.run(run())
    assert reply[:16] == b"OK\r\n" * 4
    assert reply[16:] == b"SL00000A" + _payload(9) + b"SL00000D" + _payload(12) + b"END"


def test_records_are_shown_only_when_they_are_due_and_the_clock_is_shared(tmp_path: Path):
    records = _records([0.0, 0.0, 1000.0])
    clock_file = tmp_path / "clock.json"

    async def run() -> tuple[bytes, int]:
        serving = serve_replay(records, _payload, port=0, speed=100.0, clock_file=clock_file)
        async with serving as replay:
            assert load_replay_clock(clock_file) == replay.clock
            lines = ["DATA 1"]
            reply = await _talk(replay.port, lines, 2 * 520)
            now_ns = replay.clock.now_ns()
            with pytest.raises((TimeoutError, asyncio.IncompleteReadError)):
                async with asyncio.timeout(0.2):
                    await _talk(replay.port, lines, 3 * 520)
            return reply, now_ns

    reply, now_ns = asyncio.run(run())
    assert reply == b"SL000001" + _payload(0) + b"SL000002" + _payload(1)
    assert now_ns >= records.end_ns[1]
