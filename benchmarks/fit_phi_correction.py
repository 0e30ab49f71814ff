"""Fit the correction of the shape ratio, ``src/streamstress/stress/phi_correction.json``.

Run ``python benchmarks/fit_phi_correction.py [CATALOGUES] [SEED]``: 6,000 catalogues of 2,000
events take two minutes. Every third is left out of the fit and gives the error.
"""

import json
import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from synthetic_mechanisms import Population, mechanisms, strike_slip_stress

from streamstress.geometry.tractions import DEFAULT_FRICTION
from streamstress.stress.contribution import plane_set_of_angles
from streamstress.stress.resampling import resampled_fits
from streamstress.stress.shape import figures, monomials

Array = NDArray[np.float64]

OUTPUT = Path(__file__).parents[1] / "src/streamstress/stress/phi_correction.json"
EVENTS = 2000


def simulated(rng: np.random.Generator) -> tuple[Array, float]:
    """Figures (4,) of one catalogue and its true phi."""
    phi = rng.uniform(0.0, 1.0)
    drawn = Population(rng.uniform(0.70, 0.97), rng.uniform(3.0, 35.0), rng.uniform(0.4, 0.8))
    events = plane_set_of_angles(*mechanisms(strike_slip_stress(0.0, phi), EVENTS, rng, drawn).T)
    return figures(resampled_fits(events, np.ones((1, EVENTS)), DEFAULT_FRICTION))[0], phi


def main(catalogues: int, seed: int) -> None:
    """Simulate, fit, write, and print the error."""
    rng = np.random.default_rng(seed)
    drawn = [simulated(rng) for _ in range(catalogues)]
    found, truth = np.array([one[0] for one in drawn]), np.array([one[1] for one in drawn])
    kept = np.arange(catalogues) % 3 > 0
    mean, scatter = found.mean(axis=0), found.std(axis=0)
    terms = monomials((found - mean) / scatter)
    coefficients = np.linalg.lstsq(terms[kept], truth[kept], rcond=None)[0]
    error = (terms @ coefficients - truth)[~kept]
    print(f"left out: rms {error.std():.4f}, bias {error.mean():.4f}")
    quarter = np.minimum(truth[~kept] // 0.25, 3).astype(int)
    rms = [float(np.sqrt(np.mean(error[quarter == part] ** 2))) for part in range(4)]
    print("rms by quarter of phi:", np.round(rms, 3))
    slope, intercept = np.polyfit([0.125, 0.375, 0.625, 0.875], rms, 1)
    fit = {
        "made_by": f"benchmarks/fit_phi_correction.py {catalogues} {seed}",
        "lowest": found.min(axis=0).round(6).tolist(),
        "highest": found.max(axis=0).round(6).tolist(),
        "mean": mean.tolist(),
        "scatter": scatter.tolist(),
        "coefficients": coefficients.tolist(),
        "error": [round(float(intercept), 4), round(float(intercept + slope), 4)],
    }
    OUTPUT.write_text(json.dumps(fit, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    arguments = [int(value) for value in sys.argv[1:]]
    main(*(arguments + [6000, 1][len(arguments) :]))
