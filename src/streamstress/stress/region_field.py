"""The stress field of a region as events come and go: quick between, whole now and then.

Each event that comes or leaves corrects the field at its node (`rolling_field`). Planes of all
events, strengths of smoothing and the correction of the shape are found anew (`field`) after every
so many changes; a new event takes the plane that is less stable in the stress of its node until
then.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from streamstress.errors import UnusableDataError
from streamstress.geometry.tensors import five_of
from streamstress.geometry.tractions import DEFAULT_FRICTION
from streamstress.stress.contribution import EventContribution, plane_set
from streamstress.stress.describe import described
from streamstress.stress.estimate import MIN_EVENTS, NOT_ENOUGH, NodeEstimate
from streamstress.stress.field import FieldInversion, invert_field
from streamstress.stress.field_shape import FieldShape, corrected_shape
from streamstress.stress.fit import mean_fit
from streamstress.stress.nodes import NodeGrid
from streamstress.stress.plane_choice import (
    plane_features,
    second_plane_less_stable,
    with_chosen_plane,
)
from streamstress.stress.posterior import draw_intervals, posterior_five
from streamstress.stress.rolling_field import RollingField, covariance_root

Array = NDArray[np.float64]
Integers = NDArray[np.int64]
Located = Mapping[str, tuple[int, EventContribution]]
"""Node and contribution of each event, by its id."""

DEFAULT_REFRESH = 100
"""Changes after which planes and strengths are found anew: a tenth of a window of 1,000."""

LEAST_EVENTS = 20
"""A region with fewer events has no field: ABIC and residuals would rest on next to nothing."""

GAIN_DRAWS = 200
"""Draws behind the spread of a node: its standard deviations to 5 %."""

MANY = 20
"""Changes at once above which the inverse is made anew: 100 ms at 200 nodes, 5 ms an event."""

DRAWS = 300
"""Draws of a node behind its intervals: a 95 % bound to 5 % of its distance."""


@dataclass(slots=True)
class _Whole:
    """What the last whole inversion found."""

    rolling: RollingField
    shape: FieldShape
    strength: float
    gain: Array


class RegionField:
    """Stresses of the nodes of a region, brought to each new set of events.

    Parameters
    ----------
    grid
        All nodes of the region, linked; their events do not matter.
    friction
        For the choice of planes.
    min_events
        A node with fewer gets no number.
    refresh
        Changes between two whole inversions.
    """

    def __init__(
        self,
        grid: NodeGrid,
        *,
        friction: float = DEFAULT_FRICTION,
        min_events: int = MIN_EVENTS,
        refresh: int = DEFAULT_REFRESH,
    ) -> None:
        self.grid = grid
        self.friction = friction
        self.min_events = min_events
        self.refresh = refresh
        self._events: dict[str, tuple[int, EventContribution]] = {}
        self._whole: _Whole | None = None
        self._changes = 0

    @property
    def strength(self) -> float | None:
        """Strength of smoothing in use; None before the events resolve a stress."""
        return None if self._whole is None else self._whole.strength

    def settle(self, events: Located) -> int:
        """Bring the field to these events; how many came or left since the last call.

        An event may also have changed: its solution, or its weight as its cluster grew.
        """
        left = self._events.keys() - events.keys()
        changes = len(left) + len(events.keys() - self._events.keys())
        new = {name: one for name, one in events.items() if not _same(self._events.get(name), one)}
        self._events = dict(events)
        self._changes += changes
        if self._whole is None or self._changes >= self.refresh:
            self._whole, self._changes = self._inverted(), 0
            return changes
        if len(left) + len(new) > MANY:
            self._whole.rolling.defer()
        for name in left:
            self._whole.rolling.remove(name)
        if new:
            tensors = self._whole.rolling.tensors()
            for name, (node, event) in new.items():
                chosen = with_chosen_plane(event, tensors[node], self.friction)
                self._whole.rolling.update(name, node, chosen)
        return changes

    def _inverted(self) -> _Whole | None:
        """Invert all events; None where they do not resolve a stress yet."""
        if len(self._events) < LEAST_EVENTS:
            return None
        node = np.array([where for where, _ in self._events.values()], np.int64)
        solutions = plane_set([event for _, event in self._events.values()])
        try:
            field = invert_field(
                solutions, replace(self.grid, node_of_event=node), friction=self.friction
            )
        except UnusableDataError:
            return None
        rolling = RollingField(field.problem.damping(field.strengths), refresh=10 * self.refresh)
        for name, (where, event) in self._events.items():
            chosen = with_chosen_plane(event, field.tensors[where], self.friction)
            rolling.update(name, where, chosen)
        gain = _gain(field, rolling.covariance())
        return _Whole(rolling, corrected_shape(field), field.strengths.get("space", 0.0), gain)

    def nodes(self, seed: int = 0) -> list[NodeEstimate]:
        """What is said of each node, in the order of the grid.

        The intervals are those of the posterior ``variance K^-1``, turned and spread at each node
        as the last whole inversion needed it (`_gain`).
        """
        where = np.array([node for node, _ in self._events.values()], np.int64)
        weight = np.array([event.weight for _, event in self._events.values()])
        count = np.bincount(where, minlength=self.grid.size)
        total = np.bincount(where, weight, self.grid.size)
        silent = [
            NodeEstimate(int(count[k]), float(total[k]), NOT_ENOUGH, bool(edge))
            for k, edge in enumerate(self.grid.on_boundary)
        ]
        if self._whole is None or not np.any(count >= self.min_events):
            return silent
        answers = self._answers(self._whole, where, count, seed)
        return [replace(one, **answers[k]) if k in answers else one for k, one in enumerate(silent)]

    def _answers(
        self, whole: _Whole, where: Integers, count: Integers, seed: int
    ) -> dict[int, dict[str, Any]]:
        """Fields of the estimates of the nodes with events enough."""
        raw = whole.rolling.tensors()
        misfit, homogeneity, unstable = self._fit(raw, where)
        kept = np.flatnonzero(count >= self.min_events)
        shape, rng = whole.shape.part(kept), np.random.default_rng(seed)
        tensors = shape.of_tensors(raw[kept])
        draws = shape.of_draws(whole.rolling.draws(DRAWS, rng, whole.gain)[:, kept], rng)
        told = draw_intervals(tensors, draws, shape.simulated)
        return {
            int(node): {
                "status": "ok",
                "tensor": tensor,
                "description": described(
                    tensor,
                    intervals,
                    misfit_deg=float(misfit[node]),
                    mean_instability=float(unstable[node]),
                    n_events=int(count[node]),
                ),
                "homogeneity": float(homogeneity[node]),
                "mean_instability": float(unstable[node]),
            }
            for node, tensor, intervals in zip(kept, tensors, told, strict=True)
        }

    def _fit(self, tensors: Array, where: Integers) -> tuple[Array, Array, Array]:
        """Misfit, homogeneity and instability at the nodes, on the less stable planes."""
        solutions = plane_set([event for _, event in self._events.values()])
        features = plane_features(solutions.normal)
        second = second_plane_less_stable(
            five_of(tensors), where[solutions.event], features, self.friction
        )
        row = solutions.weight[solutions.event] * solutions.share
        planes = np.stack([row * ~second, row * second], axis=1)
        return mean_fit(tensors, solutions, where, planes, self.friction)


def _gain(field: FieldInversion, covariance: Array) -> Array:
    """Matrices (m, 5, 5) that turn the plain posterior into that of `posterior.posterior_five`.

    The plain one, ``covariance`` (m, 5, 5), held SHmax in 0.83 to 0.89: it supposes one variance
    for every event and one strength of smoothing.
    """
    offset = posterior_five(field, GAIN_DRAWS) - field.solved.five
    spread = np.einsum("rmi,rmj->mij", offset, offset) / len(offset)
    return np.asarray(covariance_root(spread) @ np.linalg.inv(covariance_root(covariance)))


def _same(held: tuple[int, EventContribution] | None, one: tuple[int, EventContribution]) -> bool:
    """Whether an event is as it was, at its node and with its weight."""
    if held is None or held[0] != one[0]:
        return False
    before, now = held[1], one[1]
    return before is now or (
        before.weight == now.weight and np.array_equal(before.normal, now.normal)
    )
