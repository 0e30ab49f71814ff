"""One worker process: a role on Kafka, or the ingest, until it is told to stop."""

import asyncio
import signal
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import structlog
from aiokafka.errors import KafkaError

from streamstress import __version__
from streamstress.broker import wait_for_broker
from streamstress.clock import Clock, WallClock, load_replay_clock
from streamstress.config import Settings
from streamstress.errors import BrokerError, ConfigError
from streamstress.outputs.metrics import Metrics, create_metrics
from streamstress.stream.addresses import metrics_port
from streamstress.stream.agents.export import ExportRole
from streamstress.stream.agents.ingest import Ingest
from streamstress.stream.app import create_app
from streamstress.stream.health import Probes, Standing, serve_health
from streamstress.stream.kafka import Kafka, kafka_of
from streamstress.stream.lag import ASK_EVERY_S, export_lag, group_of
from streamstress.stream.partition_watch import LOOK_EVERY_S, look_at_partitions
from streamstress.stream.regularly import start_regularly
from streamstress.stream.role import Role, TellsClocks
from streamstress.stream.roles import BUILDERS, build_role
from streamstress.stream.runner import Runner
from streamstress.stream.state import absorb_all
from streamstress.stream.watchdog import start_watchdog

Ending = Callable[[], Awaitable[None]]
"""What ends something that runs beside the worker."""

STOP_WAIT_S = 6.0
"""How long one part of a worker may take to stop; a supervisor kills what takes 20 s."""

log = structlog.get_logger(__name__)


async def run_worker(name: str, settings: Settings) -> None:
    """Run one worker until SIGTERM or SIGINT.

    Raises
    ------
    BrokerError
        No broker answers in time, or the Kafka client fails; a supervisor starts the worker again.
    PortInUseError
        The port of its probes is taken.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    metrics = create_metrics(__version__)
    kafka = kafka_of(settings)
    if name == "ingest":
        await _run_ingest(settings, kafka, metrics, stop)
    else:
        await _run_role(name, settings, kafka, metrics, stop)


def _role(name: str, settings: Settings, metrics: Metrics) -> Role:
    if name != "exporter":
        role = build_role(name, settings)
        if isinstance(role, TellsClocks):
            role.show_clocks = metrics.science.show_clocks
        return role
    for region in settings.network.regions:
        metrics.cell.expect_region(region.name)
    return ExportRole(metrics.cell)


async def _run_role(
    name: str, settings: Settings, kafka: Kafka, metrics: Metrics, stop: asyncio.Event
) -> None:
    standing = Standing()
    loaded = metrics.science.model_loaded.labels(name)
    loaded.set(0)
    # What the exporter shows before it has read all would end alarms that stand.
    probes = standing.probes(metrics.registry, measured_at_once=name != "exporter")
    async with _probed(probes, settings, name) as opened:
        role = await asyncio.to_thread(_role, name, settings, metrics)
        loaded.set(1)
        standing.waits_for = f"no Kafka answers at {kafka} yet"
        if await _ends_before(stop, _wait_for_broker(settings, kafka)):
            await _run_on_kafka(role, settings, kafka, metrics, stop, standing, opened)


async def _run_on_kafka(
    role: Role,
    settings: Settings,
    kafka: Kafka,
    metrics: Metrics,
    stop: asyncio.Event,
    standing: Standing,
    opened: AsyncExitStack,
) -> None:
    app, runner = create_app(role, settings, kafka, metrics)
    runner.liveness = standing.liveness
    runner.observer.show_watermark(lambda: _clock_if_known(settings))
    opened.callback(runner.tracing.close)
    opened.push_async_callback(_stop_in_time, runner.producer.stop)
    await _start_on_kafka(runner.producer.start, kafka)
    if isinstance(role, ExportRole):
        standing.waits_for = "reading what is known of stress and changes"
        regions = len(settings.network.regions)
        await absorb_all(role, kafka, settings.kafka.topic_prefix, regions)
        opened.push_async_callback(_start_lag(settings, kafka, metrics))
    standing.waits_for = None
    standing.joined = lambda: app.consumer_generation_id > 0
    app.finalize()
    await app.start()
    opened.push_async_callback(_start_watch(runner, settings, standing))
    start_watchdog(standing.liveness, role.name)
    log.info("worker runs", role=role.name, bootstrap=kafka.bootstrap)
    crashed = await _ends_before(stop, app.wait())
    await _stop_in_time(app.stop)
    if crashed:
        # As when a commit fails. It would go on answering probes and read nothing any more.
        raise BrokerError(f"the Kafka client of {role.name} ended: {app.crash_reason!r}")


@asynccontextmanager
async def _probed(
    probes: Probes, settings: Settings, name: str
) -> AsyncGenerator[AsyncExitStack, None]:
    """Answer probes while the worker starts and runs."""
    async with AsyncExitStack() as opened:
        health = await serve_health(probes, settings.metrics.host, metrics_port(settings, name))
        opened.push_async_callback(health.cleanup)
        yield opened


def _start_watch(runner: Runner, settings: Settings, standing: Standing) -> Ending:
    group = group_of(settings.kafka.topic_prefix, runner.role.name)
    return start_regularly(
        lambda: look_at_partitions(
            runner.kafka, group, runner.assigned(), standing.liveness, runner.observer.polled
        ),
        LOOK_EVERY_S,
    )


def _start_lag(settings: Settings, kafka: Kafka, metrics: Metrics) -> Ending:
    prefix, gauge = settings.kafka.topic_prefix, metrics.stage.queued
    return start_regularly(lambda: export_lag(kafka, prefix, BUILDERS, gauge), ASK_EVERY_S)


async def _start_on_kafka(start: Callable[[], Awaitable[None]], kafka: Kafka) -> None:
    try:
        await start()
    except KafkaError as error:
        raise BrokerError(f"Kafka at {kafka} does not answer any more: {error!r}") from error


async def _stop_in_time(stop: Callable[[], Awaitable[None]]) -> None:
    """Stop something of Kafka's, which waits for a broker that is away; what is open is redone."""
    try:
        async with asyncio.timeout(STOP_WAIT_S):
            await stop()
    except TimeoutError:
        log.warning(f"Kafka did not answer within {STOP_WAIT_S:.0f} s; ending without it")


