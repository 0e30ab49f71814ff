"""Replay records through a SeedLink server at their own pace, or faster."""

import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from streamstress.clock import ReplayClock, Segment, load_replay_clock, segments_of
from streamstress.errors import ConfigError
from streamstress.simulate.seedlink_server import ReplayRecords, SeedLinkServer


@dataclass(frozen=True, slots=True)
class Replay:
    """A running replay: its server, where it listens, and the clock that it keeps."""

    server: SeedLinkServer
    host: str
    port: int
    clock: ReplayClock

    @property
    def end_wall_ns(self) -> int:
        """Wall time at which the last record is sent, ns."""
        return self.clock.wall_time_ns(int(self.server.records.end_ns[-1]))


def replay_clock(
    records: ReplayRecords,
    speed: float,
    *,
    jump_gaps: bool = False,
    max_gap_s: float = 5.0,
    start_delay_s: float = 0.0,
) -> ReplayClock:
    """Clock that starts ``start_delay_s`` from now at the first sample of the records.

    Parameters
    ----------
    speed
        Seconds of data time per second of wall time.
    jump_gaps
        Pass over stretches in which no stream has data for more than ``max_gap_s``.

    Raises
    ------
    ConfigError
        The speed is not positive.
    """
    if not (0.0 < speed < np.inf):
        raise ConfigError(f"replay speed {speed}: must be above 0 (1 is real time)")
    segments = _data_segments(records, jump_gaps=jump_gaps, max_gap_ns=round(max_gap_s * 1e9))
    return ReplayClock(time.time_ns() + round(start_delay_s * 1e9), speed, segments)


@asynccontextmanager
async def serve_replay(
    records: ReplayRecords,
    read: Callable[[int], bytes],
    *,
    host: str = "127.0.0.1",
    port: int = 18000,
    speed: float = 1.0,
    jump_gaps: bool = False,
    max_gap_s: float = 5.0,
    start_delay_s: float = 0.0,
    clock_file: Path | None = None,
    go_on: bool = False,
) -> AsyncIterator[Replay]:
    """Serve a replay for the time of an ``async with`` block.

    Parameters
    ----------
    records, read
        The records, in the order of their last sample, and a function that reads one by number.
    host, port
        Where to listen; port 0 takes any free one.
    speed, jump_gaps, max_gap_s, start_delay_s
        See `replay_clock`.
    clock_file
        Written for the other processes of the replay.
    go_on
        Go on with the clock of ``clock_file``, as after a restart of the server.

    Raises
    ------
    PortInUseError
        Another program listens on the port.
    ConfigError
        The speed is not positive.
    InputFileError
        ``go_on`` was asked for and ``clock_file`` is no replay clock.
    """
    if go_on and clock_file is not None:
        clock = load_replay_clock(clock_file)
    else:
        clock = replay_clock(
            records,
            speed,
            jump_gaps=jump_gaps,
            max_gap_s=max_gap_s,
            start_delay_s=start_delay_s,
        )
    server = SeedLinkServer(records, read, clock)
    listening_port = await server.start(host, port)
    try:
        if clock_file is not None:
            clock.save(clock_file)
        yield Replay(server, host, listening_port, clock)
    finally:
        await server.stop()


def _data_segments(
    records: ReplayRecords, *, jump_gaps: bool, max_gap_ns: int
) -> tuple[Segment, ...]:
    start_ns = np.sort(records.start_ns)
    if not jump_gaps:
        spans = [(int(start_ns[0]), int(records.end_ns[-1]))]
        return segments_of(spans, jump_gaps=False, max_gap_ns=max_gap_ns)
    # Joined here with numpy first: millions of records make few spans.
    order = np.argsort(records.start_ns, kind="stable")
    reach_ns = np.maximum.accumulate(records.end_ns[order])
    breaks = np.flatnonzero(start_ns[1:] - reach_ns[:-1] > max_gap_ns)
    firsts = np.concatenate(([0], breaks + 1))
    lasts = np.concatenate((breaks, [len(start_ns) - 1]))
    joined = [(int(start_ns[i]), int(reach_ns[j])) for i, j in zip(firsts, lasts, strict=True)]
    return segments_of(joined, jump_gaps=True, max_gap_ns=max_gap_ns)
