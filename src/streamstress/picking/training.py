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


@dataclass(frozen=True, slots=True)
class TrainingSettings:
    """How a picker is trained. ``windows_per_record`` crops are taken of each record.

    Samples near an arrival count ``onset_weight`` times in the loss, as there are so few of them;
    the network's odds, too high by that factor, are set right after training.
    """

    windows: int = 32_000
    batch_size: int = 16
    windows_per_record: int = 2
    learning_rate: float = 1e-2
    warm_up_share: float = 0.1
    onset_weight: float = 4.0


@dataclass(frozen=True, slots=True)
class TrainedPicker:
    """A trained model with what its card says of the training."""

    model: PhaseNet
    windows: int
    seconds: float
    final_loss: float


def train_phasenet(
    records: Iterator[LabelledRecord],
    seed: int,
    settings: TrainingSettings | None = None,
    augmentation: AugmentationSettings | None = None,
    progress: Progress | None = None,
) -> TrainedPicker:
    """Train a PhaseNet from nothing, in one thread.

    Parameters
    ----------
    records : iterator of LabelledRecord
        Endless, at 100 Hz, each of 3001 samples or more; some of noise alone.
    seed : int
        Initial weights and augmentation; the same seed and records give the same model.
    progress : callable, optional
        Called now and then with the windows done and the mean loss since the last call.
    """
    settings = settings or TrainingSettings()
    torch.set_num_threads(1)
    torch.manual_seed(seed)
    model = PhaseNet(phases="PSN", norm="std", component_order="ZNE", sampling_rate=100)
    augmenter = Augmenter(np.random.default_rng(seed), model.in_samples, settings=augmentation)
    with torch.no_grad():
        # Begin from what is true almost everywhere: no arrival.
        model.out.bias.copy_(torch.tensor([-2.0, -2.0, 2.0]))
    started = time.monotonic()
    loss = _fit(model, records, augmenter, settings, progress)
    with torch.no_grad():
        model.out.bias[:2] -= float(np.log(settings.onset_weight))
    n_steps = settings.windows // settings.batch_size
    return TrainedPicker(
        model.eval(), n_steps * settings.batch_size, time.monotonic() - started, loss
    )


def _fit(
    model: PhaseNet,
    records: Iterator[LabelledRecord],
    augmenter: Augmenter,
    settings: TrainingSettings,
    progress: Progress | None,
) -> float:
    n_steps = settings.windows // settings.batch_size
    optimizer = torch.optim.Adam(model.parameters(), settings.learning_rate)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, settings.learning_rate, n_steps, pct_start=settings.warm_up_share
    )
    weight = torch.tensor([settings.onset_weight, settings.onset_weight, 1.0])[:, None]
    model.train()
    report_every = max(1, n_steps // 40)
    losses: list[float] = []
    for step in range(1, n_steps + 1):
        waveform, labels = _batch(records, augmenter, settings)
        logits = model(model.annotate_batch_pre(waveform, {}), logits=True)
        loss = -(weight * labels * torch.log_softmax(logits, dim=1)).sum(dim=1).mean()
        optimizer.zero_grad()
        torch.autograd.backward(loss)
        optimizer.step()
        schedule.step()
        losses.append(float(loss.detach()))
        if progress and step % report_every == 0:
            progress(step * settings.batch_size, float(np.mean(losses[-report_every:])))
    return float(np.mean(losses[-report_every:]))


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
