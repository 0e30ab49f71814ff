"""How sure a smoothed field is: fields drawn from its posterior, and their intervals.

With the strengths of least ABIC the posterior of the node stresses is normal about the field with
covariance ``variance K^-1`` (Yabuki & Matsu'ura 1992, eq. 33): the scatter of the events and what
smoothing may have smeared, averaged over the nodes. The first part supposes one variance for every
event; slips of unit length under shear of any size do not keep to that, and the intervals cover
0.85 to 0.93 instead of 0.95. Draws therefore take the scatter from the events' own residuals
(White 1980, Econometrica 48, 817), dependent events together, and keep the second part.
"""

from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from streamstress.geometry.axes import axial_difference, shmax_azimuth
from streamstress.geometry.tensors import (
    normalised,
    principal_axes,
    shape_ratio_phi,
    tensor_of,
)
from streamstress.stress.abic import abic_of
from streamstress.stress.describe import StressIntervals
from streamstress.stress.field import FieldInversion
from streamstress.stress.normal_equations import unpack_sums
from streamstress.stress.shape import simpson_a_phi
from streamstress.stress.uncertainty import PHI_MAX_WIDTH

Array = NDArray[np.float64]
Seed = int | np.random.Generator

DEFAULT_DRAWS = 500
"""Draws of a node: a 95 % bound is then uncertain by 4 % of its distance."""

MAX_NODE_DRAWS = 2_000_000
"""Draws times nodes that are kept in memory (180 bytes each); large grids get fewer draws."""

MIN_DRAWS = 200

CHUNK_NODES = 500
"""Nodes whose draws are turned into intervals at once, so that they stay in cache."""


MODEL_ERROR = 1.15
"""Draws are spread by this much more: shear is not of one size and some planes are wrong, which
no residual shows. Ratio of the rms error of SHmax and axes to that of the draws, measured on 24
kinds of fields (phi 0.2 and 0.5, mechanism errors of 10 and 30 degrees, faults diverse and well
oriented, 15 to 100 events a node): 1.0 to 1.3, here such that the mean coverage is 0.95."""

STRENGTH_SPACING = 0.6
"""Logarithmic distance of the strengths that intervals are averaged over."""

MAX_STRENGTHS = 30
"""Strengths tried on either side of the best: with the spacing they pass the whole range of ABIC's
search."""

LEAST_SHARE = 0.01
"""Strengths that are less likely, against the likeliest, are left out."""


def posterior_covariance(field: FieldInversion) -> Array:
    """Covariance (m, 5, 5) of the stress five-vectors of each node, ``variance K^-1``."""
    return field.variance * field.solved.factor.node_covariance()


def posterior_draws(
    field: FieldInversion,
    draws: int | None = None,
    seed: Seed = 0,
    cluster: ArrayLike | None = None,
) -> Array:
    """Unit-norm tensors (r, m, 3, 3) of whole fields drawn as `posterior_five` draws them."""
    return normalised(tensor_of(posterior_five(field, draws, seed, cluster)))


