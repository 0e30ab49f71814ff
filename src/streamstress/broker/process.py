"""Start, stop and look at the embedded broker.

One folder holds all of it::

    data/              Kafka's logs
    broker.json        pid and ports of the running (or last) broker
    broker.log         Kafka's log (rolling)        broker.out  what Java printed itself
    server.properties  log4j2.xml                   written at each start

The broker outlives the program that started it: ``stop_broker`` ends it.
"""

import asyncio
import base64
import fcntl
import json
import os
import signal
import subprocess
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from streamstress.broker.java import java_program, kafka_class_path
from streamstress.broker.ports import LOOPBACK, free_ports, is_free, require_free_port
from streamstress.broker.properties import LOG4J_CONFIGURATION, server_properties
from streamstress.broker.topics import wait_for_broker
from streamstress.errors import BrokerError

_START_TIMEOUT_S = 90.0
_STOP_TIMEOUT_S = 60.0
_KILL_TIMEOUT_S = 10.0
_POLL_S = 0.1


@dataclass(frozen=True, slots=True)
class Broker:
    """A running embedded broker."""

    bootstrap_servers: str
    pid: int
    folder: Path


@dataclass(frozen=True, slots=True)
class BrokerStatus:
    """What is known of the broker of a folder; ``broker`` is None when none runs."""

    folder: Path
    broker: Broker | None
    answers: bool
    last_log_lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _State:
    pid: int
    port: int
    controller_port: int


def start_broker(folder: Path, port: int = 0, heap_mb: int = 384) -> Broker:
    """Start Kafka with its data in ``folder`` and wait until it answers.

    Blocks for some seconds: call it outside an event loop (or by ``asyncio.to_thread``). If the
    folder's broker runs already, that one is returned. Data of an earlier broker, killed or
    stopped, are kept.

    Parameters
    ----------
    folder
        Made if it does not exist.
    port
        Loopback port; 0 takes the folder's last port if it is free, else any free one.
    heap_mb
        Java heap in MB; the process takes about 250 MB more.

    Raises
    ------
    PortInUseError
        Another program listens on ``port``.
    BrokerError
        Kafka cannot be had or does not start; the message ends with the log's last lines.
    """
    folder = folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    with _only_starter(folder):
        state = _read_state(folder)
        if state and _runs(state, folder):
            _require_port(state, folder, port)
            # A broker that was just killed is still there for a moment: then a new one starts.
            if _wait_until_ready(state, folder):
                return _broker(state, folder)
        state = _launch(folder, *_choose_ports(port, state), heap_mb)
        try:
            if not _wait_until_ready(state, folder):
                raise BrokerError(_failure("Kafka ended while starting", folder))
        except BaseException:
            _end_process(state, folder, _KILL_TIMEOUT_S)
            raise
        return _broker(state, folder)


def stop_broker(folder: Path, timeout_s: float = _STOP_TIMEOUT_S) -> bool:
    """Stop the folder's broker cleanly; kill it only if it still runs after ``timeout_s``.

    Returns
    -------
    False if no broker was running.
    """
    folder = folder.resolve()
    state = _read_state(folder)
    if state is None or not _runs(state, folder):
        return False
    _end_process(state, folder, timeout_s)
    return True


def broker_status(folder: Path) -> BrokerStatus:
    """Tell whether the folder's broker runs and answers."""
    folder = folder.resolve()
    state = _read_state(folder)
    lines = _last_log_lines(folder, 5)
    if state is None or not _runs(state, folder):
        return BrokerStatus(folder, None, answers=False, last_log_lines=lines)
    answers = _answers(state, timeout_s=5.0)
    return BrokerStatus(folder, _broker(state, folder), answers, lines)


@contextmanager
def running_broker(folder: Path, port: int = 0, heap_mb: int = 384) -> Iterator[Broker]:
    """Run a broker for the time of a ``with`` block."""
    try:
        yield start_broker(folder, port, heap_mb)
    finally:
        stop_broker(folder)


def _require_port(state: _State, folder: Path, port: int) -> None:
    if port not in (0, state.port):
        raise BrokerError(
            f"the broker of {folder} runs already (pid {state.pid}) on port {state.port}, not on "
            f"{port}: stop it first, or leave the port out"
        )


def _choose_ports(port: int, last: _State | None) -> tuple[int, int]:
    if port:
        require_free_port(port, "the Kafka broker")
    elif last and is_free(last.port):
        port = last.port
    chosen = [free for free in free_ports(3) if free != port]
    return port or chosen.pop(), chosen.pop()


