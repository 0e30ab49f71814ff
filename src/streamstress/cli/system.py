"""What ``up`` and ``broker`` do: the system as it runs."""

import asyncio
import signal
import sys
import time
from pathlib import Path

from rich.console import Console

from streamstress.broker import broker_status, start_broker, stop_broker
from streamstress.config import Settings, load_settings
from streamstress.errors import PortInUseError, StoreError
from streamstress.outputs.rows import StageStatus
from streamstress.outputs.stage_status import fetch_feeds, fetch_status
from streamstress.outputs.store import Store
from streamstress.stream.addresses import bootstrap_of, metrics_port, require_distinct_ports
from streamstress.stream.kafka import kafka_of
from streamstress.stream.logs import configure_logs
from streamstress.stream.low_priority import low_priority
from streamstress.stream.roles import WORKERS
from streamstress.stream.setup import make_topics
from streamstress.stream.supervisor import Supervisor, Worker, worker_command

WATCH_EVERY_S = 1.0

console = Console(stderr=True, highlight=False, markup=False, soft_wrap=True)


def supervisor_of(config: Path, settings: Settings, roles: tuple[str, ...] = WORKERS) -> Supervisor:
    """Supervisor of the workers of a configuration, none started yet."""
    logs = settings.run_folder / "logs"
    return Supervisor(
        [
            Worker(
                role,
                worker_command(role, config),
                logs / f"{role}.log",
                # One thread a process: numerical libraries that each take all cores fight.
                {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"},
            )
            for role in roles
        ]
    )


def filler_of(config: Path, settings: Settings) -> Worker:
    """The process that fills gaps of the feed."""
    command = [sys.executable, "-m", "streamstress", "fill", "--watch", "-c", str(config)]
    return Worker("fill", low_priority(command), settings.run_folder / "logs" / "fill.log")


def prepare(settings: Settings) -> None:
    """Start the embedded broker, unless a cluster is named, and make the topics."""
    settings.run_folder.mkdir(parents=True, exist_ok=True)
    if settings.kafka.bootstrap_servers is None:
        try:
            start_broker(settings.kafka.embedded_folder, settings.kafka.embedded_port)
        except PortInUseError as error:
            raise PortInUseError(
                f"port {settings.kafka.embedded_port} on 127.0.0.1, wanted for Kafka, is in use by "
                "another program; choose another with kafka.embedded_port"
            ) from error
    asyncio.run(make_topics(settings, kafka_of(settings)))


def stage_statuses(settings: Settings) -> list[StageStatus]:
    """How far each worker has come; those that do not answer are left out."""
    found = (
        fetch_status(role, f"http://{settings.metrics.host}:{metrics_port(settings, role)}/metrics")
        for role in WORKERS
        if role != "web"
    )
    return [status for status in found if status is not None]


def save_standing(store: Store, settings: Settings) -> list[StageStatus]:
    """Write into the store how far each worker has come and how old each feed is.

    Raises
    ------
    StoreError
        The database takes nothing.
    """
    statuses = stage_statuses(settings)
    store.save_stages(statuses)
    port = metrics_port(settings, "ingest")
    store.save_feeds(fetch_feeds(f"http://{settings.metrics.host}:{port}/metrics"))
    return statuses


def run_up(config: Path) -> None:
    """Run every worker of a configuration, each a process, and keep them running."""
    settings = load_settings(config)
    require_distinct_ports(settings)
    configure_logs(settings.logging.level, json_lines=False)
    stopping: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda got, _: stopping.append(got))
    try:
        with console.status("starting Kafka"):
            prepare(settings)
        supervisor = supervisor_of(config, settings)
        if settings.backfill.source:
            supervisor.workers.append(filler_of(config, settings))
        _supervise(supervisor, settings, stopping)
    finally:
        if settings.kafka.bootstrap_servers is None:
            stop_broker(settings.kafka.embedded_folder)


def _supervise(supervisor: Supervisor, settings: Settings, stopping: list[int]) -> None:
    """Keep the workers running until a signal comes."""
    store = Store.open(settings.store.url)
    try:
        supervisor.start()
        console.print(
            f"{len(supervisor.workers)} workers started; page http://{settings.web.host}:"
            f"{settings.web.port}/, metrics from port {metrics_port(settings, WORKERS[0])} on, "
            f"logs in {settings.run_folder / 'logs'}. Ctrl-C stops everything."
        )
        while not stopping:
            for sentence in supervisor.watch_once():
                console.print(sentence)
            _show_stages(store, settings)
            time.sleep(WATCH_EVERY_S)
    finally:
        console.print("stopping")
        supervisor.stop()
        store.close()


def _show_stages(store: Store, settings: Settings) -> None:
    """Write what the page shows of workers and feeds; a failing database must not end all."""
    try:
        save_standing(store, settings)
    except StoreError as error:
        console.print(str(error))


def broker_start(config: Path) -> None:
    """Start the embedded Kafka and make the topics; it stays up until 'broker stop'."""
    settings = load_settings(config)
    prepare(settings)
    console.print(f"Kafka answers at {bootstrap_of(settings)}")


def broker_stop(config: Path) -> None:
    """Stop the embedded Kafka cleanly."""
    stopped = stop_broker(load_settings(config).kafka.embedded_folder)
    console.print("stopped" if stopped else "it was not running")


def broker_tell(config: Path) -> bool:
    """Tell whether the embedded Kafka runs and answers."""
    told = broker_status(load_settings(config).kafka.embedded_folder)
    if told.broker is None:
        console.print(f"not running (folder {told.folder})")
        return False
    answers = "answers" if told.answers else "does not answer"
    console.print(f"process {told.broker.pid}, {told.broker.bootstrap_servers}, {answers}")
    if not told.answers:
        console.print("\n".join(told.last_log_lines))
    return told.answers
