"""Fit the correction of the shape ratio, ``src/streamstress/stress/phi_correction.json``.

Run ``python benchmarks/fit_phi_correction.py [CATALOGUES] [SEED]``: 6,000 catalogues of 2,000
events take two minutes. Half of them have normal mechanism errors, half Student's t with 2 to 10
degrees of freedom. Every third is left out of the fit and gives the error. What few events add is
fitted to as many catalogues of 20 to 400 events again.
"""

import json
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from synthetic_mechanisms import Population, mechanisms, strike_slip_stress

from streamstress.geometry.tractions import DEFAULT_FRICTION
from streamstress.stress.contribution import plane_set_of_angles
from streamstress.stress.resampling import resampled_fits
from streamstress.stress.shape import FEW_DEGREE, FIGURES, figures, monomials

Array = NDArray[np.float64]

OUTPUT = Path(__file__).parents[1] / "src/streamstress/stress/phi_correction.json"
EVENTS = 2000
FEW = (20.0, 400.0)
FEW_SCATTER = 0.025
"""Standard error of a phi by degree of misfit, times the root of the number of events: 0.023 to
0.026 with mechanism errors of 10 to 30 degrees."""

LEAST_SQUARE = 1e-7
"""Added to squared residuals, so that a residual of nothing has a logarithm."""


def simulated(rng: np.random.Generator, events: int) -> tuple[Array, Array, float]:
    """Figures (5,) of one catalogue, its faults (accepted instability, error), its true phi."""
    phi, heavy = rng.uniform(0.0, 1.0), rng.random() < 0.5
    noise = rng.uniform(3.0, 25.0) if heavy else rng.uniform(3.0, 35.0)
    freedom = 1.0 / rng.uniform(0.1, 0.5) if heavy else np.inf
    drawn = Population(rng.uniform(0.70, 0.97), noise, rng.uniform(0.4, 0.8), freedom)
    angles = mechanisms(strike_slip_stress(0.0, phi), events, rng, drawn)
    fits = resampled_fits(plane_set_of_angles(*angles.T), np.ones((1, events)), DEFAULT_FRICTION)
    found = figures(fits)[0]
    return found, np.array([drawn.accepted_instability, noise, freedom]), phi


def log_error(standardised: Array, residual: Array) -> Array:
    """Coefficients (6,) of the logarithm of the standard error, linear in the figures."""
    terms = np.column_stack([np.ones(len(residual)), standardised])
    found = np.linalg.lstsq(terms, np.log(residual**2 + LEAST_SQUARE) / 2.0, rcond=None)[0]
    scaled = residual / np.exp(terms @ found)
    found[0] += np.log(np.sqrt(np.mean(scaled**2)))
    return np.asarray(found)


def main(catalogues: int, seed: int) -> None:
    """Simulate, fit, write, and print the error."""
    rng = np.random.default_rng(seed)
    drawn = [simulated(rng, EVENTS) for _ in range(catalogues)]
    found, faults, truth = (np.array(column) for column in zip(*drawn, strict=True))
    kept = np.arange(catalogues) % 3 > 0
    mean, scatter = found.mean(axis=0), found.std(axis=0)
    standardised = (found - mean) / scatter
    terms = monomials(standardised)
    coefficients = np.linalg.lstsq(terms[kept], truth[kept], rcond=None)[0]
    residual = terms @ coefficients - truth
    logs = log_error(standardised[kept], residual[kept])
    low, high = found.min(axis=0), found.max(axis=0)

    def standardise(figure: Array) -> Array:
        return np.asarray((np.clip(figure, low, high) - mean) / scatter)

    def stated(figure: Array) -> Array:
        return np.asarray(np.exp(logs[0] + figure @ logs[1:]))

    few = few_events(rng, catalogues, standardise, stated, coefficients)
    _report(residual, stated(standardised), faults, ~kept)
    fit = {
        "made_by": f"benchmarks/fit_phi_correction.py {catalogues} {seed}",
        "lowest": low.round(6).tolist(),
        "highest": high.round(6).tolist(),
        "mean": mean.tolist(),
        "scatter": scatter.tolist(),
        "coefficients": coefficients.tolist(),
        "per_event": few.round(4).tolist(),
        "log_error": logs.round(4).tolist(),
    }
    OUTPUT.write_text(json.dumps(fit, indent=1) + "\n", encoding="utf-8")


def few_events(
    rng: np.random.Generator,
    catalogues: int,
    standardise: Callable[[Array], Array],
    stated: Callable[[Array], Array],
    coefficients: Array,
) -> Array:
    """Coefficients (21,) of the error of phi times the number of events; clipped as in use."""
    events = np.exp(rng.uniform(*np.log(FEW), size=catalogues)).astype(int)
    drawn = [simulated(rng, int(count)) for count in events]
    figure = np.array([one[0] for one in drawn])
    found = standardise(figure)
    residual = monomials(found) @ coefficients - np.array([one[2] for one in drawn])
    terms = monomials(found, FEW_DEGREE) / events[:, None]
    scatter = FEW_SCATTER * figure[:, FIGURES.index("misfit_deg")] / np.sqrt(events)
    weight = 1.0 / np.hypot(scatter, stated(found))
    few = np.linalg.lstsq(terms * weight[:, None], residual * weight, rcond=None)[0]
    left = residual - terms @ few
    for low, high in ((20, 50), (50, 150), (150, 400)):
        here = (events >= low) & (events < high)
        print(f"{low} to {high}: bias {residual[here].mean():+.4f}, left {left[here].mean():+.4f}")
    return np.asarray(few)


def _report(residual: Array, stated: Array, faults: Array, left_out: NDArray[np.bool_]) -> None:
    """Errors of the catalogues left out, all and by kind, beside what is stated of them."""
    accepted, noise, freedom = faults.T
    kinds = {
        "all": left_out,
        "normal errors under 12 degrees": left_out & np.isinf(freedom) & (noise < 12.0),
        "normal errors": left_out & np.isinf(freedom),
        "heavy-tailed": left_out & np.isfinite(freedom),
        "heavy-tailed, well oriented": left_out & np.isfinite(freedom) & (accepted > 0.9),
    }
    for name, kind in kinds.items():
        rms = np.sqrt(np.mean(residual[kind] ** 2))
        ratio = np.sqrt(np.mean((residual[kind] / stated[kind]) ** 2))
        print(f"{name}: rms {rms:.4f}, bias {residual[kind].mean():+.4f}, over stated {ratio:.2f}")


if __name__ == "__main__":
    arguments = [int(value) for value in sys.argv[1:]]
    main(*(arguments + [6000, 1][len(arguments) :]))