def _launch(folder: Path, port: int, controller_port: int, heap_mb: int) -> _State:
    class_path = os.pathsep.join(map(str, kafka_class_path()))
    java = java_program()
    properties = folder / "server.properties"
    properties.write_text(server_properties(folder / "data", port, controller_port))
    log4j = folder / "log4j2.xml"
    log4j.write_text(LOG4J_CONFIGURATION.format(log_file=folder / "broker.log"))
    command = [str(java), f"-Dlog4j2.configurationFile={log4j}", "-cp", class_path]
    _format_once(folder, [*command, "-XX:TieredStopAtLevel=1"], properties)
    options = [f"-Xmx{heap_mb}m", "-XX:+UseG1GC", "-XX:+ExitOnOutOfMemoryError"]
    with (folder / "broker.out").open("wb") as output:
        process = subprocess.Popen(  # noqa: S603
            [*command, *options, "kafka.Kafka", str(properties)],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            # An own group: Ctrl-C in the terminal ends the pipeline first, then the broker.
            start_new_session=True,
        )
    state = _State(process.pid, port, controller_port)
    _write_state(folder, state)
    return state


def _format_once(folder: Path, command: list[str], properties: Path) -> None:
    """Give a new data folder its cluster id; an interrupted format is simply done again."""
    if (folder / "data" / "meta.properties").exists():
        return
    cluster_id = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
    tool = ["kafka.tools.StorageTool", "format", "--ignore-formatted"]
    result = subprocess.run(  # noqa: S603
        [*command, *tool, f"--cluster-id={cluster_id}", "-c", str(properties)],
        capture_output=True,
        text=True,
        check=False,
    )
    if result.returncode:
        raise BrokerError(
            f"Kafka cannot prepare {folder / 'data'}: {(result.stdout + result.stderr).strip()}"
        )


def _wait_until_ready(state: _State, folder: Path) -> bool:
    """Wait until the broker answers; False if its process has ended."""
    give_up_at = time.monotonic() + _START_TIMEOUT_S
    while _runs(state, folder):
        if not is_free(state.port) and _answers(state, timeout_s=0.0):
            return True
        if time.monotonic() > give_up_at:
            raise BrokerError(_failure(f"Kafka gave no answer in {_START_TIMEOUT_S:.0f} s", folder))
        time.sleep(_POLL_S)
    return False


def _answers(state: _State, timeout_s: float) -> bool:
    try:
        asyncio.run(wait_for_broker(f"{LOOPBACK}:{state.port}", timeout_s))
    except BrokerError:
        return False
    return True


def _end_process(state: _State, folder: Path, timeout_s: float) -> None:
    for kind, wait_s in ((signal.SIGTERM, timeout_s), (signal.SIGKILL, _KILL_TIMEOUT_S)):
        with suppress(ProcessLookupError):
            os.kill(state.pid, kind)
        give_up_at = time.monotonic() + wait_s
        while time.monotonic() < give_up_at:
            if not _runs(state, folder):
                return
            time.sleep(_POLL_S)
    raise BrokerError(f"the broker of {folder} (pid {state.pid}) does not end, not even by SIGKILL")


def _runs(state: _State, folder: Path) -> bool:
    """Tell whether the process is there and is this folder's broker.

    After a reboot the pid of an old state file may belong to any other program.
    """
    alive_child = False
    with suppress(ChildProcessError):
        alive_child = os.waitpid(state.pid, os.WNOHANG) == (0, 0)
    command_line = _command_line(state.pid)
    if not command_line:
        return alive_child  # a child has no command line yet in its first moment
    return str(folder / "server.properties") in command_line


def _command_line(pid: int) -> str:
    """Command line of a process, empty if there is none or it has ended."""
    entry = Path(f"/proc/{pid}/cmdline")
    if Path("/proc/self").exists():
        try:
            return entry.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            return ""
    listing = ["ps", "-ww", "-o", "command=", "-p", str(pid)]
    return subprocess.run(listing, capture_output=True, text=True, check=False).stdout  # noqa: S603


@contextmanager
def _only_starter(folder: Path) -> Iterator[None]:
    """Let one program at a time start this folder's broker; the others then find it running."""
    with (folder / "start.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _failure(what: str, folder: Path) -> str:
    lines = "\n  ".join(_last_log_lines(folder, 12))
    return f"{what}; the last lines of {folder / 'broker.log'} and broker.out:\n  {lines}"


def _last_log_lines(folder: Path, count: int) -> tuple[str, ...]:
    lines: list[str] = []
    for name in ("broker.log", "broker.out"):
        with suppress(OSError):
            lines += (folder / name).read_text(errors="replace").splitlines()[-count:]
    return tuple(lines)


def _broker(state: _State, folder: Path) -> Broker:
    return Broker(f"{LOOPBACK}:{state.port}", state.pid, folder)


def _write_state(folder: Path, state: _State) -> None:
    temporary = folder / "broker.json.tmp"
    temporary.write_text(json.dumps(asdict(state)))
    temporary.replace(folder / "broker.json")


def _read_state(folder: Path) -> _State | None:
    try:
        return _State(**json.loads((folder / "broker.json").read_text()))
    except (OSError, ValueError, TypeError):
        return None
