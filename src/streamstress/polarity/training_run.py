"""The state of a training: what a checkpoint keeps, and what one step changes."""

from collections.abc import Callable, Iterable
from copy import deepcopy
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from streamstress.errors import UnusableDataError, WeightsError
from streamstress.polarity.inference import network_logits
from streamstress.polarity.labelled import LabelledOnsets
from streamstress.polarity.network import architecture, is_odd
from streamstress.polarity.preparation import onset_features
from streamstress.polarity.weights_file import TrainedNetwork, read_tensors

Floats = NDArray[np.float64]
Features = NDArray[np.float32]

# AdamW's own choice of learning rate needs about so many steps to see the gradients' size.
_WARM_UP_STEPS = 100


@dataclass(frozen=True, slots=True)
class TrainingPlan:
    """How to train: a cosine schedule over ``steps``, AdamW, early stopping.

    Every ``check_every`` steps the held-out loss is taken; ``patience`` checks without a better one
    end the training. With ``bfloat16`` the layers run in it, the weights stay in single precision.
    With ``averaging`` what is judged and kept is the running mean of the weights, which forgets by
    this factor a step (Polyak & Juditsky 1992, SIAM J. Control Optim. 30:838).
    """

    steps: int
    learning_rate: float = 2e-3
    weight_decay: float = 1e-3
    check_every: int = 250
    patience: int = 8
    bfloat16: bool = False
    averaging: float = 0.0


@dataclass(slots=True)
class TrainingRun:
    """A network in training; ``step`` batches are done.

    ``averaged`` is the network of the mean weights, and ``network`` itself without averaging.
    """

    plan: TrainingPlan
    seed: int
    network: nn.Module
    averaged: nn.Module
    optimiser: torch.optim.Optimizer
    best_state: dict[str, Tensor]
    step: int = 0
    best_step: int = 0
    best_loss: float = np.inf
    losses: list[float] = field(default_factory=list)

    @classmethod
    def begin(
        cls,
        plan: TrainingPlan,
        seed: int,
        start: TrainedNetwork | None,
        network: Callable[[], nn.Module],
    ) -> "TrainingRun":
        """Start from random weights, or from trained ones."""
        torch.manual_seed(seed)
        made = network()
        if start is not None:
            made.load_state_dict(start.network.state_dict())
        optimiser = torch.optim.AdamW(
            made.parameters(), lr=plan.learning_rate, weight_decay=plan.weight_decay
        )
        averaged = deepcopy(made) if plan.averaging else made
        return cls(plan, seed, made, averaged, optimiser, _copied(made))

    @property
    def is_over(self) -> bool:
        """All steps are done, or the held-out loss has not fallen for too long."""
        waited = self.step - self.best_step
        return self.step >= self.plan.steps or (
            self.best_step > 0 and waited >= self.plan.patience * self.plan.check_every
        )

    def advance(self, batch: LabelledOnsets) -> None:
        """Take one step of the optimiser."""
        self.step += 1
        self.network.train()
        for group in self.optimiser.param_groups:
            group["lr"] = self.plan.learning_rate * _schedule(self.step, self.plan.steps)
        features, target = features_and_target(batch)
        if target.size == 0:
            return
        if not is_odd(self.network):
            turn = np.random.default_rng((self.seed, self.step)).random(target.size) < 0.5
            features[turn] *= -1.0
            target[turn] = 1.0 - target[turn]
        self.losses.append(self._descend(features, target))
        if self.averaged is not self.network:
            self._average()

    def mean_loss(self) -> float:
        """Training loss since the last time this was asked; NaN without a step."""
        mean = float(np.mean(self.losses)) if self.losses else float("nan")
        self.losses = []
        return mean

    def judged(self, held_out_loss: float) -> None:
        """Keep the weights if the held-out loss is the least so far."""
        if held_out_loss < self.best_loss:
            self.best_loss, self.best_step = held_out_loss, self.step
            self.best_state = _copied(self.averaged)

    def save(self, path: Path) -> None:
        """Write the state; the file there before stays whole until it is done."""
        content = self._identity() | {
            "network": self.network.state_dict(),
            "averaged": self.averaged.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "best_state": self.best_state,
            "step": self.step,
            "best_step": self.best_step,
            "best_loss": self.best_loss,
        }
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_name(path.name + ".part")
        torch.save(content, partial)
        partial.replace(path)

    def restore(self, path: Path) -> None:
        """Go on from a file of :meth:`save`.

        Raises
        ------
        WeightsError
            It is of another training, or unreadable.
        """
        content = read_tensors(path)
        for name, value in self._identity().items():
            if content.get(name) != value:
                raise WeightsError(
                    f"{path}: this checkpoint is of another training ({name} "
                    f"{content.get(name)}, not {value}); delete it or name another"
                )
        self.network.load_state_dict(content["network"])
        self.averaged.load_state_dict(content["averaged"])
        self.optimiser.load_state_dict(content["optimiser"])
        self.best_state = content["best_state"]
        self.step, self.best_step = int(content["step"]), int(content["best_step"])
        self.best_loss = float(content["best_loss"])

    def _identity(self) -> dict[str, Any]:
        plan = asdict(self.plan)
        return {"architecture": architecture(self.network), "seed": self.seed, "plan": plan}

    def _average(self) -> None:
        # Young means forget faster, else the first weights would stay in them for long.
        share = max(1.0 - self.plan.averaging, 1.0 / self.step)
        with torch.no_grad():
            for mean, now in zip(
                self.averaged.parameters(), self.network.parameters(), strict=True
            ):
                mean.lerp_(now, share)

    def _descend(self, features: Features, target: Floats) -> float:
        with torch.autocast("cpu", torch.bfloat16, enabled=self.plan.bfloat16):
            logits = self.network(torch.from_numpy(features))
        loss: Tensor = nn.functional.binary_cross_entropy_with_logits(
            logits.float(), torch.from_numpy(target.astype(np.float32))
        )
        self.optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        self.optimiser.step()
        return float(loss.detach())


