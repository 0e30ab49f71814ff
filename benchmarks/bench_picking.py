"""Stations a core of the whole pick agent, beside seisbench's annotate station by station.

``python benchmarks/bench.py picking -- [--repeats N] [--rows WORD] [--kept FILE]``. Processor time
of decoding, buffers, model, pick extraction and measurements on continuous noise with earthquakes;
the two programs take turns. A row that is kept in a file is not measured again; ``--rows`` measures
those alone whose name (as ``phasenet 10 1000 1``) begins with a word, and tells all that are kept.
"""

import argparse
import json
import time
from dataclasses import asdict, dataclass
from itertools import islice
from multiprocessing import get_context
from multiprocessing.synchronize import Barrier
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch
from document import markdown_table, provenance
from obspy import Stream, Trace, UTCDateTime
from seisbench.models import EQTransformer, PhaseNet, WaveformModel
from waveform_feed import RATE_HZ, Feed, network_feed, places

from streamstress.picking.models import STA_LTA, load_picker
from streamstress.picking.picker_stage import PickerSettings, PickerStage
from streamstress.records import Pick
from streamstress.stream.agents.pick import PickRole

SECONDS, WARM_UP_S = 110.0, 80.0
"""Length of the feed, and what of it fills the buffers before the clock runs."""

CALLS = 12
"""Times that annotate gets one station."""

ARCHITECTURES: dict[str, type[WaveformModel]] = {
    "phasenet": PhaseNet,
    "eqtransformer": EQTransformer,
}


@dataclass(frozen=True, slots=True)
class Case:
    """A picker, its step, stations of a process, and processes at once."""

    kind: str
    step_s: float
    stations: int
    processes: int = 1

    @property
    def name(self) -> str:
        """As ``--rows`` names it."""
        return f"{self.kind} {self.step_s:g} {self.stations} {self.processes}"


CASES = (
    *(Case("phasenet", 10.0, stations) for stations in (100, 300, 1000, 2000)),
    *(Case("phasenet", step_s, 300) for step_s in (2.0, 5.0, 15.0)),
    *(Case("phasenet", 10.0, 500, processes) for processes in (1, 2)),
    *(Case("eqtransformer", 10.0, stations) for stations in (100, 400)),
    Case("eqtransformer", 5.0, 100),
    Case(STA_LTA, 10.0, 300),
)


@dataclass(frozen=True, slots=True)
class Pace:
    """What one run took: processor time a second of data of all stations, and its picks."""

    cpu_s: float
    picks: int


def agent_pace(
    feed: Feed, spec: str, step_s: float, n_stations: int, start: Barrier | None = None
) -> Pace:
    """Run the pick agent over a feed; count from the end of the warm-up, or the barrier there."""
    torch.set_num_threads(1)
    stage = PickerStage(load_picker(spec), PickerSettings(step_s=step_s))
    role = PickRole(stage, places(n_stations), 20.0, 60.0, 30.0)
    role.restore("waveforms", 0, None)
    stream = list(feed.messages(n_stations))
    starts_ns = feed.records[0][0] + round(WARM_UP_S * 1e9)
    warm = sum(int(message.headers["received_ns"]) < starts_ns for message in stream)
    for message in islice(stream, warm):
        role.process(message, None)
    if start is not None:
        start.wait()
    began, picks = time.process_time(), 0
    for message in islice(stream, warm, None):
        picks += sum(isinstance(out.record, Pick) for out in role.process(message, None))
    return Pace((time.process_time() - began) / (SECONDS - WARM_UP_S), picks)


def together(feed: Feed, spec: str, case: Case) -> Pace:
    """The mean of as many processes at once as asked, each with its own stations."""
    if case.processes == 1:
        return agent_pace(feed, spec, case.step_s, case.stations)
    context = get_context("spawn")
    with context.Manager() as manager, context.Pool(case.processes) as pool:
        arguments = (feed, spec, case.step_s, case.stations, manager.Barrier(case.processes))
        paces = pool.starmap(agent_pace, [arguments] * case.processes, chunksize=1)
    return Pace(float(np.mean([pace.cpu_s for pace in paces])), sum(p.picks for p in paces))


