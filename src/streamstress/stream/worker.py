"""One worker process: a role on Kafka, or the ingest, until it is told to stop."""

import asyncio
import signal
import time
from pathlib import Path

import structlog

from streamstress import __version__
from streamstress.broker import wait_for_broker
from streamstress.clock import Clock, WallClock, load_replay_clock
from streamstress.config import Settings
from streamstress.errors import BrokerError, ConfigError
from streamstress.outputs.metrics import Metrics, create_metrics
from streamstress.stream.agents.ingest import Ingest
from streamstress.stream.app import create_app
from streamstress.stream.health import Probes, serve_health
from streamstress.stream.role import Role
from streamstress.stream.roles import WORKERS, build_role
from streamstress.stream.runner import Runner

STALLED_AFTER_S = 120.0
"""A worker that has been inside one batch this long is not alive."""

log = structlog.get_logger(__name__)


def bootstrap_of(settings: Settings) -> str:
    """Address of the broker: the named cluster, or the embedded one."""
    return settings.kafka.bootstrap_servers or f"127.0.0.1:{settings.kafka.embedded_port}"


def metrics_port(settings: Settings, worker: str) -> int:
    """Port of a worker's probes and metrics."""
    return settings.metrics.base_port + WORKERS.index(worker)


async def run_worker(name: str, settings: Settings) -> None:
    """Run one worker until SIGTERM or SIGINT.

    Raises
    ------
    BrokerError
        No broker answers within a minute; a supervisor starts the worker again.
    PortInUseError
        The port of its probes is taken.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    metrics = create_metrics(__version__)
    bootstrap = bootstrap_of(settings)
    if name == "ingest":
        await _run_ingest(settings, bootstrap, metrics, stop)
    else:
        role = await asyncio.to_thread(build_role, name, settings)
        await _run_role(role, settings, bootstrap, metrics, stop)


async def _run_role(
    role: Role, settings: Settings, bootstrap: str, metrics: Metrics, stop: asyncio.Event
) -> None:
    await _wait_for_broker(bootstrap)
    app, runner = create_app(role, settings, bootstrap, metrics)
    probes = Probes(
        alive=lambda: _stalled(runner),
        ready=lambda: None if app.consumer_generation_id > 0 else "not yet in the consumer group",
        registry=metrics.registry,
    )
    health = await serve_health(probes, settings.metrics.host, metrics_port(settings, role.name))
    try:
        await runner.producer.start()
        app.finalize()
        await app.start()
        log.info("worker runs", role=role.name, bootstrap=bootstrap)
        await stop.wait()
        await app.stop()
        await runner.producer.stop()
    finally:
        await health.cleanup()


async def _run_ingest(
    settings: Settings, bootstrap: str, metrics: Metrics, stop: asyncio.Event
) -> None:
    await _wait_for_broker(bootstrap)
    clock = await clock_of(settings)
    ingest = Ingest(settings, bootstrap, clock, metrics)
    probes = Probes(
        alive=lambda: None,
        ready=lambda: None if ingest.connected else "no record from the SeedLink server yet",
        registry=metrics.registry,
    )
    health = await serve_health(probes, settings.metrics.host, metrics_port(settings, "ingest"))
    running = asyncio.create_task(ingest.run())
    stopping = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait((running, stopping), return_when=asyncio.FIRST_COMPLETED)
        if running.done():
            await running
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    finally:
        stopping.cancel()
        await health.cleanup()


async def _wait_for_broker(bootstrap: str) -> None:
    try:
        await wait_for_broker(bootstrap, timeout_s=60.0)
    except BrokerError as error:
        raise BrokerError(
            f"no Kafka answers at {bootstrap} after 60 s; start one with 'streamstress broker "
            "start -c FILE', or name yours in kafka.bootstrap_servers"
        ) from error


async def clock_of(settings: Settings) -> Clock:
    """Wall time, or the clock of a replay, whose file is waited for.

    Raises
    ------
    ConfigError
        The replay's clock file does not come.
    """
    path: Path | None = settings.clock.replay
    if path is None:
        return WallClock()
    deadline = time.monotonic() + settings.clock.replay_wait_s
    while not path.exists():
        if time.monotonic() > deadline:
            raise ConfigError(
                f"clock.replay: {path} did not appear within {settings.clock.replay_wait_s:.0f} s; "
                "start 'streamstress replay' with --clock, or remove the setting for live data"
            )
        await asyncio.sleep(0.2)
    return load_replay_clock(path)


def _stalled(runner: Runner) -> str | None:
    busy_s = runner.busy_s()
    if busy_s > STALLED_AFTER_S:
        return f"inside one batch for {busy_s:.0f} s"
    return None
