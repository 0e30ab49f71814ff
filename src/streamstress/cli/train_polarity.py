"""Trains the polarity network on simulated onsets: joins the simulator with the trainer."""

import itertools
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import torch
import typer
from numpy.typing import NDArray

from streamstress.polarity.classify import PolarityModel
from streamstress.polarity.evaluation import PolarityScore, evaluate
from streamstress.polarity.labelled import BatchSource, LabelledOnsets
from streamstress.polarity.training import Progress, TrainingPlan, train_part
from streamstress.polarity.weights_file import Card, TrainedNetwork, save_weights
from streamstress.simulate.onsets import (
    OnsetSettings,
    SimulatedOnsets,
    draw_sampling_rate,
    simulate_onsets,
)

BATCH = 256
DEFAULT_STEPS = 16000
# The simulator's batches of one rate are cut into so many training batches.
_BATCHES_A_CALL = 8
NOISE_BANK_RATE_HZ = 100.0
# What the weights that come with the package were trained on. Scattering is harsher than expected:
# a network trained on it reads recordings better. Picks are worse than most: it is not to be surer
# than right where a pick is a tenth of a second off.
TRAINING_ONSETS = OnsetSettings(
    coda_pulse_s=0.0,
    wide_pick_share=0.4,
    wide_pick_s=0.13,
    accelerometer_share=0.2,
    defect_share=0.08,
)
# Lead that the caller's window may lack, of the 1.6 s simulated: the pipeline's windows have 1 s.
_LACKING_LEAD_S = 0.8


def train_polarity(
    output: Path,
    seed: int,
    steps: int = DEFAULT_STEPS,
    noise_bank: NDArray[np.floating[Any]] | None = None,
    *,
    pause_after_s: float = np.inf,
    report: Callable[[Progress], None] | None = None,
) -> PolarityModel | None:
    """Train on simulated onsets and write the weights with their model card.

    Parameters
    ----------
    output
        File to write. The checkpoint of a training that is not finished stands beside it.
    seed
        Of onsets and first weights. Held-out onsets have seeds of their own.
    steps
        Training steps. The same seed, bank and steps give the same weights.
    noise_bank
        (m, samples) real noise at 100 Hz, free of earthquakes; None for simulated noise only.
    pause_after_s
        Stop at the next check after this time, to go on when called again.
    report
        Called at each check against the held-out onsets.

    Returns
    -------
    The model, or None where the training paused.
    """
    torch.set_num_threads(1)
    held_out, testing = np.random.SeedSequence(seed).spawn(2)
    trained = train_part(
        simulated_batches(seed, noise_bank),
        _held_out(np.random.default_rng(held_out), noise_bank),
        TrainingPlan(steps=steps),
        seed,
        output.with_name(output.name + ".checkpoint"),
        pause_after_s,
        report,
    )
    if trained is None:
        return None
    figures = _figures(PolarityModel(trained), np.random.default_rng(testing))
    trained = TrainedNetwork(
        trained.network,
        trained.temperature,
        trained.card | figures | _origin(trained.card, noise_bank),
    )
    save_weights(trained, output)
    return PolarityModel(trained)


def simulated_batches(
    seed: int,
    noise_bank: NDArray[np.floating[Any]] | None = None,
    settings: OnsetSettings = TRAINING_ONSETS,
    rate_hz: float | None = None,
) -> BatchSource:
    """Batches of simulated onsets without end; each block of eight has a seed of its own.

    The rate is drawn anew for each block where None.
    """

    def source(step: int) -> Iterator[LabelledOnsets]:
        first, skip = divmod(step, _BATCHES_A_CALL)
        for block in itertools.count(first):
            rng = np.random.default_rng((seed, block))
            rate = rate_hz or draw_sampling_rate(rng)
            here = rate_hz or NOISE_BANK_RATE_HZ
            bank = noise_bank if rate == here else None
            yield from itertools.islice(_block(rng, rate, bank, settings), skip, None)
            skip = 0

    return source


def labelled(onsets: SimulatedOnsets) -> LabelledOnsets:
    """Turn simulated onsets into what the trainer and the evaluation take."""
    return LabelledOnsets(onsets.waveform, onsets.sign, onsets.sampling_rate_hz, onsets.pick_index)


