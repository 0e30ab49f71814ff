"""``streamstress polarity train`` and ``finetune``: sources, progress and weight files joined."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import torch
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar

from streamstress.cli.polarity_labelled import labelled_onsets
from streamstress.polarity.finetuning import FineTuned, finetune
from streamstress.polarity.labelled import LabelledOnsets, shuffled_batches, split_onsets
from streamstress.polarity.training import Progress, TrainingPlan, train_part
from streamstress.polarity.weights_file import Card, TrainedNetwork, load_weights, save_weights

# Of labelled onsets, what is learnt from and what training stops and is calibrated by.
SHARES = (0.9, 0.1)
BATCH = 256

console = Console(stderr=True, highlight=False, markup=False, soft_wrap=True)


def train_on_labels(
    out: Path,
    dataset: Path | None,
    readings: Path | None,
    waveforms: Path | None,
    *,
    seed: int,
    steps: int,
    pick_jitter_s: float,
    pause_after_s: float,
    highest_rate_hz: float,
) -> TrainedNetwork | None:
    """Train on a data set or on readings, and write the weights; None where it paused.

    Raises
    ------
    InputFileError
        The sources are of no use.
    UnusableDataError
        Too few of the onsets can be read.
    """
    torch.set_num_threads(1)
    labelled = labelled_onsets(dataset, readings, waveforms, highest_rate_hz)
    learning, stopping = split_onsets(labelled, SHARES, seed)
    with shown("training") as report:
        trained = train_part(
            shuffled_batches(learning, BATCH, seed, pick_jitter_s),
            stopping,
            TrainingPlan(steps=steps, check_every=max(1, min(250, steps // 16))),
            seed,
            out.with_name(out.name + ".checkpoint"),
            pause_after_s,
            report,
        )
    if trained is None:
        return None
    source = dataset or readings
    trained = _with_card(trained, learning, f"labelled onsets of {source.name if source else ''}")
    save_weights(trained, out)
    return trained


def finetune_on_labels(
    out: Path,
    weights: Path | None,
    dataset: Path | None,
    readings: Path | None,
    waveforms: Path | None,
    *,
    seed: int,
    pick_jitter_s: float,
    highest_rate_hz: float,
) -> FineTuned:
    """Second step of a training: go on from weights with local onsets, and write the result.

    Raises
    ------
    InputFileError, UnusableDataError
        As for :func:`train_on_labels`.
    """
    torch.set_num_threads(1)
    local = labelled_onsets(dataset, readings, waveforms, highest_rate_hz)
    with shown("fine-tuning") as report:
        tuned = finetune(
            load_weights(weights), local, seed, pick_jitter_s=pick_jitter_s, report=report
        )
    save_weights(tuned.trained, out)
    return tuned


@contextmanager
def shown(what: str) -> Iterator[Callable[[Progress], None]]:
    """Show a bar with steps and time left, and a line for each check against held-out onsets."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Bar(*columns, TimeRemainingColumn(), console=console, transient=True) as bar:
        task = bar.add_task(what, total=None)

        def report(check: Progress) -> None:
            bar.update(task, total=check.steps, completed=check.step)
            bar.console.print(
                f"step {check.step}/{check.steps}  loss {check.training_loss:.4f}  "
                f"held out {check.held_out_loss:.4f}, accuracy {check.held_out_accuracy:.4f}"
            )

        yield report


def _with_card(
    trained: TrainedNetwork, learning: Sequence[LabelledOnsets], source: str
) -> TrainedNetwork:
    card: Card = trained.card | {
        "date": datetime.now(UTC).date().isoformat(),
        "training data": f"{sum(onsets.sign.size for onsets in learning)} {source}",
        "licence": "as the labelled onsets allow",
        "torch": str(torch.__version__),
    }
    return TrainedNetwork(trained.network, trained.temperature, card)
