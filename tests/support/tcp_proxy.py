"""A TCP proxy on loopback whose line can be cut and slowed, for the network faults of the tests."""

import asyncio
import contextlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

CHUNK = 4096


@dataclass(slots=True)
class TcpProxy:
    """Passes bytes between clients and a server; runs in a thread of its own."""

    port: int
    target_port: int
    delay_s: float = 0.0
    """Wait before each piece of up to 4 kB: latency, and a bound on the rate."""
    _loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop)
    _server: asyncio.Server | None = None
    _lines: set[asyncio.StreamWriter] = field(default_factory=set)

    def restore(self) -> None:
        """Accept connections."""
        asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result(10.0)

    def cut(self) -> None:
        """End all connections and accept none."""
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result(10.0)

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(self._join, "127.0.0.1", self.port)

    async def _close(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
        for writer in list(self._lines):
            writer.transport.abort()

    async def _join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            there, back = await asyncio.open_connection("127.0.0.1", self.target_port)
        except OSError:
            writer.close()
            return
        self._lines |= {writer, back}
        await asyncio.gather(self._pass(reader, back), self._pass(there, writer))
        self._lines -= {writer, back}

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, OSError):
            while piece := await reader.read(CHUNK):
                if self.delay_s:
                    await asyncio.sleep(self.delay_s)
                writer.write(piece)
                await writer.drain()
        writer.close()


@contextmanager
def tcp_proxy(port: int, target_port: int) -> Iterator[TcpProxy]:
    """A proxy for the time of a ``with`` block."""
    proxy = TcpProxy(port, target_port)
    thread = threading.Thread(target=proxy._loop.run_forever, daemon=True)
    thread.start()
    try:
        proxy.restore()
        yield proxy
    finally:
        proxy.cut()
        proxy._loop.call_soon_threadsafe(proxy._loop.stop)
        thread.join(5.0)
