"""Accuracy and calibration of the polarity network, and the most that any reader could reach.

``python benchmarks/calibrate_polarity.py [--seeds 101,102,103] [--count 4000] [--weights FILE]``.
"""

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from document import markdown_table, provenance
from numpy.typing import NDArray
from onset_bound import best_accuracy
from polarity_onsets import crust_onsets, ncedc_bank, station_bank

from streamstress.polarity import PolarityModel, load_polarity_model
from streamstress.polarity.evaluation import calibration_error
from streamstress.simulate.onsets import OnsetSettings, SimulatedOnsets, simulate_onsets

Floats = NDArray[np.float64]
Maker = Callable[[int, np.random.Generator, Floats, Floats], SimulatedOnsets]

SNRS = (2.0, 3.0, 5.0, 10.0, 20.0)
SHIFTS_S = (-0.1, -0.05, 0.0, 0.05, 0.1)
CALIBRATION_TIMES = 4
"""Of 2000 onsets a perfectly calibrated model shows an error of 0.015 by chance, of 8000 half."""


def run(arguments: list[str]) -> str:
    """Markdown tables over seeds that no training used."""
    options = _options(arguments)
    model = load_polarity_model(options.weights)
    command = " ".join(["python benchmarks/calibrate.py polarity", *arguments])
    body = [provenance(command), f"Model {model.name}, seeds {options.seeds}.", ""]
    seeds = [int(seed) for seed in options.seeds.split(",")]
    body += [_tables(model, seeds, options.count), ""]
    body += [_bound(seeds[0], options.bound_count), ""] if options.bound_count else []
    return "\n".join(body)


def _tables(model: PolarityModel, seeds: Sequence[int], count: int) -> str:
    accuracy, calibration = [], []
    for name, maker in _makers(seeds[0]).items():
        draws = [np.random.default_rng(seed) for seed in seeds]
        accuracy.append([name, *_by_snr(model, maker, draws, count)])
        calibration.append([name, *_by_shift(model, maker, draws, count)])
    first = markdown_table(["onsets", *(f"SNR {snr:g}" for snr in SNRS)], accuracy)
    heading = ["onsets", "kept right, SNR ≥ 3", "kept", "ECE", "least confidence minus accuracy"]
    heading = [*heading[:4], *(f"{shift:+g} s" for shift in SHIFTS_S)]
    second = markdown_table(heading, calibration)
    return f"{_ACCURACY}\n\n{first}\n\n{_CALIBRATION}\n\n{second}"


_ACCURACY = "Accuracy of up or down, every onset called, picks within ±0.05 s:"
_CALIBRATION = (
    "Picks wrong by N(0, 0.04 s), for 30 % by U(±0.1 s) on top; SNR 0.7 to 60 log-uniform. "
    "Kept: |2p - 1| ≥ 0.8, picks within ±0.1 s. Then mean confidence minus accuracy "
    "where every pick is wrong by the given time, SNR 3 to 60; positive is over-confident:"
)


def _bound(seed: int, count: int) -> str:
    cells = [best_accuracy(count, seed, snr, 0.05) for snr in SNRS]
    row = ["simulated, 100 Hz", *(f"{share:.3f} ± {error:.3f}" for share, error in cells)]
    return f"{_BOUND}\n\n{markdown_table(['onsets', *(f'SNR {snr:g}' for snr in SNRS)], [row])}"


_BOUND = (
    "The most to expect: accuracy, with its standard error, of a reader that is told each onset's "
    "pulse, the law of its coda and the spectrum of its noise, but not the time of the onset "
    "(`benchmarks/onset_bound.py`; picks within ±0.05 s as above):"
)


def _makers(seed: int) -> dict[str, Maker]:
    rng = np.random.default_rng((seed, 1))
    stations = station_bank(200, rng)
    real = ncedc_bank()
    makers = {
        f"simulated, {rate:g} Hz": _simulated(rate, None) for rate in (50.0, 100.0, 200.0, 500.0)
    }
    makers["other crust, other noise, 100 Hz"] = lambda n, rng, snr, shift: crust_onsets(
        n, rng, snr, shift, stations
    )
    if real is not None:
        makers["simulated, noise of NCEDC stations"] = _simulated(100.0, real)
        makers["other crust, noise of NCEDC stations"] = lambda n, rng, snr, shift: crust_onsets(
            n, rng, snr, shift, real
        )
    return makers


def _simulated(rate: float, bank: NDArray[np.float32] | None) -> Maker:
    def make(count: int, rng: np.random.Generator, snr: Floats, shift: Floats) -> SimulatedOnsets:
        settings = OnsetSettings(no_signal_share=0.0, noise_bank_share=1.0)
        return simulate_onsets(
            count, rng, sampling_rate_hz=rate, settings=settings, noise_bank=bank,
            snr=snr, pick_offset_s=shift,
        )  # fmt: skip

    return make


def _by_snr(
    model: PolarityModel, maker: Maker, draws: Sequence[np.random.Generator], count: int
) -> list[str]:
    cells = []
    for snr in SNRS:
        right = []
        for rng in draws:
            shift = rng.uniform(-0.05, 0.05, count)
            up, probability = _answers(model, maker(count, rng, np.full(count, snr), shift))
            right.append((probability > 0.5) == up)
        cells.append(f"{np.mean(right):.3f}")
    return cells


def _by_shift(
    model: PolarityModel, maker: Maker, draws: Sequence[np.random.Generator], count: int
) -> list[str]:
    kept_right, kept, up_all, p_all = [], [], [], []
    over: dict[float, list[float]] = {shift: [] for shift in SHIFTS_S}
    for rng in draws:
        many = CALIBRATION_TIMES * count
        wide = np.exp(rng.uniform(np.log(0.7), np.log(60.0), many))
        strong = np.exp(rng.uniform(np.log(3.0), np.log(60.0), count))
        error = rng.normal(0.0, 0.04, many)
        error += rng.uniform(-0.1, 0.1, many) * (rng.random(many) < 0.3)
        up, probability = _answers(model, maker(many, rng, wide, error))
        up_all.append(up)
        p_all.append(probability)
        up, probability = _answers(model, maker(count, rng, strong, rng.uniform(-0.1, 0.1, count)))
        sure = np.abs(2 * probability - 1) >= model.threshold
        kept.append(sure.mean())
        kept_right.append(((probability > 0.5) == up)[sure].mean())
        for shift in SHIFTS_S:
            up, probability = _answers(model, maker(count, rng, strong, np.full(count, shift)))
            confidence = np.maximum(probability, 1 - probability)
            over[shift].append(float(np.mean(confidence - ((probability > 0.5) == up))))
    error = calibration_error(np.concatenate(p_all), np.concatenate(up_all))
    figures = [np.mean(kept_right), np.mean(kept), error]
    return [
        *(f"{value:.3f}" for value in figures),
        *(f"{np.mean(over[shift]):+.3f}" for shift in SHIFTS_S),
    ]


def _answers(model: PolarityModel, onsets: SimulatedOnsets) -> tuple[NDArray[np.bool_], Floats]:
    result = model.classify(onsets.waveform, onsets.sampling_rate_hz, onsets.pick_index)
    return onsets.sign > 0, result.up_probability


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", default="101,102,103")
    parser.add_argument("--count", type=int, default=4000, help="onsets a cell and seed")
    parser.add_argument("--bound-count", type=int, default=1000, help="onsets; 0: left out")
    parser.add_argument("--weights", type=Path, default=None)
    return parser.parse_args(arguments)


if __name__ == "__main__":
    import sys

    print(run(sys.argv[1:]))
