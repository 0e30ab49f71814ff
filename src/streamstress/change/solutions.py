"""An event of several solutions is one event."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from streamstress.change.events import ChangeEvent
from streamstress.errors import UnusableDataError
from streamstress.geometry.tensors import five_of, normalised, tensor_of

LEAST_MEAN_NORM = 0.05
"""Norm of the mean tensor under which solutions cancel and tell no direction."""


def joined_solutions(solutions: Sequence[ChangeEvent], probability: Sequence[float]) -> ChangeEvent:
    """Join the solutions of one event, in any order: the mean tensor, weighted by probability.

    Parameters
    ----------
    solutions
        The event as each solution would have it. Planes and all else are those of the likeliest.
    probability
        Of each solution; they need not add up to 1.

    Raises
    ------
    UnusableDataError
        There is no solution with a probability over 0, or they cancel.
    """
    name = solutions[0].event_id if solutions else ""
    if not sum(probability) > 0.0:
        raise UnusableDataError(f"event {name}: no solution with a probability over 0")
    ordered = sorted(
        zip(probability, solutions, strict=True),
        key=lambda pair: (-pair[0], pair[1].strike_deg, pair[1].dip_deg, pair[1].rake_deg),
    )
    likeliest = ordered[0][1]
    if len(ordered) == 1:
        return likeliest
    five = [solution.five for _, solution in ordered]
    mean = tensor_of(np.average(five, axis=0, weights=[share for share, _ in ordered]))
    if np.linalg.norm(mean) < LEAST_MEAN_NORM:
        raise UnusableDataError(f"event {name}: its solutions cancel")
    ee, en, eu, nn, nu = (float(component) for component in five_of(normalised(mean)))
    return replace(likeliest, five=(ee, en, eu, nn, nu))