async def _run_ingest(
    settings: Settings, kafka: Kafka, metrics: Metrics, stop: asyncio.Event
) -> None:
    standing = Standing(waits_for=f"no Kafka answers at {kafka} yet")
    probes = standing.probes(metrics.registry)
    async with _probed(probes, settings, "ingest"):
        if not await _ends_before(stop, _wait_for_broker(settings, kafka)):
            return
        standing.waits_for = "the clock of the replay has not come yet"
        clock_task = asyncio.create_task(clock_of(settings))
        if not await _ends_before(stop, clock_task):
            return
        ingest = Ingest(settings, kafka, clock_task.result(), metrics)
        standing.waits_for = None
        standing.joined = lambda: ingest.connected
        standing.not_joined = "no record from the SeedLink server yet"
        await _ends_before(stop, ingest.run())


async def _ends_before(stop: asyncio.Event, work: Awaitable[object]) -> bool:
    """Whether some work came to its end before the worker was told to stop; if not, it is ended."""
    working, stopping = asyncio.ensure_future(work), asyncio.create_task(stop.wait())
    await asyncio.wait((working, stopping), return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    if working.done():
        await working
        return True
    working.cancel()
    await asyncio.wait((working,), timeout=2 * STOP_WAIT_S)
    if working.done() and not working.cancelled() and working.exception() is not None:
        log.warning(str(working.exception()))
    return False


async def _wait_for_broker(settings: Settings, kafka: Kafka) -> None:
    wait_s = settings.kafka.start_wait_s
    try:
        await wait_for_broker(kafka.bootstrap, wait_s, kafka.security)
    except BrokerError as error:
        raise BrokerError(
            f"no Kafka answers at {kafka} after {wait_s:.0f} s; start one with 'streamstress "
            "broker start -c FILE', or name yours in kafka.bootstrap_servers"
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


def _clock_if_known(settings: Settings) -> Clock | None:
    """Clock of the data; None while a replay has not begun."""
    path = settings.clock.replay
    if path is None:
        return WallClock()
    return load_replay_clock(path) if path.exists() else None
