"""The whole chain over many seeds: its accuracy and its false alarms.

Every role runs as on Kafka, but in one process (`stream.chain`), so that a seed costs about two
minutes of one core. The table goes into docs/accuracy.md.
"""

import argparse
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from document import provenance

from streamstress.cli.demo_config import write_config
from streamstress.config import load_settings
from streamstress.outputs.report import build_report
from streamstress.outputs.store import Store
from streamstress.simulate.archive import write_archive
from streamstress.simulate.scenario import Scenario, named_scenario
from streamstress.simulate.truth import read_truth
from streamstress.stream.chain import run_archive
from streamstress.stream.roles import BUILDERS, build_role

UNUSED_PORTS = {"kafka_port": 19092, "seedlink_port": 18000, "web_port": 8080, "metrics_port": 9600}
ROTATION_TOLERANCE_DEG = 10.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one seed of a scenario gave."""

    scenario: str
    seed: int
    report: dict[str, Any]

    @property
    def alarms(self) -> list[dict[str, Any]]:
        """Open alarms, first first."""
        return list(self.report["alarms"])

    @property
    def is_right(self) -> bool:
        """No alarm where nothing changed; else one after the change, of the right size."""
        truth = self.report["truth"]
        if truth["change_time"] is None:
            return not self.alarms
        if len(self.alarms) != 1:
            return False
        alarm = self.alarms[0]
        off_deg = abs(alarm["rotation_deg"] - truth["rotation_deg"])
        return bool(alarm["time"] > truth["change_time"] and off_deg <= ROTATION_TOLERANCE_DEG)


def outcome_of(scenario: Scenario, folder: Path) -> Outcome:
    """Simulate a scenario in a folder and put it through the chain."""
    archive = write_archive(scenario, folder / "archive")
    config = write_config(
        folder / "streamstress.toml",
        archive,
        name=scenario.name,
        seed=scenario.seed,
        speed=1.0,
        scenario=scenario,
        ports=UNUSED_PORTS,
    )
    settings = load_settings(config)
    settings.run_folder.mkdir(exist_ok=True)
    run_archive([build_role(name, settings) for name in BUILDERS], archive.waveforms)
    store = Store.open(settings.store.url)
    report = build_report(store.reader, read_truth(archive.truth))
    store.close()
    return Outcome(scenario.name, scenario.seed, dict(report))


def _in_own_folder(scenario: Scenario) -> Outcome:
    folder = Path(tempfile.mkdtemp(prefix="streamstress-calibrate-"))
    try:
        return outcome_of(scenario, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def outcomes(scenarios: Sequence[Scenario], workers: int) -> Iterator[Outcome]:
    """Outcomes in the order of the scenarios, each as it comes."""
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        yield from pool.map(_in_own_folder, scenarios)


def table(rows: Sequence[Outcome]) -> list[str]:
    """Markdown table, a row a seed, and a line that counts."""
    heading = (
        "scenario", "seed", "found", "false", "epicentre km", "polarity", "mechanism deg", "A-C",
        "alarms", "events to alarm", "rotation deg (95 %)", "SHmax before, after", "right",
    )  # fmt: skip
    lines = [f"| {' | '.join(heading)} |", "| --- " * len(heading) + "|"]
    lines += [f"| {' | '.join(_cells(row))} |" for row in rows]
    for name in dict.fromkeys(row.scenario for row in rows):
        right = [row.is_right for row in rows if row.scenario == name]
        lines.append(f"\n`{name}`: right in {sum(right)} of {len(right)} seeds.")
    return lines


def _cells(row: Outcome) -> Iterator[str]:
    events, mechanisms = row.report["events"], row.report["mechanisms"]
    alarm = row.alarms[0] if row.alarms else None
    yield from (row.scenario, str(row.seed), f"{events['found']}/{events['simulated']}")
    yield from (str(events["false"]), f"{events['location_error_km']:.2f}")
    yield from (
        f"{row.report['polarity']['accuracy']:.4f}",
        f"{mechanisms['rotation_error_deg']:.1f}",
    )
    yield str(sum(mechanisms["grades"].get(grade, 0) for grade in "ABC"))
    yield str(len(row.alarms))
    if alarm is None:
        yield from ("", "")
    else:
        low, high = alarm["rotation_interval95_deg"]
        yield str(alarm["n_since_onset"])
        yield f"{alarm['rotation_deg']:.1f} ({low:.0f} to {high:.0f})"
    stress = row.report["stress"]
    found = [stress["shmax_before_deg"], stress["shmax_after_deg"]]
    yield ", ".join(f"{azimuth:.1f}" for azimuth in found if azimuth is not None)
    yield "yes" if row.is_right else "**no**"


def run(arguments: list[str]) -> str:
    """Run the chain over seeds; markdown of all outcomes."""
    options = _options(arguments)
    wanted = [
        replace(named_scenario(name), seed=seed)
        for name in options.scenarios.split(",")
        for seed in range(options.first, options.first + options.seeds)
    ]
    rows: list[Outcome] = []
    for row in outcomes(wanted, options.workers):
        rows.append(row)
        print(" | ".join(_cells(row)), flush=True)
    command = " ".join(
        ["python benchmarks/calibrate.py chain", *(["--"] * bool(arguments)), *arguments]
    )
    return "\n".join([provenance(command), "", *table(rows)])


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="calibrate.py chain --", description=__doc__)
    parser.add_argument("--seeds", type=int, default=10, help="seeds of each scenario")
    parser.add_argument("--first", type=int, default=1, help="first seed")
    parser.add_argument("--scenarios", default="steady,rotation", help="names, with commas")
    parser.add_argument("--workers", type=int, default=2, help="processes")
    return parser.parse_args(arguments)
