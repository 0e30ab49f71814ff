"""Picks of seisbench's classify on whole records, and what the picker's windows make of each."""

from itertools import product

import numpy as np
import obspy
from document import markdown_table
from labelled_records import WEIGHTS, cut_front, ncedc_records
from numpy.typing import NDArray
from seisbench.models import PhaseNet

from streamstress.picking.augmentation import LabelledRecord
from streamstress.picking.evaluation import pick_record
from streamstress.picking.extract import Phase
from streamstress.picking.models import load_picker
from streamstress.picking.picker_stage import PickerSettings, PickerStage, StationPick

Floats = NDArray[np.float64]

_PHASES: tuple[Phase, Phase] = ("P", "S")
_START_NS = 1_600_000_000_000_000_000
_CUT = 250
"""Samples taken off the front, which puts the P of these records (30.00 s) off the edges of the
windows of both programs."""

_RECORD_S = 90.01 - _CUT / 100.0
_END_S = 0.5
"""Nearer to a record's end the stage takes no pick: a filter or a gap begins there."""

_HOP_S, _CODA_S = 15.0, 5.0
"""Between the starts of two windows of classify, and after one of them where it has no past."""

_AFTER_EVENT_S = 30.0
"""Behind P and S of nearly every record."""

_WITHIN_S = (0.0151, 0.1001, 0.5001)
_SAME_S = _WITHIN_S[1]

_TEXT = (
    "Picks of seisbench's `classify` on the 154 whole records (its overlap, averages of windows) "
    "and ours by windows of 10 s, PhaseNet of Zhu & Beroza, threshold 0.3; the first 2.5 s of each "
    "record are left out, so that no P lies at an edge of their windows or ours. Of its picks "
    "without one of ours within 0.1 s: those that we have at 0.05 to 0.3, those within 0.5 s of a "
    "record's end, where we take none, and those behind the earthquake, in the first 5 s of one of "
    "its windows, which do not see what came before."
)


def beside_classify() -> str:
    """The table, with what it is of."""
    model, stage, keen = PhaseNet.load(WEIGHTS), _stage(0.3), _stage(0.05)
    counts = {key: [0] * 8 for key in product(_PHASES, ("three", "vertical"))}
    for record in (cut_front(whole, _CUT) for whole in ncedc_records()):
        components = "vertical" if not record.waveform[1:].any() else "three"
        theirs = model.classify(_stream(record), P_threshold=0.3, S_threshold=0.3).picks
        ours, faint = (pick_record(one, record.waveform) for one in (stage, keen))
        for phase in _PHASES:
            one = np.array([pick.peak_time.ns for pick in theirs if pick.phase == phase]) / 1e9
            _count(counts[phase, components], one, _times_s(ours, phase), _times_s(faint, phase))
    rows = [[*key, *map(str, count)] for key, count in counts.items()]
    heading = ["phase", "components", "picks of classify", "ours within 0.015 s", "within 0.1 s"]
    heading += ["within 0.5 s", "ours at 0.05 to 0.3", "at the record's ends"]
    heading += ["coda at a window's start", "ours alone"]
    return f"{_TEXT}\n\n{markdown_table(heading, rows)}"


def _count(count: list[int], theirs: Floats, ours: Floats, faint: Floats) -> None:
    """Add one record's picks (s): theirs by what became of them with us, and ours alone."""
    apart = np.abs(theirs[:, None] - ours[None, :])
    nearest = apart.min(axis=1, initial=np.inf)
    lost = theirs[nearest > _SAME_S]
    below = np.abs(lost[:, None] - faint[None, :]).min(axis=1, initial=np.inf) <= _SAME_S
    into = lost - _START_NS / 1e9
    at_end = (into < _END_S) | (into > _RECORD_S - _END_S)
    coda = (into > _AFTER_EVENT_S) & (into % _HOP_S < _CODA_S)
    count[0] += len(theirs)
    for place, within in enumerate(_WITHIN_S, 1):
        count[place] += int((nearest <= within).sum())
    count[4] += int((below & ~at_end).sum())
    count[5] += int(at_end.sum())
    count[6] += int((coda & ~below & ~at_end).sum())
    count[7] += int((apart.min(axis=0, initial=np.inf) > _SAME_S).sum())


def _stage(threshold: float) -> PickerStage:
    settings = PickerSettings(p_threshold=threshold, s_threshold=threshold)
    return PickerStage(load_picker(f"phasenet:{WEIGHTS}"), settings)


def _times_s(picks: list[StationPick], phase: Phase) -> Floats:
    return np.array([pick.time_ns for pick in picks if pick.phase == phase]) / 1e9


def _stream(record: LabelledRecord) -> obspy.Stream:
    """The components that are there, as obspy has them."""
    start = obspy.UTCDateTime(ns=_START_NS)
    return obspy.Stream(
        obspy.Trace(row, {"channel": f"HH{c}", "sampling_rate": 100.0, "starttime": start})
        for c, row in zip("ZNE", record.waveform, strict=True)
        if row.any()
    )
