"""Real labelled records for the picker's accuracy: NCEDC stations, and the Buan earthquakes."""

import csv
from pathlib import Path

import numpy as np

from streamstress.picking.augmentation import LabelledRecord

SHARED = Path(__file__).parents[1] / "../shared/data"
NCEDC = SHARED / "ncedc_phasenet"
WEIGHTS = SHARED / "phasenet_ncedc" / "phasenet_ncedc"


def ncedc_records(part: slice = slice(None)) -> list[LabelledRecord]:
    """154 records of 90 s at 100 Hz with one P and one S each (Zhu & Beroza 2019)."""
    with (NCEDC / "waveform.csv").open() as table:
        rows = list(csv.DictReader(table))[part]
    records = []
    for row in rows:
        waveform = np.load(NCEDC / row["fname"])["data"].T[::-1].astype(np.float32)
        records.append(LabelledRecord(waveform, (float(row["itp"]),), (float(row["its"]),)))
    return records


def cut_front(record: LabelledRecord, samples: int) -> LabelledRecord:
    """The record without its first samples."""
    (p,), (s,) = record.p_sample, record.s_sample
    waveform = np.ascontiguousarray(record.waveform[:, samples:])
    return LabelledRecord(waveform, (p - samples,), (s - samples,))
