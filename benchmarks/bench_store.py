"""The store's three questions on a million mechanisms, on SQLite.

``--mechanisms N`` rows of made-up earthquakes in clusters over 20 degrees and 20 years, twenty
regions, a stress estimate for every tenth event. ``bench_postgres.py`` asks PostgreSQL the same.
"""

import argparse
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from document import markdown_table, provenance
from sqlalchemy import Table, insert

from streamstress.outputs.database import connect
from streamstress.outputs.exchange.selection import Box, Selection
from streamstress.outputs.migrations import upgrade
from streamstress.outputs.store import Store
from streamstress.outputs.store_reader import StoreReader
from streamstress.outputs.store_rows import cell_row, event_row, mechanism_row
from streamstress.outputs.tables import CELLS, EVENTS, HISTORY, MECHANISMS, STRESS
from streamstress.records import (
    Axis,
    Event,
    Mechanism,
    MechanismSolution,
    Origin,
    StressChange,
    StressEstimate,
)
from streamstress.wire.codec import encode

START_NS = 1_000_000_000 * 10**9
YEARS = 20
NS_A_YEAR = 31_557_600 * 10**9
REGIONS = 20
CLUSTERS = 2000
CHANGES_A_REGION = 5
BATCH = 5000
QUESTIONS = 100
WINDOW_NS = 30 * 86_400 * 10**9


def run(arguments: list[str]) -> str:
    """Table of the times of the three questions."""
    parser = argparse.ArgumentParser(prog="bench_store.py")
    parser.add_argument("--mechanisms", type=int, default=1_000_000)
    parser.add_argument("--file", type=Path, help="made and kept; asked as it is if it is there")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        path = options.file or Path(folder) / "bench.db"
        url, how = f"sqlite:///{path}", "filled before"
        if not path.exists():
            how = f"filled in {fill(url, options.mechanisms):.0f} s"
        size = path.stat().st_size / 2**30
        load = os.getloadavg()[0]
        rows = measured("SQLite", url)
    command = " ".join(["python benchmarks/bench.py store --", *arguments])
    return told(command, options.mechanisms, rows, f"{size:.1f} GiB, {how}", load)


def told(command: str, count: int, rows: list[list[str]], how: str, load: float) -> str:
    """The table with what it was made by."""
    head = ["database", "question", "answer"]
    head += [f"{name}, {part}" for name in ("CPU", "wall") for part in ("best", "median", "95 %")]
    words = (
        f"{provenance(command)}; {count:,} events with a mechanism each, {how}. CPU of this "
        f"process and the server's, and wall clock, ms, of {QUESTIONS} questions each in turn, "
        "with random places and times, answer decoded; "
        f"{os.cpu_count()} cores with a load of {load:.0f} before."
    )
    return "\n\n".join([words, markdown_table(head, rows)])


def measured(name: str, url: str) -> list[list[str]]:
    """Rows of the table for one database."""
    reader = StoreReader.open(url)
    asked = questions(reader, np.random.default_rng(5))
    server_ns = server_cpu(reader)
    times: dict[str, list[tuple[float, float, int]]] = {question: [] for question in asked}
    for _ in range(QUESTIONS):
        for question, ask in asked.items():
            cpu, wall = time.process_time_ns() + server_ns(), time.perf_counter_ns()
            size = ask()
            spent = time.perf_counter_ns() - wall
            times[question].append((time.process_time_ns() + server_ns() - cpu, spent, size))
    reader.close()
    lines = []
    for question, found in times.items():
        cpu_ns, wall_ns, sizes = np.array(found).T
        spans = [np.percentile(one / 1e6, (0, 50, 95)) for one in (cpu_ns, wall_ns)]
        figures = [f"{value:.1f}" for span in spans for value in span]
        lines.append([name, question, f"{np.median(sizes):.0f} rows", *figures])
    return lines


def server_cpu(reader: StoreReader) -> Callable[[], int]:
    """Processor time of the server's process for this connection, ns; none of SQLite."""
    engine = reader._engine
    if engine.dialect.name == "sqlite":
        return lambda: 0
    with engine.connect() as connection:
        pid = connection.exec_driver_sql("select pg_backend_pid()").scalar()
    schedule = Path(f"/proc/{pid}/schedstat")
    return lambda: int(schedule.read_text().split()[0])