def score_at(
    model: PolarityModel,
    rng: np.random.Generator,
    snr: float,
    pick_shift_s: float,
    *,
    count: int = 2000,
    sampling_rate_hz: float = 100.0,
) -> PolarityScore:
    """Score on fresh onsets of one SNR, picked within ``pick_shift_s`` of the onset."""
    settings = OnsetSettings(
        snr_range=(snr, snr),
        pick_sigma_s=0.0,
        wide_pick_share=1.0,
        wide_pick_s=pick_shift_s,
        no_signal_share=0.0,
    )
    onsets = simulate_onsets(count, rng, sampling_rate_hz=sampling_rate_hz, settings=settings)
    return evaluate(model, labelled(onsets))


def _block(
    rng: np.random.Generator,
    rate: float,
    noise_bank: NDArray[np.floating[Any]] | None,
    settings: OnsetSettings,
) -> Iterator[LabelledOnsets]:
    """Batches of one rate."""
    onsets = simulate_onsets(
        BATCH * _BATCHES_A_CALL,
        rng,
        sampling_rate_hz=rate,
        settings=settings,
        noise_bank=noise_bank,
    )
    # Sources come ordered from the simulator; a batch shall hold every kind.
    for rows in rng.permutation(onsets.sign.size).reshape(_BATCHES_A_CALL, BATCH):
        lead = int(rng.uniform(0.0, _LACKING_LEAD_S) * rate)
        yield LabelledOnsets(
            onsets.waveform[rows, lead:], onsets.sign[rows], rate, onsets.pick_index - lead
        )


def _held_out(
    rng: np.random.Generator, noise_bank: NDArray[np.floating[Any]] | None
) -> list[LabelledOnsets]:
    """8,000 onsets; those at 100 Hz have the bank's noise, where there is one."""
    counts = {50.0: 1000, 100.0: 4000, 200.0: 1000, 250.0: 1000, 500.0: 1000}
    return [
        labelled(
            simulate_onsets(
                count,
                rng,
                sampling_rate_hz=rate,
                settings=TRAINING_ONSETS,
                noise_bank=noise_bank if rate == NOISE_BANK_RATE_HZ else None,
            )
        )
        for rate, count in counts.items()
    ]


def _figures(model: PolarityModel, rng: np.random.Generator) -> Card:
    """Figures of the model card, on onsets that nothing was trained or calibrated on."""
    figures: Card = {}
    for snr in (2.0, 5.0, 10.0):
        for shift in (0.0, 0.05):
            score = score_at(model, rng, snr, shift)
            figures[f"accuracy at SNR {snr:g}, pick within {shift:g} s"] = round(score.accuracy, 4)
    mixed = evaluate(model, labelled(simulate_onsets(5000, rng)))
    figures["kept of all SNR 0.7-60"] = round(mixed.kept, 4)
    figures["accuracy of kept"] = round(mixed.accuracy_of_kept, 4)
    figures["expected calibration error"] = round(mixed.calibration_error, 4)
    return figures


def _origin(card: Card, noise_bank: NDArray[np.floating[Any]] | None) -> Card:
    bank = "" if noise_bank is None else " --noise-bank NOISE.npy"
    command = f"--seed {card['seed']} --steps {card['steps']} --out first_motion.pt{bank}"
    noise = "simulated" if noise_bank is None else f"simulated and {len(noise_bank)} recordings"
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "command": f"python -m streamstress.cli.train_polarity {command}",
        "training data": f"simulated onsets, noise {noise}; no recording of an earthquake",
        "licence": "that of streamstress",
        "torch": str(torch.__version__),
    }


def main(
    out: Annotated[Path, typer.Option(help="Weight file to write.")],
    seed: Annotated[int, typer.Option(help="Seed of onsets and weights.")] = 7,
    steps: Annotated[int, typer.Option(help="Training steps.")] = DEFAULT_STEPS,
    noise_bank: Annotated[
        Path | None, typer.Option(help="A .npy of (m, samples) real noise at 100 Hz.")
    ] = None,
    pause_after_minutes: Annotated[
        float, typer.Option(help="Stop after so long; run again to go on.")
    ] = float("inf"),
) -> None:
    """Train the polarity network on simulated onsets, on one core."""
    bank = None if noise_bank is None else np.load(noise_bank)
    model = train_polarity(
        out, seed, steps, bank, pause_after_s=60.0 * pause_after_minutes, report=_show
    )
    if model is None:
        typer.echo("paused; run the same command again to go on")
        return
    for name, value in model.trained.card.items():
        typer.echo(f"{name}: {value}")


def _show(check: Progress) -> None:
    typer.echo(
        f"step {check.step}/{check.steps}  loss {check.training_loss:.4f}  "
        f"held out {check.held_out_loss:.4f}, accuracy {check.held_out_accuracy:.4f}",
        err=True,
    )


if __name__ == "__main__":
    typer.run(main)
