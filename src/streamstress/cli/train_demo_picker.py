"""Trains the picker that comes with the package on simulated records.

``python -m streamstress.cli.train_demo_picker --out PATH --windows 144000 --seed 1`` writes
``PATH.pt`` and ``PATH.json``. Random crusts, sites, sensors and noise: nothing of a
demo scenario.
"""

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from rich.console import Console

from streamstress.picking.augmentation import LabelledRecord
from streamstress.picking.evaluation import PhaseScore, score
from streamstress.picking.picker_stage import PickerStage
from streamstress.picking.seisbench_picker import SeisbenchPicker
from streamstress.picking.training import (
    TrainedPicker,
    TrainingSettings,
    save_picker,
    train_phasenet,
)
from streamstress.simulate.training import training_record
from streamstress.simulate.training_noise import VariedNoise
from streamstress.simulate.training_varied import varied_record

_RECORD_SAMPLES = 6001
_NOISE_SHARE = 0.12
_PAIR_SHARE = 0.45
_DEMO_SHARE = 0.33
# Seeds of training and of test records never meet.
_TRAIN, _TEST = 0, 1
_TEST_RECORDS = 300
_LEAST_TEST_SNR = 5.0


def train_demo_picker(
    output: Path,
    seed: int = 1,
    windows: int = 144_000,
    console: Console | None = None,
    checkpoint: Path | None = None,
) -> dict[str, Any]:
    """Train, test on simulated records of another seed, and write weights with their card.

    Parameters
    ----------
    output : Path
        Where to write, without suffix.
    windows : int
        Training windows.
    checkpoint : Path, optional
        A training that was interrupted goes on from it.

    Returns
    -------
    dict
        The model card.
    """
    console = console or Console(stderr=True)
    trained = train_phasenet(
        lambda part: simulated_records(seed, _TRAIN, part),
        seed,
        TrainingSettings(windows=windows),
        progress=lambda done, loss: console.print(f"{done} of {windows} windows, loss {loss:.4f}"),
        checkpoint=checkpoint,
    )
    card = _card(seed, trained)
    save_picker(trained, output, card)
    return card


def simulated_records(seed: int, stream: int, part: int = 0) -> Iterator[LabelledRecord]:
    """Endless simulated records of one seed; ``stream`` 0 to train, 1 to test.

    A third are as in the demos; the others come from any crust, site, sensor and noise.
    """
    rng = np.random.default_rng([seed, stream, part])
    noise = VariedNoise(rng, _RECORD_SAMPLES)
    while True:
        if rng.random() < _DEMO_SHARE:
            record = training_record(
                rng, n_samples=_RECORD_SAMPLES, noise_share=_NOISE_SHARE, pair_share=_PAIR_SHARE
            )
        else:
            record = varied_record(rng, noise, _RECORD_SAMPLES)
        yield LabelledRecord(record.waveform, record.p_sample, record.s_sample)


def clear_test_records(seed: int, count: int = _TEST_RECORDS) -> list[LabelledRecord]:
    """Make test records: one event each, P and S inside, signal-to-noise ratio of P 5 or more."""
    rng = np.random.default_rng([seed, _TEST])
    records: list[LabelledRecord] = []
    while len(records) < count:
        made = training_record(rng, n_samples=_RECORD_SAMPLES, noise_share=0.0, pair_share=0.0)
        if made.snr[0] >= _LEAST_TEST_SNR and _is_inside(made.p_sample[0], made.s_sample[0]):
            records.append(LabelledRecord(made.waveform, made.p_sample, made.s_sample))
    return records


def _is_inside(p_sample: float, s_sample: float) -> bool:
    return p_sample > 100 and s_sample < _RECORD_SAMPLES - 200


def _card(seed: int, trained: TrainedPicker) -> dict[str, Any]:
    stage = PickerStage(SeisbenchPicker(trained.model, "demo"))
    records = clear_test_records(seed)
    scores = score(stage, records)
    return {
        "summary": "PhaseNet trained on simulated records alone: for the demo, not for operation",
        "architecture": "PhaseNet (Zhu & Beroza 2019), seisbench layout, weights in half precision",
        "training_data": "simulated: a third as in the demos, else any crust, site, sensor and "
        "noise; no recording of anyone",
        "seed": seed,
        "test": {
            "records": f"{len(records)} simulated, another seed, P signal-to-noise ratio >= 5",
            "P": _rounded(scores["P"]),
            "S": _rounded(scores["S"]),
        },
    }


def _rounded(result: PhaseScore) -> dict[str, float | None]:
    # JSON knows no nan.
    return {
        name: round(value, 3) if np.isfinite(value) else None
        for name, value in asdict(result).items()
    }


def main(
    out: Annotated[Path, typer.Option(help="where to write, without suffix")],
    windows: Annotated[int, typer.Option(help="training windows", min=64)] = 144_000,
    seed: Annotated[int, typer.Option(help="of weights, records and augmentation")] = 1,
    checkpoint: Annotated[
        Path | None, typer.Option(help="file to take up an interrupted training from")
    ] = None,
) -> None:
    """Train the demo picker."""
    Console().print_json(data=train_demo_picker(out, seed, windows, checkpoint=checkpoint))


if __name__ == "__main__":
    typer.run(main)
