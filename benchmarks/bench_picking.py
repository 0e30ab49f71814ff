"""Stations a core of the whole pick agent, beside seisbench's annotate station by station.

``python benchmarks/bench.py picking -- [--repeats N] [--stations N]``. Processor time of decoding,
buffers, model, pick extraction and measurements on continuous noise with earthquakes; the two
programs take turns.
"""

import argparse
import time
from dataclasses import dataclass
from itertools import islice
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

ROWS = (("phasenet", 10.0, 100), ("phasenet", 10.0, 400), ("phasenet", 10.0, 1000),
        ("phasenet", 5.0, 400), ("eqtransformer", 10.0, 400), (STA_LTA, 10.0, 400))  # fmt: skip
ARCHITECTURES: dict[str, type[WaveformModel]] = {
    "phasenet": PhaseNet,
    "eqtransformer": EQTransformer,
}


@dataclass(frozen=True, slots=True)
class Pace:
    """What one run took: processor time a second of data of all stations, and its picks."""

    cpu_s: float
    picks: int


def agent_pace(feed: Feed, spec: str, step_s: float, n_stations: int) -> Pace:
    """Run the pick agent over a feed; count from the end of the warm-up."""
    stage = PickerStage(load_picker(spec), PickerSettings(step_s=step_s))
    role = PickRole(stage, places(n_stations), 20.0, 60.0, 30.0)
    role.restore("waveforms", 0, None)
    stream = list(feed.messages(n_stations))
    starts_ns = feed.records[0][0] + round(WARM_UP_S * 1e9)
    warm = sum(int(message.headers["received_ns"]) < starts_ns for message in stream)
    for message in islice(stream, warm):
        role.process(message, None)
    began, picks = time.process_time(), 0
    for message in islice(stream, warm, None):
        picks += sum(isinstance(out.record, Pick) for out in role.process(message, None))
    return Pace((time.process_time() - began) / (SECONDS - WARM_UP_S), picks)


def annotate_pace(model: WaveformModel, step_s: float, calls: int) -> float:
    """Processor time of one station a second of data: annotate on each window with its step."""
    rng = np.random.default_rng(1)
    length = model.in_samples + round(step_s * RATE_HZ)
    traces = [
        Trace(
            rng.normal(0.0, 100.0, length).astype(np.float32),
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
    """Measure, and give the table."""
    parser = argparse.ArgumentParser(prog="bench.py picking --")
    parser.add_argument("--repeats", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(arguments)
    torch.set_num_threads(1)
    feed = network_feed(SECONDS, options.seed)
    with TemporaryDirectory() as folder:
        rows = [_row(feed, Path(folder), *row, options.repeats) for row in ROWS]
    heading = ["picker", "step, s", "stations", "agent, cores", "stations a core"]
    heading += ["annotate, stations a core", "ratio", "picks a minute"]
    command = f"python benchmarks/bench.py picking -- --repeats {options.repeats}"
    return f"{provenance(command)}\n\n{_TEXT}\n\n{markdown_table(heading, rows)}"


_TEXT = (
    "Processor time (best of the repeats, turn by turn) on 30 s of simulated noise and "
    "earthquakes, three components at 100 Hz in 512-byte STEIM2 records, one partition. The agent "
    "decodes, buffers, picks and measures. PhaseNet is the demo's; EQTransformer has random "
    "weights and so no picks. annotate gets one station's window and step as an obspy stream: no "
    "decoding, no picks taken."
)


def _row(
    feed: Feed, folder: Path, kind: str, step_s: float, n_stations: int, repeats: int
) -> list[str]:
    agents: list[Pace] = []
    others: list[float] = []
    spec = {"phasenet": "demo", STA_LTA: STA_LTA}.get(kind)
    model: WaveformModel | None = None
    if kind in ARCHITECTURES:
        weights, model = random_weights(kind, folder)
        spec = spec or weights
    for _ in range(repeats):
        agents.append(agent_pace(feed, str(spec), step_s, n_stations))
        if model is not None:
            others.append(annotate_pace(model, step_s, 12))
    best = min(agents, key=lambda pace: pace.cpu_s)
    own = n_stations / best.cpu_s
    cells = [kind, f"{step_s:g}", str(n_stations), f"{best.cpu_s:.3f}", f"{own:,.0f}"]
    if not others:
        return [*cells, "", "", str(best.picks)]
    return [*cells, f"{1 / min(others):,.0f}", f"{own * min(others):.1f}", str(best.picks)]
