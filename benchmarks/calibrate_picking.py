"""How well pickers find real arrivals, and the demo's beside STA/LTA at equal false picks.

``python benchmarks/calibrate.py picking``. NCEDC records and Buan lie in ``../shared/data``.
"""

import argparse
import csv
from hashlib import blake2b

import numpy as np
import obspy
from document import markdown_table, provenance
from labelled_records import SHARED, WEIGHTS, ncedc_records
from numpy.typing import NDArray
from seisbench.models import PhaseNet

from streamstress.picking.augmentation import LabelledRecord
from streamstress.picking.evaluation import PhaseScore, pick_record, score
from streamstress.picking.extract import Phase
from streamstress.picking.models import Picker, load_picker
from streamstress.picking.picker_stage import PickerSettings, PickerStage

PICKERS = {
    "demo": "demo",
    "STA/LTA and AIC": "sta-lta",
    "PhaseNet of Zhu & Beroza": f"phasenet:{WEIGHTS}",
}
COMPARED = ("demo", "STA/LTA and AIC")
THRESHOLDS = np.round(np.arange(0.1, 0.91, 0.1), 2)
FALSE_PICKS = (0.2, 0.3, 0.5)
"""Picks a record that match no arrival."""

HALF = slice(1, None, 2)
"""Every second record: the others were in sight while STA/LTA and the simulation were made."""


class Remembering:
    """A picker that keeps its answers: only the threshold differs from run to run."""

    def __init__(self, picker: Picker) -> None:
        self.name = picker.name
        self.sampling_rate_hz = picker.sampling_rate_hz
        self.window_samples = picker.window_samples
        self.blinding_samples = picker.blinding_samples
        self._picker = picker
        self._known: dict[bytes, NDArray[np.float32]] = {}

    def probabilities(self, batch: NDArray[np.float32]) -> NDArray[np.float32]:
        """As the picker's own."""
        keys = [blake2b(window.tobytes()).digest() for window in batch]
        new = [number for number, key in enumerate(keys) if key not in self._known]
        if new:
            answers = self._picker.probabilities(batch[new])
            self._known |= {
                keys[number]: answer for number, answer in zip(new, answers, strict=True)
            }
        return np.stack([self._known[key] for key in keys])


def _stage(spec: str) -> PickerStage:
    picker = load_picker(spec)
    p, s = picker.default_thresholds
    return PickerStage(picker, PickerSettings(p_threshold=p, s_threshold=s))


def _curve(spec: str, records: list[LabelledRecord]) -> list[dict[Phase, PhaseScore]]:
    picker = Remembering(load_picker(spec))
    return [
        score(PickerStage(picker, PickerSettings(p_threshold=value, s_threshold=value)), records)
        for value in map(float, THRESHOLDS)
    ]


def _cells(result: PhaseScore) -> list[str]:
    timed = result.within_100_ms / max(result.found, 1e-9)
    return [
        f"{value:.3f}"
        for value in (result.found, timed, result.median_s, result.mad_s, result.extra_per_record)
    ]


def default_table() -> str:
    """All 154 records at each picker's own thresholds."""
    rows = []
    for name, spec in PICKERS.items():
        found = score(_stage(spec), ncedc_records())
        rows += [[name, phase, *_cells(found[phase])] for phase in ("P", "S")]
    heading = ["picker", "phase", "found", "of those within 0.1 s", "median, s", "MAD, s"]
    return markdown_table([*heading, "false a record"], rows)


def equal_table() -> str:
    """Found and within 0.1 s at thresholds of equal false picks, the second half of the records."""
    records = ncedc_records(HALF)
    rows = []
    for name in COMPARED:
        curve = _curve(PICKERS[name], records)
        for phase in ("P", "S"):
            rows.append([name, phase, *_at_equal([point[phase] for point in curve])])
    heading = ["picker", "phase", *(f"{extra:g} false a record" for extra in FALSE_PICKS)]
    return markdown_table(heading, rows)


def _at_equal(curve: list[PhaseScore]) -> list[str]:
    """The best point with no more false picks than asked; found and, of all, within 0.1 s."""
    cells = []
    for most in FALSE_PICKS:
        allowed = [point for point in curve if point.extra_per_record <= most]
        best = max(allowed, key=lambda point: point.found, default=None)
        cells.append("" if best is None else f"{best.found:.3f}, {best.within_100_ms:.3f}")
    return cells


