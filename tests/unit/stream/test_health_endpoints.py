"""What probes and Prometheus get from a worker, over real HTTP."""

import socket
from collections.abc import Iterator

import aiohttp
import pytest
from prometheus_client import CollectorRegistry, Counter

from streamstress.errors import ConfigError, PortInUseError
from streamstress.stream.health import Probes, serve_health

HOST = "127.0.0.1"


@pytest.fixture
def taken() -> Iterator[int]:
    """A port on which another program listens."""
    with socket.socket() as listener:
        listener.bind((HOST, 0))
        listener.listen()
        yield listener.getsockname()[1]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def probes(alive: str | None = None, ready: str | None = None) -> Probes:
    return Probes(lambda: alive, lambda: ready, CollectorRegistry())


async def ask(served: Probes, path: str) -> tuple[int, str, str]:
    """Status, text and content type of one path."""
    port = free_port()
    runner = await serve_health(served, HOST, port)
    try:
        async with (
            aiohttp.ClientSession() as session,
            session.get(f"http://{HOST}:{port}{path}") as answer,
        ):
            return answer.status, await answer.text(), answer.content_type
    finally:
        await runner.cleanup()


@pytest.mark.asyncio
@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
async def test_a_worker_that_is_well_answers_ok(path: str):
    assert (await ask(probes(), path))[:2] == (200, "ok\n")


@pytest.mark.asyncio
async def test_a_worker_that_is_not_ready_is_alive_and_says_what_it_waits_for():
    waiting = probes(ready="not yet in the consumer group")
    assert (await ask(waiting, "/readyz"))[:2] == (503, "not yet in the consumer group\n")
    assert (await ask(waiting, "/healthz"))[0] == 200


@pytest.mark.asyncio
async def test_a_stalled_worker_is_not_alive_and_says_why():
    stalled = probes(alive="inside one batch for 130 s")
    assert (await ask(stalled, "/healthz"))[:2] == (503, "inside one batch for 130 s\n")


@pytest.mark.asyncio
async def test_metrics_are_those_of_the_workers_own_registry():
    served = probes()
    Counter("picks", "Picks.", registry=served.registry).inc(4)
    status, text, kind = await ask(served, "/metrics")
    assert (status, kind) == (200, "text/plain")
    assert "picks_total 4.0" in text


@pytest.mark.asyncio
async def test_other_paths_are_not_found():
    assert (await ask(probes(), "/"))[0] == 404


@pytest.mark.asyncio
async def test_a_port_in_use_is_told_with_the_setting_to_change(taken: int):
    with pytest.raises(PortInUseError, match=rf"port {taken} .* metrics\.base_port"):
        await serve_health(probes(), HOST, taken)


@pytest.mark.asyncio
async def test_a_host_that_is_not_this_machine_is_not_told_as_a_port_in_use():
    # 192.0.2.0/24 is kept for documentation: no machine has it.
    with pytest.raises(ConfigError, match=r"metrics\.host 192\.0\.2\.1"):
        await serve_health(probes(), "192.0.2.1", free_port())
