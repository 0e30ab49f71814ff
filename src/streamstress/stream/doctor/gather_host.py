"""Asking the workers, and looking at files and disks."""

import shutil
import statistics
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy.exc import DatabaseError

from streamstress.config import Settings
from streamstress.errors import StoreError, StreamstressError
from streamstress.outputs.database import connect
from streamstress.outputs.migrations import schema_state
from streamstress.outputs.store_reader import StoreReader
from streamstress.stream.addresses import metrics_port
from streamstress.stream.doctor.facts import Disk, Residuals, StoreFacts, WorkerFacts
from streamstress.stream.roles import WORKERS

SQLITE = "sqlite:///"
TIMEOUT_S = 3.0
NEWEST_EVENTS = 100
"""Events whose residuals are looked at."""
ASKED = {
    "streamstress_build_info": "version",
    "streamstress_model_loaded": "stage",
    "streamstress_feed_silence_seconds": "station",
    "streamstress_data_age_seconds": "station",
}
"""Metrics that are looked at, with the label by which they are kept."""


def worker_facts(settings: Settings) -> dict[str, WorkerFacts]:
    """What each worker answers on its probes and metrics."""
    return {role: _worker(settings, role) for role in WORKERS}


def _worker(settings: Settings, role: str) -> WorkerFacts:
    is_web = role == "web"
    host = settings.web.host if is_web else settings.metrics.host
    port = settings.web.port if is_web else metrics_port(settings, role)
    # A worker that listens on all addresses is asked at this machine's own.
    address = f"http://{'127.0.0.1' if host in ('0.0.0.0', '::') else host}:{port}"  # noqa: S104
    alive = _fetch(f"{address}/healthz")
    if alive is None:
        return WorkerFacts(address, answers=False)
    dead = None if alive[0] == 200 else alive[1]
    if is_web:
        return WorkerFacts(address, answers=True, dead=dead)
    status, text = _fetch(f"{address}/readyz") or (503, "it has just ended")
    metrics = _fetch(f"{address}/metrics")
    values = dict(_values(metrics[1])) if metrics is not None and metrics[0] == 200 else {}
    return WorkerFacts(
        address, answers=True, dead=dead, waits_for=None if status == 200 else text, metrics=values
    )


def _fetch(url: str) -> tuple[int, str] | None:
    try:
        with urllib.request.urlopen(url, timeout=TIMEOUT_S) as answer:  # noqa: S310 - http by caller
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode(errors="replace").strip()
    except OSError:
        return None


def _values(text: str) -> Iterator[tuple[tuple[str, str], float]]:
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            if sample.name in ASKED:
                yield (sample.name, sample.labels.get(ASKED[sample.name], "")), sample.value


def disk_facts(settings: Settings) -> list[Disk]:
    """Room where the run's files and the embedded broker's data lie, each disk once."""
    folders = {"database, logs and resume file": settings.run_folder}
    if settings.kafka.bootstrap_servers is None:
        folders["Kafka"] = settings.kafka.embedded_folder
    found: dict[int, Disk] = {}
    for use, folder in folders.items():
        there = _existing(folder)
        usage, device = shutil.disk_usage(there), there.stat().st_dev
        use = f"{found[device].use} and {use}" if device in found else use
        found[device] = Disk(use, settings.run_folder, usage.free, usage.total)
    return list(found.values())


def _existing(folder: Path) -> Path:
    """The folder, or the nearest one above it that exists."""
    folder = folder.resolve()
    return next(path for path in (folder, *folder.parents) if path.exists())


def missing_models(settings: Settings) -> list[str]:
    """Sentences of model files that the settings name and that are not there."""
    told = []
    weights = settings.polarity.weights
    if weights is not None and not weights.exists():
        told.append(f"polarity.weights: no file {weights}")
    _, _, source = settings.picking.picker.partition(":")
    if "/" in source:
        base = source.removesuffix(".pt").removesuffix(".json")
        gone = [f"{base}{end}" for end in (".json", ".pt") if not Path(f"{base}{end}").exists()]
        told += [f"picking.picker: no file {path}" for path in gone]
    return told


def store_facts(settings: Settings) -> StoreFacts:
    """Median P residual of each station in the newest events; nothing before the first start."""
    url = settings.store.url
    if url.startswith(SQLITE) and not Path(url.removeprefix(SQLITE)).exists():
        return StoreFacts(exists=False)
    try:
        residuals = _read(url)
    except StreamstressError as error:
        return StoreFacts(trouble=str(error))
    except DatabaseError as error:
        return StoreFacts(trouble=str(error.orig))
    return StoreFacts(
        residuals={code: Residuals(statistics.median(r), len(r)) for code, r in residuals.items()}
    )


def _read(url: str) -> dict[str, list[float]]:
    """P residuals by station; opened without bringing the schema up, which changes the database."""
    engine = connect(url)
    try:
        if not schema_state(engine).is_current:
            raise StoreError(
                "its schema is not that of this program; the store worker brings it up at its "
                "start, or: streamstress store upgrade"
            )
        return _residuals(StoreReader(engine))
    finally:
        engine.dispose()


def _residuals(reader: StoreReader) -> dict[str, list[float]]:
    found: dict[str, list[float]] = {}
    for row in reader.latest_events(limit=NEWEST_EVENTS):
        detail = reader.event(row.event_id)
        for arrival in detail.event.arrivals if detail is not None else ():
            if arrival.phase == "P":
                found.setdefault(arrival.station, []).append(arrival.residual_s)
    return found
