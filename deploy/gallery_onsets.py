"""Simulated onsets with their picks and true first motions, for the gallery."""

from pathlib import Path

import numpy as np
from pymseed import DataEncoding, MS3TraceList

from streamstress.outputs.picks_csv import PickLine, write_picks
from streamstress.simulate.onsets import OnsetSettings, simulate_onsets

START_NS = 1_772_600_000 * 10**9
APART_NS = 60 * 10**9
RATE_HZ = 100.0
COUNT = 1500
SETTINGS = OnsetSettings(snr_range=(2.0, 20.0), no_signal_share=0.0)


def write_onsets(folder: Path) -> None:
    """Write an archive ``onsets`` of one station, and ``onsets.csv`` with a label for each pick."""
    onsets = simulate_onsets(
        COUNT, np.random.default_rng(1), sampling_rate_hz=RATE_HZ, settings=SETTINGS
    )
    archive = folder / "onsets"
    archive.mkdir()
    rows = []
    with MS3TraceList() as traces:
        for k, wave in enumerate(onsets.waveform):
            start_ns = START_NS + k * APART_NS
            counts = np.rint(1000.0 * wave).astype(np.int32)
            traces.add_data("FDSN:XX_S0__H_H_Z", counts, "i", RATE_HZ, starttime=start_ns)
            pick_ns = start_ns + round(onsets.pick_index / RATE_HZ * 1e9)
            rows.append(
                PickLine(
                    0, "XX", "S0", "", "HHZ", "P", pick_ns, 0.9, snr=float(onsets.snr[k]),
                    label=int(onsets.sign[k]),
                )
            )  # fmt: skip
        traces.to_file(
            archive / "S0.mseed", overwrite=True, max_record_length=512,
            encoding=DataEncoding.STEIM2, format_version=2,
        )  # fmt: skip
    write_picks(folder / "onsets.csv", rows)
