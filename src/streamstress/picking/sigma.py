"""The time error of picks, learned from residuals by phase, probability and signal over noise.

``ln sigma = c0 + c1 (1 - probability) - c2 log10(snr)``, with the coefficients of each phase. They
are those of Student's distribution with 4 degrees of freedom that makes the residuals likeliest, so
that a few picks of another phase do not widen all the others.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from streamstress.errors import InputFileError
from streamstress.picking.extract import Phase

Floats = NDArray[np.float64]

LEAST_PICKS = 50
"""Fewer of a phase teach nothing: three coefficients, and tails."""

_FREEDOM = 4.0
_ONE_SIGMA = 1.142
"""Half width that holds 68.3 % of Student's distribution with 4 degrees of freedom."""

_SNR_RANGE = (1.0, 100.0)
_WEIGHT_OF_PRIOR = 3.0
_BOUNDS_S = (0.01, 0.5)


@dataclass(frozen=True, slots=True)
class Curve:
    """Coefficients of one phase, see the module."""

    constant: float
    doubt: float
    loudness: float

    def sigma_s(self, probability: Floats | float, snr: Floats | float) -> Floats:
        """One-sigma time error, s, between 0.01 and 0.5."""
        decades = np.log10(np.clip(snr, *_SNR_RANGE))
        exponent = self.constant + self.doubt * (1.0 - probability) - self.loudness * decades
        return np.asarray(np.clip(np.exp(exponent), *_BOUNDS_S))


DEFAULT_CURVES: Mapping[Phase, Curve] = {
    "P": Curve(np.log(0.03), 1.7, 0.0),
    "S": Curve(np.log(0.05), 1.9, 0.0),
}
"""Without residuals: P 0.03 s at probability 1 and 0.10 s at 0.3, S 0.05 s and 0.19 s."""


@dataclass(frozen=True, slots=True)
class PickSigma:
    """The curves of a picker, and how many picks taught them (0: none did)."""

    curves: Mapping[Phase, Curve] = field(default_factory=lambda: dict(DEFAULT_CURVES))
    picks: Mapping[Phase, int] = field(default_factory=lambda: {"P": 0, "S": 0})

    def sigma_s(self, phase: Phase, probability: float, snr: float | None) -> float:
        """One-sigma time error of a pick, s; an unknown signal over noise counts as 3."""
        return float(self.curves[phase].sigma_s(probability, 3.0 if snr is None else snr))


def fit_sigma(phase: Phase, probability: Floats, snr: Floats, residual_s: Floats) -> Curve:
    """Curve of one phase from picks minus a reference (``(n,)`` each); constant offset removed.

    A weak prior holds the slopes near those of `DEFAULT_CURVES`, and keeps them from turning round:
    a surer or louder pick is never a worse one.
    """
    offset_s = residual_s - np.median(residual_s)
    default = DEFAULT_CURVES[phase]

    def misfit(coefficients: Floats) -> float:
        scale = np.exp(
            coefficients[0]
            + coefficients[1] * (1.0 - probability)
            - coefficients[2] * np.log10(np.clip(snr, *_SNR_RANGE))
        )
        likelihood = np.log(scale) + (_FREEDOM + 1.0) / 2.0 * np.log1p(
            (offset_s / scale) ** 2 / _FREEDOM
        )
        prior = (coefficients[1] - default.doubt) ** 2 + (coefficients[2] - default.loudness) ** 2
        return float(likelihood.sum() + _WEIGHT_OF_PRIOR * prior)

    start = [default.constant, default.doubt, default.loudness]
    bounds = [(np.log(0.002), np.log(1.0)), (0.0, 6.0), (0.0, 2.0)]
    found = minimize(misfit, start, method="L-BFGS-B", bounds=bounds).x
    return Curve(float(found[0] + np.log(_ONE_SIGMA)), float(found[1]), float(found[2]))


def write_sigma(sigma: PickSigma, path: Path, card: Mapping[str, Any]) -> None:
    """Write curves with a card of where they come from."""
    document = {
        "card": dict(card),
        "picks": dict(sigma.picks),
        "curves": {phase: asdict(curve) for phase, curve in sigma.curves.items()},
    }
    path.write_text(json.dumps(document, indent=2) + "\n")


def read_sigma(path: Path) -> PickSigma:
    """Read what `write_sigma` wrote.

    Raises
    ------
    InputFileError
        It is missing or no such file.
    """
    try:
        document = json.loads(path.read_text())
        curves: dict[Phase, Curve] = {
            "P": Curve(**document["curves"]["P"]),
            "S": Curve(**document["curves"]["S"]),
        }
        return PickSigma(curves, document["picks"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputFileError(
            f"{path}: no time errors of picks as 'streamstress pick-sigma' writes them ({error})"
        ) from error
