"""Faults of a running system: each function is one."""

import os
import shutil
import signal
import sqlite3
import time
from collections.abc import Mapping
from contextlib import closing

from chaos_system import Chaos
from topic_messages import send

from streamstress.broker import start_broker
from streamstress.cli.system import filler_of, supervisor_of
from streamstress.clock import load_replay_clock
from streamstress.config import load_settings
from streamstress.ingest.archive import archive_records
from streamstress.ingest.record_index import index_records
from streamstress.ingest.time_span import TimeSpan
from streamstress.stream.ports import free_ports
from streamstress.stream.roles import WORKERS
from streamstress.stream.supervisor import Worker
from streamstress.wire.topics import EVENTS, PICKS, WAVEFORMS


def stop_broker(run: Chaos, seconds: float) -> None:
    """Stop Kafka as a frozen host would, and let it go on."""
    os.kill(run.broker.pid, signal.SIGSTOP)
    run.wait_a_while(seconds)
    os.kill(run.broker.pid, signal.SIGCONT)
    run.outages_s.append(seconds)


def kill_broker(run: Chaos, seconds: float) -> None:
    """SIGKILL Kafka, and start it again on the same folder and port."""
    began_s = time.monotonic()
    port = int(run.broker.bootstrap_servers.rpartition(":")[2])
    os.kill(run.broker.pid, signal.SIGKILL)
    run.wait_a_while(seconds)
    run.broker = start_broker(run.broker.folder, port, heap_mb=256)
    run.outages_s.append(time.monotonic() - began_s)


def fill_disk(run: Chaos, seconds: float) -> None:
    """Fill the broker's disk until it fails, free it, and start Kafka again if it ended."""
    began_s = time.monotonic()
    ballast = run.broker.folder / "ballast"
    with ballast.open("wb") as file:
        file.write(b"\0" * max(0, shutil.disk_usage(run.broker.folder).free - 4096))
    run.wait_a_while(seconds)
    ballast.unlink()
    port = int(run.broker.bootstrap_servers.rpartition(":")[2])
    run.broker = start_broker(run.broker.folder, port, heap_mb=256)
    run.outages_s.append(time.monotonic() - began_s)


def restart_seedlink(run: Chaos) -> None:
    """SIGKILL the SeedLink server; it comes back with the same records and clock."""
    if "--go-on" not in run.replay.command:
        run.replay.command = [*run.replay.command, "--go-on"]
    run.kill("replay")


def lose_ring(run: Chaos, data_s: float) -> None:
    """SIGKILL the SeedLink server; it comes back later, with nothing from before it is back.

    From then on a worker fills gaps from the archive.
    """
    began_s, settings = time.monotonic(), run.system.settings
    run.take_away(run.replay)
    assert settings.clock.replay is not None
    clock = load_replay_clock(settings.clock.replay)
    back_ns = clock.now_ns() + round(1e9 * data_s)
    left = run.system.folder / "after-the-loss.mseed"
    index = index_records([run.system.archive.waveforms], TimeSpan(back_ns, 2 * back_ns))
    left.write_bytes(b"".join(record.payload for record in archive_records(index)))
    command = [*run.replay.command, "--go-on"]
    command[command.index(str(run.system.archive.waveforms))] = str(left)
    run.replay.command = command
    run.wait_a_while(max(0.0, (back_ns - clock.now_ns()) / 1e9 / clock.speed))
    run.system.supervisor.add([run.replay, filler_of(run.system.config, settings)])
    run.outages_s.append(time.monotonic() - began_s)


def cut_network(run: Chaos, seconds: float) -> None:
    """Break the line to the SeedLink server."""
    run.proxy.cut()
    run.wait_a_while(seconds)
    run.proxy.restore()
    run.outages_s.append(seconds)


def slow_network(run: Chaos, seconds: float, delay_s: float = 0.05) -> None:
    """Let every piece of the SeedLink line wait."""
    run.proxy.delay_s = delay_s
    run.wait_a_while(seconds)
    run.proxy.delay_s = 0.0


def poison(run: Chaos) -> None:
    """Put bytes that are no record onto topics of waveforms and of records."""
    now = {"received_ns": str(run.system.archive.start_ns).encode()}
    send(
        run.system.settings,
        [
            (WAVEFORMS.name, 0, b"XS.S001", b"\0" * 512, now),
            (PICKS.name, 0, b"poison", b"\xc1", {}),
            (EVENTS.name, 0, b"poison", b"\xc1", {}),
        ],
    )


def lock_store(run: Chaos, seconds: float) -> None:
    """Hold the database, so that nothing can be written."""
    file = run.system.settings.store.url.removeprefix("sqlite:///")
    with closing(sqlite3.connect(file, isolation_level=None)) as lock:
        lock.execute("begin immediate")
        run.wait_a_while(seconds)
        lock.execute("rollback")


def repeat_records(run: Chaos, n_records: int) -> None:
    """Send records of the past again, in any order: doubles, and late by up to all there is."""
    kafka = run.system.settings.kafka
    sent = run.messages(WAVEFORMS)
    chosen = run.rng.permutation(len(sent))[:n_records]
    prefix = len(kafka.topic_prefix)
    messages = [sent[place] for place in chosen]
    send(
        run.system.settings,
        [(one.topic[prefix:], one.partition, one.key, one.value, one.headers) for one in messages],
    )


def serve_twice(run: Chaos, seconds: float) -> None:
    """A second SeedLink server with the same stations, and an ingest that reads it."""
    (port,) = free_ports(1)
    command = [*run.replay.command, "--go-on"]
    command[command.index("--port") + 1] = str(port)
    server = Worker("replay-2", command, run.system.log("replay-2"))
    old = f"port = {run.system.settings.ingest.port}"
    ingest = _twin(run, "ingest", 0, {old: f'port = {port}\nresume_file = "resume-2.json"'})
    for worker in (server, ingest):
        worker.start()
    run.wait_a_while(seconds)
    for worker in (ingest, server):
        _stop(worker)


def step_clock(run: Chaos, seconds: float) -> None:
    """Set the wall clock of all workers but the server's forward or back."""
    run.clock_file.write_text(f"{seconds:g}")


def scale(run: Chaos, role: str, extra: int, seconds: float) -> None:
    """Run more workers of a role beside the first for a while, then stop them."""
    added = [_twin(run, role, number) for number in range(extra)]
    for worker in added:
        worker.start()
    run.wait_a_while(seconds)
    for worker in added:
        _stop(worker)


def _twin(run: Chaos, role: str, number: int, changes: Mapping[str, str] | None = None) -> Worker:
    (base_port,) = free_ports(1, run_of=len(WORKERS))
    text = run.system.config.read_text()
    old = f"base_port = {run.system.settings.metrics.base_port}"
    for line, other in {old: f"base_port = {base_port}", **(changes or {})}.items():
        assert text.count(f"\n{line}\n") == 1, line
        text = text.replace(f"\n{line}\n", f"\n{other}\n")
    config = run.system.config.with_name(f"twin-{role}-{number}.toml")
    config.write_text(text)
    (worker,) = supervisor_of(config, load_settings(config), (role,)).workers
    worker.log_file = run.system.log(f"{role}-{number}")
    return worker


def _stop(worker: Worker) -> None:
    assert worker.process is not None
    worker.process.send_signal(signal.SIGTERM)
    worker.process.wait(30.0)