def annotate_pace(model: WaveformModel, step_s: float, calls: int) -> float:
    """Processor time of one station a second of data: annotate on one window every step."""
    rng = np.random.default_rng(1)
    traces = [
        Trace(
            rng.normal(0.0, 100.0, model.in_samples).astype(np.float32),
            {"network": "XX", "station": "A", "channel": f"HH{c}", "sampling_rate": RATE_HZ},
        )
        for c in "ZNE"
    ]
    for trace in traces:
        trace.stats.starttime = UTCDateTime(0)
    began = time.process_time()
    for _ in range(calls):
        model.annotate(Stream([trace.copy() for trace in traces]))
    return (time.process_time() - began) / calls / step_s


def random_weights(kind: str, folder: Path) -> tuple[str, WaveformModel]:
    """A model without training (its speed is the same), as a pair of files."""
    model = ARCHITECTURES[kind](component_order="ZNE", phases="PSN" if kind == "phasenet" else "PS")
    model.save(folder / kind)
    return f"{kind}:{folder / kind}", model.eval()


def run(arguments: list[str]) -> str:
    """Measure what is not kept, and give the table of all that is."""
    parser = argparse.ArgumentParser(prog="bench.py picking --")
    parser.add_argument("--repeats", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rows", default="")
    parser.add_argument("--kept", type=Path, default=None)
    options = parser.parse_args(arguments)
    torch.set_num_threads(1)
    kept = _read(options.kept)
    feed = network_feed(SECONDS, options.seed)
    with TemporaryDirectory() as folder:
        for case in CASES:
            if case.name not in kept and case.name.startswith(options.rows):
                kept[case.name] = _measured(feed, Path(folder), case, options.repeats)
                _keep(options.kept, case, kept[case.name])
    rows = [_row(case, kept[case.name]) for case in CASES if case.name in kept]
    heading = ["picker", "step, s", "stations a process", "processes", "cores a process"]
    heading += ["stations a core", "annotate, stations a core", "ratio", "picks a minute"]
    command = f"python benchmarks/bench.py picking -- --repeats {options.repeats}"
    return f"{provenance(command)}\n\n{_TEXT}\n\n{markdown_table(heading, rows)}"


_TEXT = (
    "Processor time (best of the repeats, turn by turn) on 30 s of simulated noise and "
    "earthquakes, three components at 100 Hz in 512-byte STEIM2 records, one partition a process. "
    "The agent decodes, buffers, picks and measures. PhaseNet is the demo's; EQTransformer has "
    "random weights (none trained can be had here), which take as long and give no picks, so none "
    "is measured. annotate gets one window of one station as an obspy stream every step: no "
    "decoding, no buffers, no picks taken."
)

Measured = dict[str, float | None]


def _read(path: Path | None) -> dict[str, Measured]:
    if path is None or not path.exists():
        return {}
    lines = map(json.loads, path.read_text(encoding="utf-8").splitlines())
    return {line.pop("case"): line for line in lines}


def _keep(path: Path | None, case: Case, measured: Measured) -> None:
    if path is not None:
        with path.open("a", encoding="utf-8") as file:
            file.write(json.dumps({"case": case.name, **measured}) + "\n")


def _measured(feed: Feed, folder: Path, case: Case, repeats: int) -> Measured:
    """The best of the repeats of the agent and of annotate (None: not comparable)."""
    spec = {"phasenet": "demo", STA_LTA: STA_LTA}.get(case.kind)
    model: WaveformModel | None = None
    if case.kind in ARCHITECTURES:
        weights, model = random_weights(case.kind, folder)
        spec = spec or weights
    agents: list[Pace] = []
    others: list[float] = []
    for _ in range(repeats):
        agents.append(together(feed, str(spec), case))
        if model is not None:
            others.append(annotate_pace(model, case.step_s, CALLS))
    best = min(agents, key=lambda pace: pace.cpu_s)
    return {**asdict(best), "annotate_s": min(others, default=None)}


def _row(case: Case, measured: Measured) -> list[str]:
    cpu_s, other = measured["cpu_s"] or 0.0, measured["annotate_s"]
    own = case.stations / cpu_s
    cells = [case.kind, f"{case.step_s:g}", str(case.stations), str(case.processes)]
    cells += [f"{cpu_s:.3f}", f"{own:,.0f}"]
    cells += ["", ""] if other is None else [f"{1 / other:,.0f}", f"{own * other:.1f}"]
    return [*cells, f"{(measured['picks'] or 0) * 60 / (SECONDS - WARM_UP_S):.0f}"]
