"""Features to probabilities of the kinds: a softmax regression, calibrated, in plain numpy."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from streamstress.errors import WeightsError
from streamstress.event_type.features import N_SPECTRAL, NAMES
from streamstress.event_type.observation import Array

Kind = Literal["earthquake", "teleseism", "tremor", "blast", "noise"]
KINDS: tuple[Kind, ...] = get_args(Kind)

COMMITTED_WEIGHTS = Path(__file__).parent / "weights" / "event_type.json"

CLIP = 3.0
"""Standardised features end here: what no training showed is taken as the most extreme that one
did, and not for more."""

Card = dict[str, Any]


@dataclass(frozen=True, slots=True, eq=False)
class TypeModel:
    """Logits that are quadratic in each feature, with a term for each that is missing.

    Features (d,) are standardised by ``centre`` and ``scale``, those not known 0. ``temperature``
    divides the logits; ``shares`` are those of the kinds (k,) in the training set, which
    `log_likelihoods` takes off. A hidden layer in place of the squares told kinds of networks that
    it had not seen worse (negative log likelihood 0.126 for the mean of eight layers of 16
    units against 0.094, five parts of 32 simulated networks held back in turn).
    """

    centre: Array
    scale: Array
    weight: Array
    """(3 d, k): of the features, their squares and the flags."""
    bias: Array
    temperature: float
    shares: Array
    card: Card

    def inputs(self, features: Array) -> Array:
        """Standardised features (n, d), their squares and flags, (n, 3 d)."""
        missing = ~np.isfinite(features)
        scaled = (np.where(missing, self.centre, features) - self.centre) / self.scale
        kept = np.clip(scaled, -CLIP, CLIP)
        return np.concatenate([kept, kept**2, missing], axis=1)

    def log_likelihoods(self, features: Array) -> Array:
        """Log likelihood (n, k) of each kind given features (n, d), up to a constant a row."""
        logits = (self.inputs(features) @ self.weight + self.bias) / self.temperature
        # Without a look at its waves an event passes for what most events are.
        told = np.isfinite(features[:, :N_SPECTRAL]).any(axis=1, keepdims=True)
        return np.asarray(np.where(told, logits - np.log(self.shares), 0.0))

    @property
    def name(self) -> str:
        """Name for records: kind of model and date of its training."""
        return f"event-type/{self.card.get('date', 'undated')}/{self.card.get('seed', '-')}"


def probabilities(log_likelihood: Array, log_prior: Array) -> Array:
    """Probabilities (n, k) from log likelihoods and the log of the kinds' shares in nature."""
    total = log_likelihood + log_prior
    total = np.exp(total - total.max(axis=-1, keepdims=True))
    return np.asarray(total / total.sum(axis=-1, keepdims=True))


def save_model(model: TypeModel, path: Path) -> None:
    """Write weights and card as JSON, small enough to be read."""
    content: dict[str, Any] = {"card": model.card, "kinds": KINDS, "features": NAMES}
    for name in TypeModel.__slots__:
        value = getattr(model, name)
        if isinstance(value, np.ndarray):
            content[name] = np.vectorize(lambda x: float(f"{x:.6g}"))(value).tolist()
    content["temperature"] = float(f"{model.temperature:.6g}")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, indent=1) + "\n")


def load_model(path: Path | None = None) -> TypeModel:
    """Read weights; those of the package where no path is given.

    Raises
    ------
    WeightsError
        The file is missing or damaged, or was made for other features.
    """
    path = path or COMMITTED_WEIGHTS
    expected = "expected weights that `streamstress eventtype train` wrote"
    try:
        content = json.loads(path.read_text())
        if tuple(content["features"]) != NAMES or tuple(content["kinds"]) != KINDS:
            raise WeightsError(f"{path}: made for other features or kinds of events; {expected}")
        arrays = {
            name: np.array(content[name], dtype=np.float64)
            for name in TypeModel.__slots__
            if name not in ("temperature", "card")
        }
        model = TypeModel(**arrays, temperature=float(content["temperature"]), card=content["card"])
    except FileNotFoundError as error:
        raise WeightsError(f"{path}: there is no such file; {expected}") from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise WeightsError(f"{path}: cannot be read ({error!r}); {expected}") from error
    _check(model, path)
    return model


def _check(model: TypeModel, path: Path) -> None:
    d, k = len(NAMES), len(KINDS)
    shapes: dict[str, tuple[int, ...]] = {
        "centre": (d,),
        "scale": (d,),
        "weight": (3 * d, k),
        "bias": (k,),
        "shares": (k,),
    }
    for name, shape in shapes.items():
        value: NDArray[np.float64] = getattr(model, name)
        if value.shape != shape or not np.isfinite(value).all():
            raise WeightsError(f"{path}: {name} should be {shape} finite numbers")
    if not (model.scale > 0).all() or not (model.shares > 0).all() or model.temperature <= 0:
        raise WeightsError(f"{path}: scale, shares and temperature must be positive")
