"""How well pickers find real arrivals, and the demo's beside STA/LTA at equal false picks.

``python benchmarks/calibrate.py picking``. NCEDC records and Buan lie in ``../shared/data``.
"""

import argparse
import csv
from hashlib import blake2b

import numpy as np
import obspy
from document import markdown_table, provenance
from labelled_records import SHARED, WEIGHTS, cut_front, ncedc_records
from numpy.typing import NDArray
from picking_beside_classify import beside_classify

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
_PHASES: tuple[Phase, Phase] = ("P", "S")
COMPARED = ("demo", "STA/LTA and AIC")
THRESHOLDS = np.round(np.arange(0.1, 0.91, 0.1), 2)
FALSE_PICKS = (0.2, 0.3, 0.5)
"""Picks a record that match no arrival."""

SHIFTS = (130, 250, 480, 730)
"""Samples taken off the front of each record."""

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
    """All 154 records at each picker's own thresholds, and those with a vertical alone."""
    everything = ncedc_records()
    alone = [record for record in everything if not record.waveform[1:].any()]
    whole = [record for record in everything if record.waveform.any(axis=1).all()]
    rows = []
    for name, spec in PICKERS.items():
        for which, records in (("all", everything), ("three", whole), ("vertical", alone)):
            found = score(_stage(spec), records)
            rows += [
                [name, f"{which} ({len(records)})", phase, *_cells(found[phase])]
                for phase in ("P", "S")
            ]
    heading = ["picker", "components", "phase", "found", "of those within 0.1 s", "median, s"]
    return markdown_table([*heading, "MAD, s", "false a record"], rows)


def shifted_table() -> str:
    """PhaseNet where windows begin elsewhere: the P of all records lie 30.00 s into them."""
    stage, rows = _stage(PICKERS["PhaseNet of Zhu & Beroza"]), []
    for cut in SHIFTS:
        found = score(stage, [cut_front(record, cut) for record in ncedc_records()])
        rows += [[f"{cut / 100:g}", phase, *_cells(found[phase])] for phase in _PHASES]
    heading = ["cut, s", "phase", "found", "of those within 0.1 s", "median, s", "MAD, s"]
    return markdown_table([*heading, "false a record"], rows)


def held_out_tables() -> str:
    """The second half of the records: each threshold, and what equal false picks give."""
    records = ncedc_records(HALF)
    curves = {name: _curve(PICKERS[name], records) for name in COMPARED}
    rows, equal = [], []
    for phase in _PHASES:
        for name, curve in curves.items():
            equal.append([phase, name, *_at_equal([point[phase] for point in curve])])
            rows += [
                [phase, name, f"{threshold:g}", *_cells(point[phase])]
                for threshold, point in zip(THRESHOLDS, curve, strict=True)
            ]
    heading = ["phase", "picker", *(f"{extra:g} false a record" for extra in FALSE_PICKS)]
    every = ["phase", "picker", "threshold", "found", "of those within 0.1 s", "median, s"]
    every += ["MAD, s", "false a record"]
    return f"{markdown_table(heading, equal)}\n\n{_EVERY}\n\n{markdown_table(every, rows)}"


_EVERY = "At every threshold, the same 77 records:"


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


def run(arguments: list[str]) -> str:
    """Measure, and give the tables."""
    argparse.ArgumentParser(prog="calibrate.py picking --").parse_args(arguments)
    parts = [provenance("python benchmarks/calibrate.py picking"), _DEFAULT, default_table()]
    parts += [_SHIFTED, shifted_table()]
    parts += [_EQUAL, held_out_tables(), _BUAN, buan_table(), beside_classify()]
    return "\n\n".join(parts)


_DEFAULT = (
    "154 NCEDC records with one P and one S each (Zhu & Beroza 2019), each picker at its own "
    "thresholds, windows every 10 s; found: a pick within 0.5 s. PhaseNet's weights come from "
    "the project whose training folder these records lie in. False: every pick that is none of "
    "the two arrivals, also of other earthquakes in the record."
)
_SHIFTED = (
    "PhaseNet of Zhu & Beroza, all 154, with as much of the front of each record left out, so that "
    "the P lie elsewhere in their windows than at an edge:"
)
_EQUAL = (
    "At the threshold (steps of 0.1) with the most found and no more false picks than the column "
    "says: found, and within 0.1 s, both of all arrivals. 77 records; the others were in sight "
    "while STA/LTA and the training records were made."
)
_BUAN = "Buan 2024 (jongwon-han/RPNet), the picks of its analysts:"
