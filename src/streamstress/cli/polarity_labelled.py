"""Labelled onsets for training: manual readings with their archive, or a seisbench data set."""

from dataclasses import replace
from pathlib import Path

from rich.console import Console
from rich.status import Status

from streamstress.cli.polarity_readings import readings_of, tracked
from streamstress.errors import InputFileError
from streamstress.ingest.onset_windows import OnsetWanted, onset_windows
from streamstress.ingest.record_index import index_records
from streamstress.outputs.picks_csv import PickLine
from streamstress.polarity.datasets import LabelledWindow, labelled_sets, onsets_of_dataset
from streamstress.polarity.grids import HIGHEST_GRID_HZ
from streamstress.polarity.labelled import LabelledOnsets

console = Console(stderr=True, highlight=False, markup=False, soft_wrap=True)


def labelled_onsets(
    dataset: Path | None,
    readings: Path | None,
    waveforms: Path | None,
    highest_rate_hz: float = HIGHEST_GRID_HZ,
) -> list[LabelledOnsets]:
    """Onsets of a data set or of readings, one set a sampling rate; faster ones are decimated.

    Raises
    ------
    InputFileError
        Neither or both were given, or one of them is of no use.
    UnusableDataError
        No trace of the data set can be used.
    """
    if (dataset is None) == (readings is None):
        raise InputFileError("give either --dataset FOLDER, or --readings CSV with --waveforms")
    if dataset is not None:
        sets = _of_dataset(dataset)
        return [replace(onsets, highest_grid_hz=highest_rate_hz) for onsets in sets]
    if readings is None or waveforms is None:
        raise InputFileError("--readings needs --waveforms: the archive that the picks are of")
    sets = _of_readings(readings, waveforms)
    return [replace(onsets, highest_grid_hz=highest_rate_hz) for onsets in sets]


def _of_readings(readings: Path, waveforms: Path) -> list[LabelledOnsets]:
    """P picks with a label (up, down, unknown) and the windows around them."""
    if not waveforms.exists():
        raise InputFileError(f"{waveforms}: no such file or folder; give miniSEED")
    rows = [
        row
        for row in readings_of(readings, ("label",))
        if row.phase == "P" and row.label is not None
    ]
    wanted = [
        OnsetWanted(row.network, row.station, row.location, row.channel, row.time_ns)
        for row in rows
    ]
    found = tracked(onset_windows(index_records([waveforms]), wanted), len(wanted), "onsets")
    windows = [
        LabelledWindow(
            window.samples, window.sampling_rate_hz, window.pick_index, int(row.label or 0),
            _event(row),
        )
        for row, window in zip(rows, found, strict=True)
        if window is not None
    ]  # fmt: skip
    if not windows:
        raise InputFileError(f"{readings}: none of {len(rows)} labelled P is in {waveforms}")
    console.print(f"{len(windows)} of {len(rows)} labelled P picks have a waveform")
    return labelled_sets(windows)


def _event(row: PickLine) -> str:
    return row.event_id or ""


def _of_dataset(folder: Path) -> list[LabelledOnsets]:
    if not folder.is_dir():
        raise InputFileError(f"{folder}: no such folder; give that of a seisbench data set")
    from seisbench.data import WaveformDataset

    try:
        dataset = WaveformDataset(folder)
    except (OSError, KeyError, ValueError) as error:
        raise InputFileError(
            f"{folder}: not a seisbench data set ({error}); expected metadata.csv and "
            "waveforms.hdf5, or its chunks"
        ) from error
    with Status(f"reading {len(dataset)} traces of {folder}", console=console) as status:

        def report(done: int, traces: int) -> None:
            status.update(f"reading {folder}: {done} of {traces} traces")

        found = onsets_of_dataset(dataset, report=report)
    used = sum(onsets.sign.size for onsets in found.sets)
    aside = "".join(f"; {count} set aside: {why}" for why, count in found.set_aside.items())
    console.print(f"{folder}: {used} labelled onsets{aside}")
    return found.sets
