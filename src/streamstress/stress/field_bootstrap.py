"""Bootstrap of a smoothed field: events drawn with replacement, planes chosen anew.

Michael (1984), Hardebeck & Michael (2006, sect. 2.4). Resampled fields show how the events scatter,
not what smoothing smears: on the fields of docs/accuracy.md their intervals held SHmax in 0.81 of
nodes, s3 in 0.66. `bootstrap_draws` adds that part as `posterior` does.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from streamstress.errors import UnusableDataError
from streamstress.geometry.tensors import normalised, tensor_of
from streamstress.geometry.tractions import DEFAULT_FRICTION
from streamstress.stress.field import FieldInversion
from streamstress.stress.normal_equations import unpack_sums
from streamstress.stress.plane_choice import plane_features, second_plane_less_stable
from streamstress.stress.posterior import likely_strengths, smoothing_pull

Array = NDArray[np.float64]
Seed = int | np.random.Generator

PLANE_ROUNDS = 2
"""Rounds of plane choice in a draw, from the planes of the field: 1 to 8 rounds give median widths
of SHmax intervals of 9.2 to 10.1 degrees on The Geysers, without order."""

MODEL_ERROR = 1.1
"""Draws are spread by this much more, as those of the posterior are (`posterior.MODEL_ERROR`):
on 180 fields with seeds that are not reported SHmax was held in 0.93 of nodes with 1, 0.95 with
1.1, 0.965 with 1.2, and s3 in 0.92, 0.95, 0.965."""


def bootstrap_draws(
    field: FieldInversion,
    resamplings: int,
    seed: Seed = 0,
    cluster: ArrayLike | None = None,
) -> Array:
    """Unit-norm tensors (r, m, 3, 3) that scatter as the events do, and as smoothing may err.

    All likely strengths of smoothing take part (`posterior.likely_strengths`), each with
    resamplings of its own; what the links let neighbours differ is added to each.

    Parameters
    ----------
    cluster : (n,)
        Labels; events of one label are drawn together.

    Raises
    ------
    UnusableDataError
        Fewer than two events or clusters.
    """
    rng = np.random.default_rng(seed)
    parts = []
    for trial, share in likely_strengths(field):
        count = max(round(share * resamplings), 1)
        resampled = _resampled(trial, count, rng, cluster)
        smeared = trial.solved.factor.solve(smoothing_pull(trial, count, rng))
        offset = resampled - trial.solved.five + np.moveaxis(smeared, -1, 0)
        parts.append(trial.solved.five + MODEL_ERROR * offset)
    return normalised(tensor_of(np.concatenate(parts)))


def field_bootstrap(
    field: FieldInversion,
    resamplings: int,
    seed: Seed = 0,
    cluster: ArrayLike | None = None,
) -> Array:
    """Unit-norm tensors (r, m, 3, 3) of resampled fields, as SATSI's bootstrap gives them.

    Parameters
    ----------
    cluster : (n,)
        Labels; events of one label are drawn together.

    Raises
    ------
    UnusableDataError
        Fewer than two events or clusters.
    """
    return normalised(
        tensor_of(_resampled(field, resamplings, np.random.default_rng(seed), cluster))
    )


def _resampled(
    field: FieldInversion, resamplings: int, rng: np.random.Generator, cluster: ArrayLike | None
) -> Array:
    """Stress five-vectors (r, m, 5) of resampled fields."""
    count = field.solutions.weight.size
    label = np.arange(count) if cluster is None else np.unique(cluster, return_inverse=True)[1]
    groups = int(label.max()) + 1
    if groups < 2:
        raise UnusableDataError("resampling needs at least two independent events")
    sampler, even = _Sampler(field), np.full(groups, 1.0 / groups)
    return np.array(
        [sampler.field_of(rng.multinomial(groups, even)[label]) for _ in range(resamplings)]
    )


class _Sampler:
    """Rows in the order of their nodes, so that node sums are sums of neighbours."""

    def __init__(self, field: FieldInversion) -> None:
        solutions = field.solutions
        self.field = field
        self.strength = field.problem.link_strength(field.strengths)
        node = field.grid.node_of_event[solutions.event]
        order = np.argsort(node, kind="stable")
        self.node = node[order]
        self.event = solutions.event[order]
        self.row_weight = (solutions.weight[solutions.event] * solutions.share)[order]
        self.occupied, self.starts = np.unique(self.node, return_index=True)
        self.friction = DEFAULT_FRICTION if field.friction is None else field.friction
        self.features = plane_features(solutions.normal[order])
        self.sums = solutions.sums[order]
        self.started = self._packed(field.second[order])

    def field_of(self, drawn: NDArray[np.int64]) -> Array:
        """Stress five-vectors (m, 5) of events drawn so many times, (n,)."""
        weight = self.row_weight * drawn[self.event]
        packed, five = self.started, self._solved(weight, self.started)
        for _ in range(PLANE_ROUNDS if self.field.planes == "instability" else 0):
            second = second_plane_less_stable(five, self.node, self.features, self.friction)
            chosen = self._packed(second)
            if np.array_equal(chosen, packed):
                break
            packed, five = chosen, self._solved(weight, chosen)
        return five

    def _packed(self, second: NDArray[np.bool_]) -> Array:
        if self.field.planes == "both":
            return np.asarray(self.sums.mean(axis=1))
        return np.asarray(self.sums[np.arange(second.size), second.astype(np.int64)])

    def _solved(self, weight: Array, packed: Array) -> Array:
        total = np.zeros((self.field.grid.size, 20))
        total[self.occupied] = np.add.reduceat(weight[:, None] * packed, self.starts, axis=0)
        a, b = unpack_sums(total)
        return self.field.problem.factor(a, self.strength).solve(b)
