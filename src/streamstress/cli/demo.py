"""``streamstress demo``: the whole system on this machine, from waveforms to the alarm."""

import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from streamstress.broker import stop_broker
from streamstress.cli.demo_config import write_config
from streamstress.cli.demo_display import Display
from streamstress.cli.simulation import archive_with_progress
from streamstress.cli.system import prepare, save_standing, supervisor_of
from streamstress.clock import load_replay_clock
from streamstress.config import Settings, load_settings
from streamstress.earth.stations import read_stations
from streamstress.errors import StreamstressError
from streamstress.outputs.report import build_report
from streamstress.outputs.report_page import report_charts, write_report
from streamstress.outputs.store import Store
from streamstress.simulate.archive import Archive
from streamstress.simulate.scenario import Scenario, named_scenario
from streamstress.simulate.truth import read_truth
from streamstress.stream.addresses import metrics_port
from streamstress.stream.ports import free_ports
from streamstress.stream.roles import BUILDERS, WORKERS
from streamstress.stream.supervisor import Supervisor, Worker

READY_WAIT_S = 180.0
STANDSTILL_S = 90.0
"""The demo gives up when all data were played and no event came further for so long."""
SETTLE_S = 3.0
"""After the last mechanism: for stress, change and store to take it in."""
TAIL_NS = 60_000_000_000
"""The archive's quiet end: progress past its beginning has seen every event."""

console = Console(highlight=False)


@dataclass(frozen=True, slots=True)
class Run:
    """A demo under way."""

    folder: Path
    archive: Archive
    config: Path
    settings: Settings
    speed: float


def run_demo(scenario: str, out: Path, *, headless: bool, seed: int, speed: float) -> None:
    """Run the whole system over a simulated network whose truth is known, to the report."""
    chosen = named_scenario(scenario).with_seed(seed)
    archive = archive_with_progress(chosen, out.parent / "archives" / f"{scenario}-{seed}", 2)
    run = _prepared(out, archive, chosen, speed)
    try:
        with console.status("starting Kafka"):
            prepare(run.settings)
        agents = tuple(role for role in WORKERS if role != "ingest")
        supervisor = supervisor_of(run.config, run.settings, agents)
        store = Store.open(run.settings.store.url)
        with _running(supervisor):
            _wait_until_ready(run.settings, supervisor)
            ingest = supervisor_of(run.config, run.settings, ("ingest",)).workers
            supervisor.add([_replay_worker(run), *ingest])
            _watch(run, supervisor, store)
            path = _report(run, store)
            if not headless and sys.stdin.isatty():
                _keep_open(run, supervisor, store, path)
        store.close()
    finally:
        stop_broker(run.settings.kafka.embedded_folder)


def _prepared(out: Path, archive: Archive, scenario: Scenario, speed: float) -> Run:
    """Clear what an earlier demo left in the folder, and write the configuration."""
    stop_broker(out / "run" / "kafka")
    shutil.rmtree(out / "run", ignore_errors=True)
    (out / "replay-clock.json").unlink(missing_ok=True)
    kafka, seedlink, web = free_ports(3)
    ports = {
        "kafka_port": kafka,
        "seedlink_port": seedlink,
        "web_port": web,
        "metrics_port": free_ports(1, run_of=len(WORKERS))[0],
    }
    config = write_config(
        out / "streamstress.toml",
        archive,
        name=scenario.name,
        seed=scenario.seed,
        speed=speed,
        scenario=scenario,
        ports=ports,
    )
    return Run(out, archive, config, load_settings(config), speed)


@contextmanager
def _running(supervisor: Supervisor) -> Iterator[None]:
    supervisor.start()
    try:
        yield
    finally:
        supervisor.stop()


def _replay_worker(run: Run) -> Worker:
    command = [
        sys.executable, "-m", "streamstress", "replay", str(run.archive.waveforms),
        "--speed", str(run.speed), "--port", str(run.settings.ingest.port),
        "--clock", str(run.settings.clock.replay),
    ]  # fmt: skip
    return Worker("replay", command, run.settings.run_folder / "logs" / "replay.log")


