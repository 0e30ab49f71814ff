"""Trains the polarity network on simulated onsets: joins the simulator with the trainer."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import torch
import typer
from numpy.typing import NDArray

from streamstress.cli.simulated_batches import (
    NOISE_BANK_RATE_HZ,
    STAGES,
    TRAINING_ONSETS,
    held_out_onsets,
    labelled,
    simulated_batches,
)
from streamstress.errors import InputFileError
from streamstress.polarity.classify import PolarityModel
from streamstress.polarity.evaluation import PolarityScore, evaluate
from streamstress.polarity.training import Progress, train_part
from streamstress.polarity.weights_file import Card, TrainedNetwork, load_weights, save_weights
from streamstress.simulate.onsets import OnsetSettings, simulate_onsets

DEFAULT_STEPS = 16000


def train_polarity(
    output: Path,
    seed: int,
    steps: int = DEFAULT_STEPS,
    noise_bank: NDArray[np.floating[Any]] | None = None,
    *,
    start: Path | None = None,
    stage: int | None = None,
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
    start
        Weights of an earlier stage to go on from; take another seed.
    stage
        Which of ``STAGES``, from 1: each goes over more kinds of crust. 1 where None, with
        ``start`` 2.
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
    first = None if start is None else load_weights(start)
    chosen = STAGES[(stage or (1 if first is None else 2)) - 1]
    trained = train_part(
        simulated_batches(seed, noise_bank, chosen.crusts),
        held_out_onsets(np.random.default_rng(held_out), noise_bank, chosen.crusts),
        chosen.plan(steps),
        seed,
        output.with_name(output.name + ".checkpoint"),
        pause_after_s,
        report,
        start=first,
    )
    if trained is None:
        return None
    figures = _figures(PolarityModel(trained), np.random.default_rng(testing))
    trained = TrainedNetwork(
        trained.network,
        trained.temperature,
        trained.card | figures | _origin(trained.card, noise_bank, first, stage),
    )
    save_weights(trained, output)
    return PolarityModel(trained)


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


def _origin(
    card: Card,
    noise_bank: NDArray[np.floating[Any]] | None,
    first: TrainedNetwork | None,
    stage: int | None,
) -> Card:
    bank = "" if noise_bank is None else " --noise-bank NOISE.npy"
    command = f"--seed {card['seed']} --steps {card['steps']} --out first_motion.pt{bank}"
    if first is not None:
        command += " --start FIRST.pt"
    if stage is not None:
        command += f" --stage {stage}"
    noise = "simulated" if noise_bank is None else f"simulated and {len(noise_bank)} recordings"
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "command": f"python -m streamstress.cli.train_polarity {command}",
        "training data": f"simulated onsets, noise {noise}; no recording of an earthquake",
        "licence": "that of streamstress",
        "torch": str(torch.__version__),
    } | ({} if first is None else _first_stage(first))


def _first_stage(first: TrainedNetwork) -> Card:
    """What the card of a second stage tells of the first."""
    command = first.card.get("command", "unknown")
    return {"started from": f"first-motion-{first.fingerprint}", "its command": command}


def read_noise_bank(path: Path) -> NDArray[np.floating[Any]]:
    """Noise of a network, (m, samples) at 100 Hz.

    Raises
    ------
    InputFileError
        The file is no such table, or its rows are shorter than a window of training.
    """
    needed = round(NOISE_BANK_RATE_HZ * (TRAINING_ONSETS.before_s + TRAINING_ONSETS.after_s))
    expected = f"expected a .npy of (m, samples) numbers at 100 Hz, {needed} samples or more a row"
    try:
        bank: NDArray[Any] = np.load(path, allow_pickle=False)
    except FileNotFoundError as error:
        raise InputFileError(f"{path}: there is no such file; {expected}") from error
    except (OSError, ValueError, EOFError) as error:
        raise InputFileError(f"{path}: not a noise bank; {expected}") from error
    if not isinstance(bank, np.ndarray) or bank.ndim != 2 or bank.dtype.kind not in "iuf":
        raise InputFileError(f"{path}: not a noise bank; {expected}")
    if bank.shape[0] == 0 or bank.shape[1] < needed or not np.isfinite(bank).all():
        raise InputFileError(
            f"{path}: a noise bank of {bank.shape[0]} rows of {bank.shape[1]} samples, or with NaN "
            f"or infinity; {expected}"
        )
    return bank


def main(
    out: Annotated[Path, typer.Option(help="Weight file to write.")],
    seed: Annotated[int, typer.Option(help="Seed of onsets and weights.")] = 7,
    steps: Annotated[int, typer.Option(help="Training steps.")] = DEFAULT_STEPS,
    noise_bank: Annotated[
        Path | None, typer.Option(help="A .npy of (m, samples) real noise at 100 Hz.")
    ] = None,
    start: Annotated[
        Path | None, typer.Option(help="Weights of an earlier stage to go on from.")
    ] = None,
    stage: Annotated[
        int | None,
        typer.Option(
            help="Each goes over more kinds of crust. 1, or 2 with --start.", min=1, max=len(STAGES)
        ),
    ] = None,
    pause_after_minutes: Annotated[
        float, typer.Option(help="Stop after so long; run again to go on.")
    ] = float("inf"),
) -> None:
    """Train the polarity network on simulated onsets, on one core."""
    bank = None if noise_bank is None else read_noise_bank(noise_bank)
    model = train_polarity(
        out,
        seed,
        steps,
        bank,
        start=start,
        stage=stage,
        pause_after_s=60.0 * pause_after_minutes,
        report=_show,
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
