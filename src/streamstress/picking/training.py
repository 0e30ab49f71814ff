"""Trains a PhaseNet (Zhu & Beroza 2019) on labelled records."""

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from seisbench.models import PhaseNet

from streamstress.picking.augmentation import (
    Array32,
    AugmentationSettings,
    Augmenter,
    LabelledRecord,
)

Progress = Callable[[int, float], None]
Records = Callable[[int], Iterator[LabelledRecord]]


@dataclass(frozen=True, slots=True)
class TrainingSettings:
    """How a picker is trained. ``windows_per_record`` crops are taken of each record.

    Samples near an arrival count ``onset_weight`` times in the loss, as there are so few of them;
    the network's odds, too high by that factor, are set right after training. The learning rate
    rises over ``warm_up_share``, stays, and falls to nothing over the last ``cool_down_share``.
    Records, augmentation and checkpoint are renewed every ``part_steps``.
    """

    windows: int = 144_000
    batch_size: int = 32
    windows_per_record: int = 2
    learning_rate: float = 1e-2
    warm_up_share: float = 0.05
    cool_down_share: float = 0.5
    onset_weight: float = 4.0
    part_steps: int = 250
    half_precision: bool = True
    """bfloat16 in the forward pass: 375 windows a second instead of 197 on one AMX core."""

    @property
    def steps(self) -> int:
        """Steps of the whole training."""
        return self.windows // self.batch_size

    def rate_at(self, step: int) -> float:
        """Learning rate of a step."""
        share = (step + 0.5) / max(self.steps, 1)
        rise = share / self.warm_up_share if self.warm_up_share else 1.0
        left = (1.0 - share) / self.cool_down_share if self.cool_down_share else 1.0
        return self.learning_rate * float(np.clip(min(rise, left), 0.0, 1.0))


@dataclass(frozen=True, slots=True)
class TrainedPicker:
    """A trained model with what its card says of the training."""

    model: PhaseNet
    windows: int
    seconds: float
    final_loss: float


def train_phasenet(
    records: Records,
    seed: int,
    settings: TrainingSettings | None = None,
    augmentation: AugmentationSettings | None = None,
    progress: Progress | None = None,
    checkpoint: Path | None = None,
) -> TrainedPicker:
    """Train a PhaseNet from nothing, in one thread.

    Parameters
    ----------
    records : callable
        Gives for each part's number endless LabelledRecords at 100 Hz, each of 3001 samples or
        more, some of noise alone.
    seed : int
        Initial weights and augmentation; the same seed and records give the same model.
    progress : callable, optional
        Called after each part with the windows done and the mean loss in it.
    checkpoint : Path, optional
        Written after each part; a training that finds it goes on to the same weights.
    """
    settings = settings or TrainingSettings()
    torch.set_num_threads(1)
    run = _begin(seed, settings)
    if checkpoint is not None and checkpoint.exists():
        run.restore(checkpoint)
    while run.step < settings.steps:
        started = time.process_time()
        number = run.step // settings.part_steps
        augmenter = Augmenter(
            np.random.default_rng([seed, number]), run.model.in_samples, settings=augmentation
        )
        run.loss = _fit_part(run, records(number), augmenter, settings)
        run.seconds += time.process_time() - started
        if checkpoint is not None:
            run.save(checkpoint)
        if progress:
            progress(run.step * settings.batch_size, run.loss)
    with torch.no_grad():
        run.model.out.bias[:2] -= float(np.log(settings.onset_weight))
    return TrainedPicker(run.model.eval(), run.step * settings.batch_size, run.seconds, run.loss)


@dataclass(slots=True)
class _Run:
    """A training between two parts."""

    model: PhaseNet
    optimizer: torch.optim.Adam
    step: int = 0
    seconds: float = 0.0
    loss: float = float("nan")

    def save(self, path: Path) -> None:
        state = {
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "progress": {"step": self.step, "seconds": self.seconds, "loss": self.loss},
        }
        part = path.with_name(path.name + ".part")
        torch.save(state, part)
        part.replace(path)

    def restore(self, path: Path) -> None:
        state = torch.load(path, weights_only=True)
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        progress = state["progress"]
        self.step, self.seconds, self.loss = (
            progress["step"],
            progress["seconds"],
            progress["loss"],
        )


def _begin(seed: int, settings: TrainingSettings) -> _Run:
    torch.manual_seed(seed)
    model = PhaseNet(phases="PSN", norm="std", component_order="ZNE", sampling_rate=100)
    with torch.no_grad():
        # Begin from what is true almost everywhere: no arrival.
        model.out.bias.copy_(torch.tensor([-2.0, -2.0, 2.0]))
    return _Run(model, torch.optim.Adam(model.parameters(), settings.learning_rate))


def _fit_part(
    run: _Run, records: Iterator[LabelledRecord], augmenter: Augmenter, settings: TrainingSettings
) -> float:
    """Run the steps up to the end of a part; the mean loss."""
    weight = torch.tensor([settings.onset_weight, settings.onset_weight, 1.0])[:, None]
    run.model.train()
    losses: list[float] = []
    last = min((run.step // settings.part_steps + 1) * settings.part_steps, settings.steps)
    while run.step < last:
        waveform, labels = _batch(records, augmenter, settings)
        for group in run.optimizer.param_groups:
            group["lr"] = settings.rate_at(run.step)
        with torch.autocast("cpu", torch.bfloat16, enabled=settings.half_precision):
            logits = run.model(run.model.annotate_batch_pre(waveform, {}), logits=True)
        logarithms = torch.log_softmax(logits.float(), dim=1)
        loss = -(weight * labels * logarithms).sum(dim=1).mean()
        run.optimizer.zero_grad()
        torch.autograd.backward(loss)
        run.optimizer.step()
        run.step += 1
        losses.append(float(loss.detach()))
    return float(np.mean(losses))


def _batch(
    records: Iterator[LabelledRecord], augmenter: Augmenter, settings: TrainingSettings
) -> tuple[torch.Tensor, torch.Tensor]:
    windows: list[tuple[Array32, Array32]] = []
    while len(windows) < settings.batch_size:
        record = next(records)
        windows += [augmenter.window(record) for _ in range(settings.windows_per_record)]
    waveform, labels = zip(*windows[: settings.batch_size], strict=True)
    return _normalised(np.stack(waveform)), torch.from_numpy(np.stack(labels))


def _normalised(waveform: Array32) -> torch.Tensor:
    # Ground velocity of 1e-9 m/s would drown in the 1e-10 that keeps the model from dividing by 0.
    scale = np.abs(waveform).max(axis=(1, 2), keepdims=True)
    return torch.from_numpy((waveform / np.maximum(scale, 1e-30)).astype(np.float32))


def save_picker(trained: TrainedPicker, path: Path, card: dict[str, Any]) -> None:
    """Write ``PATH.pt`` (state dict in half precision) and ``PATH.json`` with the model card.

    The pair loads with ``load_picker("phasenet:PATH")`` and with seisbench itself.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    trained.model.save(path, weights_docstring=str(card.get("summary", "")))
    state = trained.model.state_dict()
    halved = {name: v.half() if v.is_floating_point() else v for name, v in state.items()}
    torch.save(halved, path.with_name(path.name + ".pt"))
    metadata_file = path.with_name(path.name + ".json")
    metadata = json.loads(metadata_file.read_text())
    metadata["card"] = card | {
        "training_windows": trained.windows,
        "training_seconds": round(trained.seconds),
        "final_loss": round(trained.final_loss, 4),
    }
    metadata_file.write_text(json.dumps(metadata, indent=2) + "\n")
