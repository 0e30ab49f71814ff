"""A real Prometheus and a real Alertmanager on loopback, for the time of a test."""

import json
import shutil
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from programs import require_program

from streamstress.stream.ports import free_ports

HOST = "127.0.0.1"
DEPLOY = Path(__file__).parents[2] / "deploy"
RULES = DEPLOY / "prometheus/streamstress.rules.yml"


@dataclass(frozen=True, slots=True)
class Server:
    """A running server."""

    url: str

    def get(self, path: str, **parameters: object) -> Any:
        """The JSON of an address."""
        asked = f"{self.url}{path}?{urllib.parse.urlencode(parameters, doseq=True)}"
        with urllib.request.urlopen(asked, timeout=10.0) as answer:
            return json.loads(answer.read())

    def post(self, path: str, body: object) -> None:
        """Send JSON to an address."""
        asked = urllib.request.Request(
            self.url + path, json.dumps(body).encode(), {"Content-Type": "application/json"}
        )
        urllib.request.urlopen(asked, timeout=10.0).close()

    def answers(self, path: str) -> bool:
        with suppress(urllib.error.URLError, OSError), urllib.request.urlopen(self.url + path):
            return True
        return False


@dataclass(frozen=True, slots=True)
class Prometheus(Server):
    """A Prometheus that scrapes every second."""

    def values(self, expr: str) -> dict[frozenset[tuple[str, str]], float]:
        """Values of an expression now, by labels."""
        result = self.get("/api/v1/query", query=expr)["data"]["result"]
        return {frozenset(row["metric"].items()): float(row["value"][1]) for row in result}

    def course(self, expr: str, last_s: float) -> list[Any]:
        """Series of an expression over the last seconds."""
        now = time.time()
        span = {"start": now - last_s, "end": now, "step": 1}
        return list(self.get("/api/v1/query_range", query=expr, **span)["data"]["result"])


@contextmanager
def prometheus(
    folder: Path, targets: Sequence[str], alertmanager: Server | None = None
) -> Iterator[Prometheus]:
    """Run Prometheus with our alert rules, judged every second."""
    program = require_program("prometheus", "prometheus")
    (port,) = free_ports(1)
    config: dict[str, Any] = {
        "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
        "rule_files": [str(RULES)],
        "scrape_configs": [
            {"job_name": "streamstress", "static_configs": [{"targets": list(targets)}]}
        ],
    }
    if alertmanager is not None:
        place = {"targets": [alertmanager.url.removeprefix("http://")]}
        config["alerting"] = {"alertmanagers": [{"static_configs": [place]}]}
    file = folder / "prometheus.yml"
    file.write_text(yaml.safe_dump(config))
    command = [
        program, f"--config.file={file}", f"--web.listen-address={HOST}:{port}",
        f"--storage.tsdb.path={folder / 'tsdb'}", "--log.level=warn",
    ]  # fmt: skip
    with _running(command, folder / "prometheus.log"):
        server = Prometheus(f"http://{HOST}:{port}")
        wait(lambda: server.answers("/-/ready"), 30.0, "Prometheus ready")
        yield server


@contextmanager
def alertmanager(folder: Path, config: object) -> Iterator[Server]:
    """Run Alertmanager by itself, in no cluster."""
    # Debian's name of it, and that of its makers.
    named = "alertmanager" if shutil.which("alertmanager") else "prometheus-alertmanager"
    program = require_program(named, "prometheus-alertmanager")
    (port,) = free_ports(1)
    file = folder / "alertmanager.yml"
    file.write_text(yaml.safe_dump(config))
    command = [
        program, f"--config.file={file}", f"--web.listen-address={HOST}:{port}",
        f"--storage.path={folder / 'alertmanager'}", "--cluster.listen-address=",
        "--log.level=warn",
    ]  # fmt: skip
    with _running(command, folder / "alertmanager.log"):
        server = Server(f"http://{HOST}:{port}")
        wait(lambda: server.answers("/-/ready"), 30.0, "Alertmanager ready")
        yield server


def wait(condition: Callable[[], object], at_most_s: float, what: str) -> None:
    """Return once something holds."""
    give_up_at = time.monotonic() + at_most_s
    while not condition():
        if time.monotonic() > give_up_at:
            raise TimeoutError(f"not within {at_most_s:.0f} s: {what}")
        time.sleep(0.1)


@contextmanager
def _running(command: Sequence[str], log: Path) -> Iterator[None]:
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, cwd=log.parent)
        try:
            yield
        finally:
            process.terminate()
            process.wait(timeout=20)
