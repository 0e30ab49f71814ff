"""The polarity network beside a plain one and the first-swing rule, and its speed.

``python benchmarks/bench_polarity.py [--seed 201] [--count 4000] [--steps 1500]``.
"""

import argparse
import time
from collections.abc import Callable

import numpy as np
import torch
from document import markdown_table, provenance
from first_swing import first_swing
from numpy.typing import NDArray
from polarity_onsets import crust_onsets, ncedc_bank, station_bank

from streamstress.cli.simulated_batches import labelled, simulated_batches
from streamstress.polarity import PolarityModel, load_polarity_model
from streamstress.polarity.network import FirstMotionNetwork, PlainNetwork
from streamstress.polarity.training import TrainingPlan, train
from streamstress.simulate.onsets import OnsetSettings, SimulatedOnsets, simulate_onsets

Floats = NDArray[np.float64]
Reader = Callable[[SimulatedOnsets], Floats]

SNRS = (3.0, 5.0, 10.0)
# |2p - 1| of a decision, as the package has it.
THRESHOLD = 0.8


def run(arguments: list[str]) -> str:
    """Markdown tables: accuracy of four readers on the same windows; windows a second."""
    options = _options(arguments)
    torch.set_num_threads(1)
    shipped = load_polarity_model()
    readers: dict[str, Reader] = {f"package's weights ({shipped.name})": _network(shipped)}
    readers |= _trained(options.seed, options.steps) if options.steps else {}
    readers["first swing above 3 deviations"] = lambda onsets: (
        0.5
        * (
            1.0
            + first_swing(onsets.waveform.astype(float), onsets.sampling_rate_hz, onsets.pick_index)
        )
    )
    sets = _sets(options.seed, options.count)
    rows = [
        [name, *_cells(reader, sets), _turned(reader, sets)] for name, reader in readers.items()
    ]
    heading = ["reader", *(f"{name}, SNR {snr:g}" for name, snr in sets), "turned over differs"]
    command = " ".join(["python benchmarks/bench.py polarity", *arguments])
    return "\n\n".join([provenance(command), _TEXT, markdown_table(heading, rows), _speed(shipped)])


_TEXT = (
    "The same windows for all, picks within ±0.05 s. Accuracy where every onset has to be called "
    "(for the rule, no answer counts half), then kept and right of kept at |2p - 1| ≥ 0.8. Last: "
    "largest difference between p(up) of a window and p(down) of it turned over. The plain network "
    "has the same layers without the symmetry, and was trained on the same batches with half of "
    "them turned over."
)


def _sets(seed: int, count: int) -> dict[tuple[str, float], SimulatedOnsets]:
    rng = np.random.default_rng(seed)
    settings = OnsetSettings(no_signal_share=0.0, noise_bank_share=1.0)
    real = ncedc_bank()
    made: dict[tuple[str, float], SimulatedOnsets] = {}
    for snr in SNRS:
        shift = rng.uniform(-0.05, 0.05, count)
        given = {"settings": settings, "snr": np.full(count, snr), "pick_offset_s": shift}
        made["simulated", snr] = simulate_onsets(count, rng, **given)
        if real is not None:
            made["NCEDC noise", snr] = simulate_onsets(count, rng, noise_bank=real, **given)
    stations = station_bank(200, rng)
    shift = rng.uniform(-0.05, 0.05, count)
    made["other crust", 10.0] = crust_onsets(count, rng, np.full(count, 10.0), shift, stations)
    return made


def _trained(seed: int, steps: int) -> dict[str, Reader]:
    """Both networks, trained alike."""
    rng = np.random.default_rng((seed, 1))
    held_out = [labelled(simulate_onsets(4000, rng))]
    readers: dict[str, Reader] = {}
    for name, network in (("odd", FirstMotionNetwork), ("plain, flipped", PlainNetwork)):
        batches = simulated_batches(seed)
        trained = train(batches, held_out, TrainingPlan(steps), seed, network=network)
        readers[f"{name} network, {steps} steps"] = _network(PolarityModel(trained))
    return readers


def _network(model: PolarityModel) -> Reader:
    def read(onsets: SimulatedOnsets) -> Floats:
        rate, pick = onsets.sampling_rate_hz, onsets.pick_index
        return model.classify(onsets.waveform, rate, pick).up_probability

    return read


def _cells(reader: Reader, sets: dict[tuple[str, float], SimulatedOnsets]) -> list[str]:
    cells = []
    for onsets in sets.values():
        probability = reader(onsets)
        right = np.where(probability == 0.5, 0.5, (probability > 0.5) == (onsets.sign > 0))
        sure = np.abs(2 * probability - 1) >= THRESHOLD
        cells.append(f"{right.mean():.3f} ({sure.mean():.2f}, {right[sure].mean():.3f})")
    return cells


def _turned(reader: Reader, sets: dict[tuple[str, float], SimulatedOnsets]) -> str:
    onsets = next(iter(sets.values()))
    other = SimulatedOnsets(
        -onsets.waveform, -onsets.sign, onsets.snr, onsets.pick_offset_s,
        onsets.sampling_rate_hz, onsets.pick_index,
    )  # fmt: skip
    return f"{np.abs(reader(onsets) + reader(other) - 1).max():.2g}"


def _speed(model: PolarityModel) -> str:
    """Windows a second of one core, preparation included: least processor time of seven runs."""
    rows = []
    for rate in (50.0, 100.0, 250.0, 500.0):
        onsets = simulate_onsets(2048, 1, sampling_rate_hz=rate)
        seconds = []
        for _ in range(7):
            started = time.process_time()
            model.classify(onsets.waveform, rate, onsets.pick_index)
            seconds.append(time.process_time() - started)
        rows.append([f"{rate:g} Hz", f"{2048 / min(seconds):.0f}"])
    return "One core, `classify` with preparation, processor time:\n\n" + markdown_table(
        ["recording", "windows a second"], rows
    )


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=201)
    parser.add_argument("--count", type=int, default=4000)
    parser.add_argument("--steps", type=int, default=1500, help="of both networks; 0: left out")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    import sys

    print(run(sys.argv[1:]))