@dataclass(frozen=True, slots=True)
class HeldOut:
    """Features and targets of onsets that are never trained on."""

    features: Features
    target: Floats

    @classmethod
    def of(cls, sets: Iterable[LabelledOnsets]) -> "HeldOut":
        """Features of several sets; refused where none is readable and of known sign."""
        pairs = [features_and_target(onsets) for onsets in sets]
        target = np.concatenate([target for _, target in pairs]) if pairs else np.zeros(0)
        if not np.any(target != 0.5):
            raise UnusableDataError(
                "polarity training: no held-out onset of known sign is readable"
            )
        return cls(np.concatenate([features for features, _ in pairs]), target)

    def logits(self, network: nn.Module) -> Floats:
        """Logits (n,)."""
        return network_logits(network, self.features)

    def judge(self, network: nn.Module) -> tuple[float, float]:
        """Cross-entropy of all, and accuracy of those of known sign."""
        logits = self.logits(network)
        signed = self.target != 0.5
        right = (logits[signed] > 0) == (self.target[signed] > 0.5)
        return cross_entropy(logits, self.target), float(right.mean())


def features_and_target(batch: LabelledOnsets) -> tuple[Features, Floats]:
    """Readable features and their targets: 1 up, 0 down, .5 nobody can say."""
    features, readable = onset_features(
        batch.waveform, batch.sampling_rate_hz, batch.pick_index, batch.highest_grid_hz
    )
    target = 0.5 * (1.0 + np.asarray(batch.sign, float))
    return features[readable], target[readable]


def cross_entropy(logits: Floats, target: Floats) -> float:
    """Mean cross-entropy of logits (n,) and targets (n,) from 0 to 1."""
    return float(np.mean(np.logaddexp(0.0, logits) - target * logits))


def _schedule(step: int, steps: int) -> float:
    """Linear warm-up, then half a cosine down to a hundredth."""
    if step <= _WARM_UP_STEPS:
        return step / _WARM_UP_STEPS
    done = (step - _WARM_UP_STEPS) / max(1, steps - _WARM_UP_STEPS)
    return float(0.01 + 0.495 * (1.0 + np.cos(np.pi * min(done, 1.0))))


def _copied(network: nn.Module) -> dict[str, Tensor]:
    return {name: value.clone() for name, value in network.state_dict().items()}
