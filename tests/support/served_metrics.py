"""Workers' metrics served over HTTP by their own server, without the workers."""

import asyncio
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from streamstress.outputs.metrics import Metrics
from streamstress.stream.health import Probes, serve_health
from streamstress.stream.ports import free_ports

HOST = "127.0.0.1"


@contextmanager
def serving(workers: Sequence[Metrics]) -> Iterator[list[str]]:
    """Addresses ``host:port`` of the metrics, each on a port of its own."""
    ports = free_ports(len(workers))
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    def run(work):
        return asyncio.run_coroutine_threadsafe(work, loop).result(timeout=20)

    runners = [
        run(serve_health(Probes(lambda: None, lambda: None, one.registry), HOST, port))
        for one, port in zip(workers, ports, strict=True)
    ]
    try:
        yield [f"{HOST}:{port}" for port in ports]
    finally:
        for runner in runners:
            run(runner.cleanup())
        loop.call_soon_threadsafe(loop.stop)
        thread.join(timeout=20)
        loop.close()