def _wait_until_ready(settings: Settings, supervisor: Supervisor) -> None:
    """Wait until every agent has joined its consumer group."""
    waiting = list(BUILDERS)
    deadline = time.monotonic() + READY_WAIT_S
    with console.status("") as status:
        while waiting:
            status.update(f"starting workers: {', '.join(waiting)}")
            waiting = [role for role in waiting if not _is_ready(settings, role)]
            for sentence in supervisor.watch_once():
                console.print(sentence)
            if time.monotonic() > deadline:
                raise StreamstressError(
                    f"workers {', '.join(waiting)} are not ready after {READY_WAIT_S:.0f} s; see "
                    f"{settings.run_folder / 'logs'}"
                )
            time.sleep(0.5)


def _is_ready(settings: Settings, role: str) -> bool:
    import urllib.error
    import urllib.request

    url = f"http://{settings.metrics.host}:{metrics_port(settings, role)}/readyz"
    try:
        with urllib.request.urlopen(url, timeout=1.0):
            return True
    except (urllib.error.URLError, OSError):
        return False


def _watch(run: Run, supervisor: Supervisor, store: Store) -> None:
    """Show the run until everything has passed the whole chain."""
    page = f"http://{run.settings.web.host}:{run.settings.web.port}/"
    heading = f"'{run.archive.folder.name}' at {run.speed:g} times real time; page {page}"
    display = Display(console, heading, store.reader)
    passed_ns, moved_s = 0, time.monotonic()
    with display:
        while not _is_finished(run, store):
            for sentence in supervisor.watch_once():
                console.print(sentence)
            statuses = save_standing(store, run.settings)
            share = _share_done(run)
            display.show(statuses, share)
            now_passed_ns = _passed_ns(store)
            if share < 1.0 or now_passed_ns > passed_ns:
                passed_ns, moved_s = now_passed_ns, time.monotonic()
            if time.monotonic() - moved_s > STANDSTILL_S:
                break
            time.sleep(0.7)
        time.sleep(SETTLE_S)
        statuses = save_standing(store, run.settings)
        display.show(statuses, 1.0)
    if not _is_finished(run, store):
        console.print(
            "the stages did not pass the end of the data, and nothing moved for "
            f"{STANDSTILL_S:.0f} s; the report holds what there is, see "
            f"{run.settings.run_folder / 'logs'} for why"
        )


def _share_done(run: Run) -> float:
    path = run.settings.clock.replay
    if path is None or not path.exists():
        return 0.0
    now_ns = load_replay_clock(path).now_ns()
    return (now_ns - run.archive.start_ns) / (run.archive.end_ns - run.archive.start_ns)


def _is_finished(run: Run, store: Store) -> bool:
    """Whether the mechanisms are final up to the archive's quiet end."""
    return _passed_ns(store) >= run.archive.end_ns - TAIL_NS


def _passed_ns(store: Store) -> int:
    """Data time up to which the mechanisms are final, integer nanoseconds UTC."""
    return store.reader.system.progress().get("mechanism", 0)


def _report(run: Run, store: Store) -> Path:
    truth = read_truth(run.archive.truth)
    charts = report_charts(store.reader, read_stations(run.archive.stations))
    json_path, page = write_report(run.folder, build_report(store.reader, truth), charts, truth)
    console.print(f"report: {page} and {json_path}")
    return page


def _keep_open(run: Run, supervisor: Supervisor, store: Store, report: Path) -> None:
    page = f"http://{run.settings.web.host}:{run.settings.web.port}/"
    console.print(f"the page stays at {page} until Ctrl-C; the report is {report.resolve()}")
    try:
        while True:
            for sentence in supervisor.watch_once():
                console.print(sentence)
            save_standing(store, run.settings)
            time.sleep(1.0)
    except KeyboardInterrupt:
        console.print("stopping")