def questions(reader: StoreReader, rng: np.random.Generator) -> dict[str, Callable[[], int]]:
    """What is asked, each with random arguments; an answer is the number of its rows."""
    centres = cluster_centres()

    def place() -> tuple[float, float]:
        longitude, latitude = centres[rng.integers(CLUSTERS)]
        return float(latitude), float(longitude)

    def time_ns() -> int:
        return START_NS + int(rng.uniform(0.1, 1.0) * YEARS * NS_A_YEAR)

    def stress() -> int:
        return int(reader.stress_at(*place(), time_ns(), within_km=2000.0) is not None)

    def box(size_deg: float, years: float | None) -> Callable[[], int]:
        def ask() -> int:
            latitude, longitude = place()
            half = size_deg / 2
            asked = Box(longitude - half, latitude - half, longitude + half, latitude + half)
            until = None if years is None else time_ns()
            since = None if until is None else until - int(years * NS_A_YEAR)
            wanted = Selection(since, until, asked, "ABC")
            return len(reader.latest_mechanisms(wanted=wanted, limit=1000))

        return ask

    def known() -> int:
        region, number = rng.integers(REGIONS), rng.integers(CHANGES_A_REGION)
        told = reader.alarms.known_when_opened(
            f"r{region}-{number}", change_time_ns(int(number)) - WINDOW_NS
        )
        return 0 if told is None else len(told.mechanisms) + len(told.estimates)

    return {
        "stress at a place and time": stress,
        "grades A to C in a box of 0.2°": box(0.2, None),
        "grades A to C in a box of 2°, one year": box(2.0, 1.0),
        "newest 1,000 of grades A to C in a box of 2°": box(2.0, None),
        "what was known when the alarm opened (newest 500 of 30 days)": known,
    }


def cluster_centres() -> np.ndarray:
    """Longitude and latitude of the clusters, degrees."""
    return np.random.default_rng(1).uniform((125.0, 25.0), (145.0, 45.0), (CLUSTERS, 2))


def change_time_ns(number: int) -> int:
    """Time at which the changes of this number open."""
    return START_NS + (number + 1) * YEARS * NS_A_YEAR // (CHANGES_A_REGION + 1)


def fill(url: str, count: int) -> float:
    """Make tables and rows; wall seconds."""
    began = time.perf_counter()
    engine = connect(url)
    upgrade(engine)
    for batch in batches(count):
        with engine.begin() as connection:
            for table, rows in batch:
                connection.execute(insert(table), rows)
    store = Store.open(url)
    for change in changes():
        store.save(change)
    store.close()
    engine = connect(url)
    with engine.begin() as connection:
        connection.exec_driver_sql("analyze")
    return time.perf_counter() - began


def batches(count: int) -> Iterator[list[tuple[Table, list[dict[str, object]]]]]:
    """Rows of the tables, so many at a time."""
    rng = np.random.default_rng(2)
    centres = cluster_centres()
    times = START_NS + np.sort(rng.integers(0, YEARS * NS_A_YEAR, count))
    yield [(CELLS, [cell_row(estimate(region, 0, START_NS)) for region in range(REGIONS)])]
    for start in range(0, count, BATCH):
        held: dict[str, list[dict[str, object]]] = {"e": [], "m": [], "h": [], "s": []}
        for number in range(start, min(start + BATCH, count)):
            place = centres[rng.integers(CLUSTERS)] + rng.normal(0.0, 0.05, 2)
            add_event(held, number, int(times[number]), place, "ABCDEF"[rng.integers(6)])
        yield [(EVENTS, held["e"]), (MECHANISMS, held["m"]), (HISTORY, held["h"])]
        if held["s"]:
            yield [(STRESS, held["s"])]


def add_event(
    held: dict[str, list[dict[str, object]]],
    number: int,
    time_ns: int,
    place: np.ndarray,
    grade: str,
) -> None:
    """Add one event, its mechanism in two versions, and now and then an estimate."""
    longitude, latitude = float(place[0]), float(place[1])
    region = region_of(longitude)
    event = made_event(f"e{number:07d}", region, time_ns, latitude, longitude)
    held["e"].append(event_row(event, encode(event)))
    for version in (1, 2):
        solved = made_mechanism(event, grade, version)
        record = encode(solved)
        held["h"].append(
            {
                "kind": "mechanism", "record_id": event.event_id, "version": version,
                "model": "bench", "region": event.region, "status": "final", "time_ns": time_ns,
                "sent_ns": solved.sent_ns, "stored_ns": solved.sent_ns, "record": record,
            }
        )  # fmt: skip
    held["m"].append(mechanism_row(solved, record))
    if number % 10 == 0:
        told = estimate(int(event.region[1:]), number, time_ns)
        held["s"].append(
            {
                "cell": told.cell, "version": told.version, "region": told.region,
                "method": told.method, "data_time_ns": time_ns, "sent_ns": told.sent_ns,
                "stored_ns": told.sent_ns, "record": encode(told),
            }
        )  # fmt: skip


