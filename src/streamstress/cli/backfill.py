"""``streamstress backfill``: an archive through topics of its own, beside the running system."""

import asyncio
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from streamstress.config import Settings
    from streamstress.stream.kafka import Kafka
    from streamstress.stream.supervisor import Supervisor

LOOK_EVERY_S = 2.0

QUIET_END_NS = 20_000_000_000
"""Mechanisms are final up to some seconds before the end of the data."""

INTERRUPTED = 130
"""Exit status of a run that was told to stop, and goes on when it is started again."""


def backfill(
    source: Annotated[Path, typer.Argument(help="miniSEED file, folder or SDS archive")],
    config: Annotated[Path, typer.Option("--config", "-c", help="the configuration, a TOML file")],
    run: Annotated[str, typer.Option(help="name of the run; the same name goes on with it")],
    per_second: Annotated[
        float, typer.Option(min=0.01, help="mechanisms handed over to the live system a second")
    ] = 5.0,
) -> None:
    """Fill in old data beside the live system; its mechanisms enter it flagged, never as news."""
    from rich.console import Console

    from streamstress.config import load_settings
    from streamstress.stream.backfill import forward
    from streamstress.stream.kafka import kafka_of

    console = Console(stderr=True, highlight=False)
    live = load_settings(config)
    stopping: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda got, _: stopping.append(got))
    kafka = kafka_of(live)
    settings, supervisor = _prepared(live, config, run, kafka)
    try:
        supervisor.start()
        end_ns = asyncio.run(_fed(source, settings, kafka, lambda: bool(stopping)))
        while not stopping and asyncio.run(_until_ns(settings, kafka)) < end_ns:
            for sentence in supervisor.watch_once():
                console.print(sentence)
            time.sleep(LOOK_EVERY_S)
    finally:
        supervisor.stop()
    if stopping:
        console.print(f"interrupted; start it again with --run {run} to go on")
        raise typer.Exit(INTERRUPTED)
    told = asyncio.run(forward(live, settings, kafka, per_second))
    console.print(f"{told.sent} mechanisms handed over, {told.known} known already")


def _prepared(
    live: "Settings", config: Path, run: str, kafka: "Kafka"
) -> tuple["Settings", "Supervisor"]:
    """Settings and workers of the run, its topics made; the workers yield to the live ones."""
    from streamstress.cli.system import supervisor_of
    from streamstress.stream.backfill import ROLES, environment_of, prefix_of
    from streamstress.stream.ports import free_ports
    from streamstress.stream.roles import WORKERS
    from streamstress.stream.setup import make_topics

    (base_port,) = free_ports(1, run_of=len(WORKERS))
    run_folder = live.run_folder / "backfill" / run
    run_folder.mkdir(parents=True, exist_ok=True)
    own = live.kafka.model_copy(update={"topic_prefix": prefix_of(live, run)})
    settings = live.model_copy(update={"kafka": own, "run_folder": run_folder})
    asyncio.run(make_topics(settings, kafka))
    supervisor = supervisor_of(config, settings, ROLES)
    for worker in supervisor.workers:
        worker.command = ["nice", "-n", "10", *worker.command]
        worker.environment = {**worker.environment, **environment_of(live, run, base_port)}
    return settings, supervisor


async def _fed(
    source: Path, settings: "Settings", kafka: "Kafka", stopped: Callable[[], bool]
) -> int:
    """Put the archive onto the run's topic, what it holds already left out; its last time."""
    from streamstress.stream.archive_feed import feed_archive

    fed = await feed_archive(source, settings, kafka, lambda *_: None, stopped)
    return fed.end_ns - QUIET_END_NS


async def _until_ns(settings: "Settings", kafka: "Kafka") -> int:
    from streamstress.stream.backfill import final_until_ns

    return await final_until_ns(settings, kafka)
