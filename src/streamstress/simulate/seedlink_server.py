"""A SeedLink server (versions 3 and 4) over records that lie in files.

The records are the ring: all of them stay available from the first on, and a record is offered
once the clock has passed its last sample. A record's sequence is its number in the order of
recording plus one, so the same files give the same sequences after a restart.
"""

import asyncio
import errno
import re
from collections.abc import Callable
from contextlib import suppress
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from streamstress.clock import ReplayClock
from streamstress.errors import PortInUseError
from streamstress.simulate.seedlink_info import Holding, packet_v4
from streamstress.simulate.seedlink_requests import SEQUENCES_V3, StreamId, Wanted
from streamstress.simulate.seedlink_session import Session

_CHUNK = 512
_SHORTEST_WAIT_S = 0.01
_LONGEST_WAIT_S = 1.0
_LINE_ENDS = re.compile(rb"[\r\n]+")
_MAX_LINE_BYTES = 4096


class ReplayRecords(Protocol):
    """Records in the order of their last sample; arrays have one entry a record, times ns UTC."""

    @property
    def streams(self) -> tuple[StreamId, ...]:
        """Network, station, location and channel of each stream."""
        ...

    @property
    def stream(self) -> NDArray[np.int32]:
        """Index into ``streams``."""
        ...

    @property
    def start_ns(self) -> NDArray[np.int64]:
        """Time of the first sample."""
        ...

    @property
    def end_ns(self) -> NDArray[np.int64]:
        """Time of the last sample, ascending."""
        ...


class SeedLinkServer:
    """Serves records to any number of clients; an async context manager.

    Parameters
    ----------
    records
        What there is.
    read
        Gives the bytes of a record by its number.
    clock
        Says which records have been recorded by now.
    """

    def __init__(
        self, records: ReplayRecords, read: Callable[[int], bytes], clock: ReplayClock
    ) -> None:
        self.records = records
        self.clock = clock
        self._read = read
        self._server: asyncio.Server | None = None
        self._clients: set[asyncio.Task[None]] = set()
        self._stations = [f"{network}_{name}".encode() for network, name, *_ in records.streams]

    async def start(self, host: str = "127.0.0.1", port: int = 18000) -> int:
        """Listen; return the port (of use with port 0).

        Raises
        ------
        PortInUseError
            Another program listens there.
        """
        try:
            self._server = await asyncio.start_server(self._accept, host, port)
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise
            raise PortInUseError(
                f"port {port} on {host} is in use by another program; it was wanted for the "
                "SeedLink replay: choose another with --port"
            ) from error
        return int(self._server.sockets[0].getsockname()[1])

    async def stop(self) -> None:
        """Stop listening and end all connections."""
        if self._server:
            self._server.close()
            for client in self._clients:
                client.cancel()
            await asyncio.gather(*self._clients, return_exceptions=True)
            await self._server.wait_closed()
            self._server = None

    @property
    def n_available(self) -> int:
        """Number of records that have been recorded by now."""
        return int(np.searchsorted(self.records.end_ns, self.clock.now_ns(), side="right"))

    def holding(self) -> Holding:
        """Tell what INFO answers: all streams, with the time shown so far."""
        shown = max(1, self.n_available)
        used = self.records.stream[:shown]
        streams: dict[StreamId, tuple[int, int]] = {}
        for number, stream in enumerate(self.records.streams):
            mine = np.flatnonzero(used == number)
            rows = mine if len(mine) else np.flatnonzero(self.records.stream == number)[:1]
            start_ns = int(self.records.start_ns[rows[0]])
            # A stream without data yet is told as an empty span, so that clients can ask for it.
            streams[stream] = (
                start_ns,
                int(self.records.end_ns[rows[-1]]) if len(mine) else start_ns,
            )
        return Holding(0, shown - 1, streams)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101
        self._clients.add(task)
        try:
            await self._serve(reader, writer)
        except (ConnectionError, asyncio.CancelledError, TimeoutError):
            pass  # the client left, or the server stops
        finally:
            self._clients.discard(task)
            writer.close()
            with suppress(ConnectionError, asyncio.CancelledError):
                await writer.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        session = Session(self)
        pump: asyncio.Task[None] | None = None
        rest = b""
        try:
            while chunk := await reader.read(4096):
                *lines, rest = _LINE_ENDS.split(rest + chunk)
                for line in lines:
                    if line:
                        writer.write(session.answer(line.decode("ascii", errors="replace")))
                if session.ended or len(rest) > _MAX_LINE_BYTES:
                    return
                if session.wanted is not None and pump is None:
                    pump = asyncio.create_task(self._pump(session, session.wanted, writer))
                    pump.add_done_callback(lambda _: writer.close())
                await writer.drain()
        finally:
            if pump:
                pump.cancel()
                with suppress(asyncio.CancelledError, ConnectionError):
                    await pump

    async def _pump(self, session: Session, wanted: Wanted, writer: asyncio.StreamWriter) -> None:
        """Send what is wanted as it becomes available, at the pace that the client takes it."""
        position, n_records = wanted.start_number, len(self.records.end_ns)
        while True:
            n_available = self.n_available
            if position < n_available:
                stop = min(position + _CHUNK, n_available)
                numbers = self._wanted_numbers(wanted, position, stop)
                frames = [self._frame(number, session.version) for number in numbers]
                position = stop
                writer.write(b"".join(frames))
                await writer.drain()
            elif session.fetch:
                writer.write(b"END")
                await writer.drain()
                return
            else:
                await asyncio.sleep(self._wait_s(position) if position < n_records else 1.0)

    def _wanted_numbers(self, wanted: Wanted, start: int, stop: int) -> list[int]:
        stream = self.records.stream[start:stop]
        numbers = np.arange(start, stop)
        keep = (
            (numbers >= wanted.first[stream])
            & (self.records.end_ns[start:stop] >= wanted.start_ns[stream])
            & (self.records.start_ns[start:stop] <= wanted.end_ns[stream])
        )
        chosen: list[int] = numbers[keep].tolist()
        return chosen

    def _frame(self, number: int, version: int) -> bytes:
        payload = self._read(number)
        sequence = number + 1
        if version == 3:
            return b"SL%06X" % (sequence % SEQUENCES_V3) + payload
        form = b"3" if payload[:3] == b"MS\x03" else b"2"
        station = self._stations[self.records.stream[number]]
        return packet_v4(form, b"D", sequence, station, payload)

    def _wait_s(self, position: int) -> float:
        due_ns = int(self.records.end_ns[position]) - self.clock.now_ns()
        return min(max(due_ns / 1e9 / self.clock.speed, _SHORTEST_WAIT_S), _LONGEST_WAIT_S)