def posterior_five(
    field: FieldInversion,
    draws: int | None = None,
    seed: Seed = 0,
    cluster: ArrayLike | None = None,
) -> Array:
    """Stress five-vectors (r, m, 5), unscaled, of whole fields drawn from the posterior.

    Parameters
    ----------
    draws
        About how many; `DEFAULT_DRAWS` where not given, fewer on a large grid.
    cluster : (n,)
        Labels; events of one label at one node are taken to err together. Each event for itself
        where not given.
    """
    rng = np.random.default_rng(seed)
    wanted = draws or max(min(DEFAULT_DRAWS, MAX_NODE_DRAWS // field.grid.size), MIN_DRAWS)
    parts = []
    for trial, share in likely_strengths(field):
        count = max(round(share * wanted), 1)
        right = _event_scatter(trial, count, rng, cluster)
        right += smoothing_pull(trial, count, rng)
        spread = MODEL_ERROR * trial.solved.factor.solve(right)
        parts.append(trial.solved.five[:, :, None] + spread)
    return np.moveaxis(np.concatenate(parts, axis=-1), -1, 0)


def likely_strengths(field: FieldInversion) -> list[tuple[FieldInversion, float]]:
    """The field at the strengths about that of least ABIC, and how likely each is.

    ABIC is minus twice the logarithm of the evidence (Akaike 1980), so that a strength has the
    likelihood ``exp(-ABIC / 2)``. The difference of neighbours is even beforehand in its size,
    ``strength ** -0.5`` (Gelman 2006, Bayesian Anal. 1, 515): where an even field is as likely as
    a varying one, the strength of least ABIC is infinite, and would alone tell that neighbours
    cannot differ. All kinds of links are scaled together. A strength that was given is certain.
    """
    if field.choice is None:
        return [(field, 1.0)]
    trials = [field]
    weights = [-abic_of(field.problem, field.sums, field.strengths, field.solved) / 2.0]
    for side in (-1.0, 1.0):
        for step in range(1, MAX_STRENGTHS + 1):
            log = side * step * STRENGTH_SPACING
            trial = _at_strength(field, float(np.exp(log)))
            value = abic_of(field.problem, field.sums, trial.strengths, trial.solved)
            weights.append(-(value + log) / 2.0)
            trials.append(trial)
            if weights[-1] < max(weights) + np.log(LEAST_SHARE):
                break
    likely = np.exp(np.array(weights) - max(weights))
    kept = likely > LEAST_SHARE
    total = float(likely[kept].sum())
    pairs = zip(trials, likely.tolist(), kept, strict=True)
    return [(trial, share / total) for trial, share, keep in pairs if keep]


def _at_strength(field: FieldInversion, factor: float) -> FieldInversion:
    """The field with all its strengths times a factor."""
    strengths = {kind: value * factor for kind, value in field.strengths.items()}
    solved = field.problem.solve(field.sums, strengths)
    return replace(field, strengths=strengths, solved=solved)


def event_scores(field: FieldInversion) -> Array:
    """What each event pulls at its node against the field, ``G'(u - G s)`` weighted, (n, 5)."""
    solutions = field.solutions
    five = field.solved.five[field.grid.node_of_event[solutions.event]]
    pull = np.zeros((solutions.event.size, 5))
    for plane in (0, 1):
        a, b = unpack_sums(solutions.sums[:, plane])
        residual = b - np.einsum("nij,nj->ni", a, five)
        pull += field.plane_weight[:, plane, None] * residual
    return _summed(solutions.event, pull, solutions.weight.size)


def draw_intervals(
    tensors: Array,
    draws: Array,
    phi_known: NDArray[np.bool_] | None = None,
    level: float = 0.95,
) -> list[StressIntervals]:
    """Intervals at each node.

    Parameters
    ----------
    tensors : (m, 3, 3)
        The field.
    draws : (r, m, 3, 3)
    phi_known : (m,)
        Whether the shape was corrected within what was simulated (`field_shape`); a phi that is
        known, with an interval of `PHI_MAX_WIDTH` or less, is reliable.
    """
    known = np.zeros(len(tensors), dtype=bool) if phi_known is None else phi_known
    parts = range(0, len(tensors), CHUNK_NODES)
    return [
        one
        for k in parts
        for one in _chunk_intervals(
            tensors[k : k + CHUNK_NODES],
            draws[:, k : k + CHUNK_NODES],
            known[k : k + CHUNK_NODES],
            level,
        )
    ]


def _chunk_intervals(
    tensors: Array, draws: Array, phi_known: NDArray[np.bool_], level: float
) -> list[StressIntervals]:
    tails = [50.0 * (1.0 - level), 50.0 * (1.0 + level)]
    best = shmax_azimuth(tensors)
    low, high = np.percentile(axial_difference(shmax_azimuth(draws), best), tails, axis=0)
    start = (best + low) % 180.0
    drawn_phi = shape_ratio_phi(draws)
    phi = np.percentile(drawn_phi, tails, axis=0).T
    a_phi = np.percentile(simpson_a_phi(draws, drawn_phi), tails, axis=0).T
    cosine = np.abs(np.sum(principal_axes(draws)[1] * principal_axes(tensors)[1], axis=-1))
    angle = np.degrees(np.arccos(np.clip(cosine, 0.0, 1.0)))
    cones = np.percentile(angle, 100.0 * level, axis=0)
    return [
        StressIntervals(
            (float(cone[0]), float(cone[1]), float(cone[2])),
            (float(begin), float(begin + width)),
            (float(shape[0]), float(shape[1])),
            (float(both[0]), float(both[1])),
            phi_reliable=bool(known and shape[1] - shape[0] <= PHI_MAX_WIDTH),
        )
        for cone, begin, width, shape, both, known in zip(
            cones, start, high - low, phi, a_phi, phi_known, strict=True
        )
    ]


def _event_scatter(
    field: FieldInversion, draws: int, rng: np.random.Generator, cluster: ArrayLike | None
) -> Array:
    """Draws (m, 5, r) of the sums at the nodes, as the events' residuals let them scatter."""
    scores = event_scores(field)
    node = field.grid.node_of_event
    if cluster is not None:
        both = np.stack([node, np.unique(np.asarray(cluster), return_inverse=True)[1]], axis=1)
        groups, label = np.unique(both, axis=0, return_inverse=True)
        scores, node = _summed(label, scores, groups.shape[0]), groups[:, 0]
    square = (scores[:, :, None] * scores[:, None, :]).reshape(-1, 25)
    meat = _summed(node, square, field.grid.size).reshape(-1, 5, 5)
    values, vectors = np.linalg.eigh(meat)
    root = vectors * np.sqrt(np.maximum(values, 0.0))[:, None, :]
    return np.asarray(root @ rng.normal(size=(field.grid.size, 5, draws)))


def smoothing_pull(field: FieldInversion, draws: int, rng: np.random.Generator) -> Array:
    """Draws (m, 5, r) of the sums at the nodes, as the links let neighbours differ."""
    strength = field.problem.link_strength(field.strengths)
    root = np.linalg.cholesky(field.problem.metric)
    total = np.zeros((field.grid.size, 5, draws))
    pull = root @ rng.normal(size=(strength.size, 5, draws))
    pull *= np.sqrt(field.variance * strength)[:, None, None]
    np.add.at(total, field.grid.links[:, 0], pull)
    np.subtract.at(total, field.grid.links[:, 1], pull)
    return total


def _summed(index: NDArray[np.int64], rows: Array, size: int) -> Array:
    """Sums of rows (k, c) by index, (size, c)."""
    columns = [np.bincount(index, column, size) for column in rows.T]
    return np.stack(columns, axis=-1)