def buan_errors(spec: str) -> dict[Phase, list[float]]:
    """Pick nearest to each analyst pick of the Buan earthquakes, minus it, s."""
    stage = _stage(spec)
    errors: dict[Phase, list[float]] = {"P": [], "S": []}
    folder = SHARED / "buan2024"
    streams: dict[str, obspy.Stream] = {}
    for row in csv.DictReader((folder / "Buan_phase.csv").read_text().splitlines()):
        if row["pick"] not in streams:
            streams[row["pick"]] = obspy.read(str(folder / f"{row['pick']}.mseed"))
        chosen = streams[row["pick"]].select(row["net"], row["sta"], "*", f"{row['chan']}?")
        for phase, column in (("P", "ptime"), ("S", "stime")):
            if row[column]:
                analyst = obspy.UTCDateTime(row[column])
                errors[phase].append(_nearest_error(stage, chosen, phase, analyst))
    return errors


def _nearest_error(
    stage: PickerStage, stream: obspy.Stream, phase: Phase, analyst: obspy.UTCDateTime
) -> float:
    start = max(trace.stats.starttime for trace in stream)
    end = min(trace.stats.endtime for trace in stream)
    whole = stream.slice(start, end)
    rows = [whole.select(component=letter)[0].data for letter in "ZNE"]
    length = min(map(len, rows))
    waveform = np.array([row[:length] for row in rows], np.float64)
    picks = pick_record(stage, waveform, whole[0].stats.sampling_rate, start.ns)
    errors = [(pick.time_ns - analyst.ns) / 1e9 for pick in picks if pick.phase == phase]
    return min(errors, key=abs, default=float("nan"))


def buan_table() -> str:
    """Analyst picks of Buan with a pick within 0.1 s, and the largest error."""
    rows = []
    for name, spec in PICKERS.items():
        for phase, values in buan_errors(spec).items():
            error = np.abs(values)
            near = int((error <= 0.1).sum())
            rows.append([name, phase, f"{near} of {len(error)}", f"{np.nanmax(error):.3f}"])
    heading = ["picker", "phase", "analyst picks with one within 0.1 s", "largest distance, s"]
    return markdown_table(heading, rows)


def classify_table() -> str:
    """Picks of seisbench's classify on whole records beside those of the stage, both ways."""
    model = PhaseNet.load(WEIGHTS)
    stage = _stage(f"phasenet:{WEIGHTS}")
    counts: dict[Phase, list[int]] = {"P": [0, 0, 0, 0], "S": [0, 0, 0, 0]}
    for record in ncedc_records(HALF):
        start = obspy.UTCDateTime(ns=1_600_000_000_000_000_000)
        traces = [
            obspy.Trace(row, {"channel": f"HH{c}", "sampling_rate": 100.0, "starttime": start})
            for c, row in zip("ZNE", record.waveform, strict=True)
        ]
        theirs = model.classify(obspy.Stream(traces), P_threshold=0.3, S_threshold=0.3).picks
        ours = pick_record(stage, record.waveform)
        for phase, count in counts.items():
            one = np.array([pick.peak_time.ns for pick in theirs if pick.phase == phase]) / 1e9
            two = np.array([pick.time_ns for pick in ours if pick.phase == phase]) / 1e9
            apart = np.abs(one[:, None] - two[None, :])
            nearest = apart.min(axis=1, initial=np.inf)
            count[0] += len(one)
            count[1] += int((nearest <= 0.0151).sum())
            count[2] += int((nearest <= 0.1001).sum())
            count[3] += int((apart.min(axis=0, initial=np.inf) > 0.1001).sum())
    rows = [[phase, *map(str, count)] for phase, count in counts.items()]
    heading = ["phase", "picks of classify", "ours within 0.015 s", "within 0.1 s"]
    return markdown_table([*heading, "ours alone"], rows)


def run(arguments: list[str]) -> str:
    """Measure, and give the tables."""
    argparse.ArgumentParser(prog="calibrate.py picking --").parse_args(arguments)
    text = (
        "154 NCEDC records with one P and one S each (Zhu & Beroza 2019), each picker at its own "
        "thresholds, windows every 10 s; found: a pick within 0.5 s. PhaseNet's weights come from "
        "the project whose training folder these records lie in. False: every pick that is none of "
        "the two arrivals, also of other earthquakes in the record."
    )
    equal = (
        "The same, at the threshold (steps of 0.1) with the most found and no more false picks "
        "than the column says: found, and within 0.1 s, both of all arrivals. 77 records; the "
        "others were in sight while STA/LTA and the training records were made."
    )
    buan = "Buan 2024 (jongwon-han/RPNet), the picks of its analysts:"
    whole = (
        "Picks of seisbench's `classify` on whole records (its overlap, averages of windows)"
        " and ours by windows of 10 s, the same 77 records, PhaseNet of Zhu & Beroza:"
    )
    command = "python benchmarks/calibrate.py picking"
    parts = [provenance(command), text, default_table(), equal, equal_table(), buan, buan_table()]
    parts += [whole, classify_table()]
    return "\n\n".join(parts)