def region_of(longitude: float) -> str:
    """Region of a longitude: strips of one degree."""
    return f"r{min(max(int(longitude - 125.0), 0), REGIONS - 1)}"


def made_event(name: str, region: str, time_ns: int, latitude: float, longitude: float) -> Event:
    """An event without arrivals."""
    origin = Origin(
        time_ns=time_ns, latitude_deg=latitude, longitude_deg=longitude, depth_km=10.0,
        depth_fixed=False, covariance=((0.1, 0.0, 0.0, 0.0),) * 4, horizontal_error_km=0.3,
        depth_error_km=0.5, rms_s=0.1, gap_deg=60.0, velocity_model="bench",
    )  # fmt: skip
    return Event(
        event_id=name, version=2, status="final", region=region, kind="earthquake",
        origin=origin, arrivals=(), sent_ns=time_ns + 30 * 10**9,
    )  # fmt: skip


def made_mechanism(event: Event, grade: str, version: int) -> Mechanism:
    """A mechanism; the second version comes a minute after the first."""
    solution = MechanismSolution(
        strike_deg=30.0, dip_deg=60.0, rake_deg=0.0, auxiliary_strike_deg=120.0,
        auxiliary_dip_deg=90.0, auxiliary_rake_deg=150.0, probability=0.9,
        plane_uncertainty_deg=20.0, plane_uncertainty_aux_deg=20.0,
    )  # fmt: skip
    return Mechanism(
        event_id=event.event_id, version=version, model="bench", status="final",
        region=event.region, grade=grade, grade_reason="made up",
        origin_time_ns=event.origin.time_ns, latitude_deg=event.origin.latitude_deg,
        longitude_deg=event.origin.longitude_deg, depth_km=10.0, magnitude=1.5,
        solutions=(solution,), misfit=0.1, stdr=0.6, n_polarity=14, n_sp=0,
        azimuth_gap_deg=40.0, takeoff_gap_deg=30.0, sp_misfit=None,
        sent_ns=event.sent_ns + version * 60 * 10**9,
    )  # fmt: skip


def estimate(region: int, version: int, time_ns: int) -> StressEstimate:
    """A stress estimate of a region's only cell."""
    axis = Axis(azimuth_deg=90.0, plunge_deg=0.0)
    return StressEstimate(
        cell=f"r{region}", region=f"r{region}", version=version, data_time_ns=time_ns,
        window_start_ns=time_ns - WINDOW_NS, latitude_deg=35.0, longitude_deg=125.5 + region,
        n_events=60, effective_events=50.0,
        tensor=dict.fromkeys(("ee", "en", "eu", "nn", "nu", "uu"), 0.1), s1=axis, s2=axis, s3=axis,
        r=0.5, phi=0.5, phi_interval95=(0.3, 0.7), phi_reliable=True, shmax_deg=90.0,
        shmax_interval95_deg=(80.0, 100.0), shmax_defined=True, a_phi=1.5, regime="SS",
        wsm_quality="A", misfit_deg=10.0, method="bench", sent_ns=time_ns + 120 * 10**9,
    )  # fmt: skip


def changes() -> Iterator[StressChange]:
    """Changes of every region that open and are confirmed."""
    axis = Axis(azimuth_deg=90.0, plunge_deg=0.0)
    for region in range(REGIONS):
        for number in range(CHANGES_A_REGION):
            at_ns = change_time_ns(number)
            for version, state in ((1, "open"), (2, "confirmed")):
                yield StressChange(
                    change_id=f"r{region}-{number}", version=version, region=f"r{region}",
                    state=state, time_ns=at_ns, event_id="e", onset_time_ns=at_ns - WINDOW_NS,
                    onset_event_id="e", n_since_onset=30, rotation_deg=30.0,
                    rotation_interval95_deg=(20.0, 40.0), rotation_p_value=0.001,
                    shmax_before_deg=90.0, shmax_after_deg=120.0, shmax_change_deg=30.0,
                    shmax_change_interval95_deg=(20.0, 40.0), s1_before=axis, s1_after=axis,
                    s3_before=axis, s3_after=axis, score=15.0, threshold=14.0,
                    false_alarms_per_1e4=1.0, guards={}, sent_ns=at_ns + version * 3600 * 10**9,
                )  # fmt: skip
