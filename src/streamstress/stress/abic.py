"""The strength of smoothing that the data ask for: the least ABIC, and the trade-off curve.

Akaike (1980); Yabuki & Matsu'ura (1992, Geophys. J. Int. 109, 363, eq. 30). With ``N`` data,
``M`` unknowns, a smoothing matrix ``P`` of rank ``p`` and the normal matrix ``K``

    ABIC = (N + p - M) ln(misfit + penalty) - ln pdet P + ln det K

An event is two data, for its slip lies in its plane; its planes and solutions share them, and
dependent events count by their effective number, so that ``N`` is twice the sum of the weights.
``M - p`` is five for each linked group of nodes.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize, minimize_scalar

from streamstress.errors import UnusableDataError
from streamstress.stress.nodes import LinkKind
from streamstress.stress.smoothing import NodeSums, SmoothedField, SmoothingProblem, Strengths

Array = NDArray[np.float64]

LOG_SPAN = (-5.0, 12.0)
"""Natural logarithms of the strengths tried, relative to the mean sum of a node: from no effect
to a field that is even to a thousandth."""

CURVE_POINTS = 10
"""Strengths on the curves, evenly over `LOG_SPAN`; the least one is then refined."""

TOLERANCE = 0.05
"""Strength is found to this relative precision; ABIC is flat to 0.01 over it."""


@dataclass(frozen=True, slots=True)
class SmoothingPoint:
    """One strength on the trade-off curve.

    ``misfit_rms`` is of a slip vector of unit length, ``roughness_rms`` the rms Frobenius norm of
    the difference of two neighbours.
    """

    strengths: dict[LinkKind, float]
    abic: float
    misfit_rms: float
    roughness_rms: float


@dataclass(frozen=True, slots=True)
class SmoothingChoice:
    """The strength of least ABIC and the curve it was taken from.

    Attributes
    ----------
    strengths : dict
    abic : float
    curve : list of SmoothingPoint
        Strengths tried, weakest first.
    corner : dict or None
        Strengths at the corner of the trade-off curve, for comparison.
    at_limit : bool
        The least value lies at an end of the range: the field is even, or not smooth at all.
    """

    strengths: dict[LinkKind, float]
    abic: float
    curve: list[SmoothingPoint]
    corner: dict[LinkKind, float] | None
    at_limit: bool


def degrees_of_freedom(problem: SmoothingProblem, sums: NodeSums) -> float:
    """``N + p - M``: data less the directions of stress that smoothing leaves free."""
    return 2.0 * sums.effective_events - 5.0 * problem.groups


def abic(problem: SmoothingProblem, sums: NodeSums, strengths: Strengths) -> float:
    """ABIC of a strength of smoothing, up to a constant of the data."""
    return abic_of(problem, sums, strengths, problem.solve(sums, strengths))


def abic_of(
    problem: SmoothingProblem, sums: NodeSums, strengths: Strengths, field: SmoothedField
) -> float:
    """ABIC of a field that was solved with these strengths."""
    freedom = degrees_of_freedom(problem, sums)
    if freedom <= 0:
        raise UnusableDataError("too few events to choose a strength of smoothing by ABIC")
    fit = max(field.misfit + field.penalty, 1e-12 * sums.energy)
    prior = problem.prior_log_determinant(strengths)
    return freedom * float(np.log(fit)) - prior + field.factor.log_determinant


def smoothing_point(
    problem: SmoothingProblem, sums: NodeSums, strengths: Strengths
) -> SmoothingPoint:
    """Misfit, roughness and ABIC of a strength."""
    field = problem.solve(sums, strengths)
    total = max(float(problem.grid.link_weight.sum()), 1e-300)
    return SmoothingPoint(
        dict(strengths),
        abic_of(problem, sums, strengths, field),
        float(np.sqrt(field.misfit / sums.effective_events)),
        float(np.sqrt(field.roughness / total)),
    )


def choose_smoothing(problem: SmoothingProblem, sums: NodeSums) -> SmoothingChoice:
    """Strengths of least ABIC, and the curve on the way: all kinds of links alike, then each.

    Raises
    ------
    UnusableDataError
        A linked group of nodes does not resolve its stress, or there are too few events.
    """
    kinds = problem.grid.kinds
    scale = _mean_resolution(problem, sums)

    def point(logs: Array) -> SmoothingPoint:
        inside = scale * np.exp(np.clip(logs, *LOG_SPAN))
        return smoothing_point(problem, sums, dict(zip(kinds, inside.tolist(), strict=True)))

    along = np.linspace(*LOG_SPAN, CURVE_POINTS)
    curve = [point(np.full(len(kinds), log)) for log in along]
    best = min(curve, key=_abic)
    start = float(along[curve.index(best)])
    logs = _least(lambda at: point(at).abic, start, float(along[1] - along[0]), len(kinds))
    chosen = min([point(logs), best], key=_abic)
    relative = np.log([chosen.strengths[kind] / scale for kind in kinds])
    return SmoothingChoice(
        chosen.strengths,
        chosen.abic,
        sorted([*curve, chosen], key=lambda one: one.strengths[kinds[0]]),
        corner(curve),
        bool(np.any(relative < LOG_SPAN[0] + 0.1) or np.any(relative > LOG_SPAN[1] - 0.1)),
    )


def _mean_resolution(problem: SmoothingProblem, sums: NodeSums) -> float:
    """Mean of a node's sums against the norm of differences; the same in every frame."""
    occupied = max(int(np.count_nonzero(sums.weight)), 1)
    return float(np.trace(np.linalg.solve(problem.metric, sums.a.sum(axis=0)))) / (5 * occupied)


def _abic(point: SmoothingPoint) -> float:
    return point.abic


def _least(value: Callable[[Array], float], start: float, spacing: float, kinds: int) -> Array:
    """Logarithms of the strengths of least value, near a start of all kinds alike."""
    if kinds == 1:
        bounds = (max(start - spacing, LOG_SPAN[0]), min(start + spacing, LOG_SPAN[1]))
        found = minimize_scalar(
            lambda log: value(np.array([log])),
            bounds=bounds,
            method="bounded",
            options={"xatol": TOLERANCE},
        )
        return np.array([found.x])
    simplex = start + spacing * np.array([[0.0, 0.0], [0.7, -0.7], [-0.7, -0.7]])
    nearest = minimize(
        value,
        simplex[0],
        method="Nelder-Mead",
        options={"initial_simplex": simplex, "xatol": TOLERANCE, "fatol": 0.02},
    )
    return np.asarray(np.clip(nearest.x, *LOG_SPAN))


def corner(curve: Sequence[SmoothingPoint]) -> dict[LinkKind, float]:
    """Strengths at the corner of the trade-off curve of misfit and roughness.

    Both are scaled to 0 to 1 over the curve; the corner is the point nearest to the origin, as
    SATSI takes it (Hardebeck & Michael 2006, fig. 3).
    """
    values = np.array([[one.misfit_rms, one.roughness_rms] for one in curve])
    span = np.ptp(values, axis=0)
    scaled = (values - values.min(axis=0)) / np.where(span > 0, span, 1.0)
    return curve[int(np.argmin(np.hypot(*scaled.T)))].strengths
