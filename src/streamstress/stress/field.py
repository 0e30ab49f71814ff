"""The stress field of many mechanisms: a tensor at every node, smoothed as the data ask for.

The planes are chosen as in `invert`: start with both, take the less stable one in the stress of
the event's own node, solve again until the choice stands. The strength of smoothing is chosen
with both planes, and again with the chosen ones.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from streamstress.errors import ConfigError
from streamstress.geometry.tensors import normalised, tensor_of
from streamstress.geometry.tractions import DEFAULT_FRICTION
from streamstress.stress.abic import SmoothingChoice, choose_smoothing, degrees_of_freedom
from streamstress.stress.contribution import PlaneSet, select_events
from streamstress.stress.invert import MAX_CONDITION, PlaneMode
from streamstress.stress.nodes import LinkKind, NodeGrid
from streamstress.stress.plane_choice import (
    MAX_ITERATIONS,
    plane_features,
    second_plane_less_stable,
)
from streamstress.stress.smoothing import (
    FROBENIUS_METRIC,
    NodeSums,
    SmoothedField,
    SmoothingProblem,
    Strengths,
    node_sums,
)

Array = NDArray[np.float64]
Bools = NDArray[np.bool_]
Smoothing = Literal["abic"] | float | Mapping[LinkKind, float]

MAX_ROUNDS = 3
"""Rounds of strength and planes at most; the strength moves by under a tenth after two."""

STILL = 1e-4
"""Share of the solutions whose planes may still move when the choice stands: among hundreds of
thousands a few change sides for ever, and none of less than 10,000 may."""

SETTLED = np.log(1.1)
"""A strength that moves by less is settled: the field's error is flat over it."""


@dataclass(frozen=True)
class FieldInversion:
    """The stress at every node that the events resolve.

    Attributes
    ----------
    problem : SmoothingProblem
        Nodes and links.
    solutions : PlaneSet
        Events of these nodes.
    planes, friction
        How planes were chosen; friction None where they were not.
    second : (rows,) bool
        Solutions whose second plane was taken.
    sums : NodeSums
        Sums on the planes that count.
    strengths : dict
        Strength of smoothing by kind of link; empty without links.
    choice : SmoothingChoice or None
        How the strength was chosen; None where it was given.
    solved : SmoothedField
    """

    problem: SmoothingProblem
    solutions: PlaneSet
    planes: PlaneMode
    friction: float | None
    second: Bools
    sums: NodeSums
    strengths: dict[LinkKind, float]
    choice: SmoothingChoice | None
    solved: SmoothedField

    @property
    def grid(self) -> NodeGrid:
        """The nodes."""
        return self.problem.grid

    @cached_property
    def tensors(self) -> Array:
        """Stress tensors (m, 3, 3), tension positive, unit Frobenius norm."""
        return normalised(tensor_of(self.solved.five))

    @cached_property
    def variance(self) -> float:
        """Variance of a slip component, from misfit and penalty over the degrees of freedom."""
        freedom = max(degrees_of_freedom(self.problem, self.sums), 1.0)
        return (self.solved.misfit + self.solved.penalty) / freedom

    @cached_property
    def plane_weight(self) -> Array:
        """Weight of both planes of each solution, (rows, 2)."""
        row = self.solutions.weight[self.solutions.event] * self.solutions.share
        if self.planes == "both":
            return np.asarray(np.stack([row, row], axis=1) / 2.0)
        return np.asarray(np.stack([row * ~self.second, row * self.second], axis=1))


def invert_field(
    solutions: PlaneSet,
    grid: NodeGrid,
    *,
    planes: PlaneMode = "instability",
    smoothing: Smoothing = "abic",
    friction: float = DEFAULT_FRICTION,
    metric: Array = FROBENIUS_METRIC,
) -> FieldInversion:
    """Stress at the nodes of a grid.

    Parameters
    ----------
    solutions
        Mechanisms of the events of the grid, in the same order.
    grid
        Nodes, all resolved (`resolved_nodes`).
    smoothing
        ``abic``, a strength, or one for each kind of link; 0 leaves each node for itself.
    metric : (5, 5)
        Norm of the differences; `smoothing.SATSI_METRIC` for SATSI's.

    Raises
    ------
    UnusableDataError
        The events do not resolve the stress of every group of linked nodes.
    ConfigError
        A strength that is negative or not a number.
    """
    strengths = _given_strengths(smoothing, grid)
    if not strengths and smoothing != "abic":
        grid = grid.without_links()
    problem = SmoothingProblem(grid, metric)
    state = _Rounds(problem, solutions, planes, friction)
    if smoothing != "abic" or not grid.links.size:
        return state.settled(strengths, None)
    chosen = choose_smoothing(problem, state.sums)
    for _ in range(MAX_ROUNDS if planes == "instability" else 0):
        state.choose_planes(chosen.strengths)
        before, chosen = chosen, choose_smoothing(problem, state.sums)
        moved = [abs(np.log(chosen.strengths[k] / before.strengths[k])) for k in grid.kinds]
        if max(moved) < SETTLED:
            break
    return state.settled(chosen.strengths, chosen)


def resolved_nodes(solutions: PlaneSet, grid: NodeGrid, planes: PlaneMode) -> Bools:
    """Nodes (m,) whose group of linked nodes has events enough, and varied enough, for a stress."""
    count, label = grid.components()
    a = _starting_sums(solutions, grid, planes).a
    total = np.zeros((count, 5, 5))
    np.add.at(total, label, a)
    with np.errstate(divide="ignore", invalid="ignore"):
        condition = np.linalg.cond(total)
    return np.asarray((condition < MAX_CONDITION)[label])


def resolved_part(solutions: PlaneSet, grid: NodeGrid, keep: Bools) -> tuple[PlaneSet, NodeGrid]:
    """Events and nodes that are kept."""
    return select_events(solutions, keep[grid.node_of_event]), grid.part(keep)


class _Rounds:
    """The planes as they are chosen, and the sums on them."""

    def __init__(
        self, problem: SmoothingProblem, solutions: PlaneSet, planes: PlaneMode, friction: float
    ) -> None:
        self.problem = problem
        self.solutions = solutions
        self.planes: PlaneMode = planes
        self.friction = friction
        self.node_of_row = problem.grid.node_of_event[solutions.event]
        self.second = np.zeros(solutions.event.size, dtype=bool)
        self.sums = _starting_sums(solutions, problem.grid, planes)
        self._features = plane_features(solutions.normal)

    def choose_planes(self, strengths: Strengths) -> SmoothedField:
        """Choose planes and solve until the choice stands."""
        field = self.problem.solve(self.sums, strengths)
        for number in range(MAX_ITERATIONS):
            choice = second_plane_less_stable(
                field.five, self.node_of_row, self._features, self.friction
            )
            moving = np.count_nonzero(choice != self.second)
            if number and moving <= STILL * choice.size:
                break
            self.second = choice
            self.sums = _chosen_sums(self.solutions, self.problem.grid, choice)
            field = self.problem.solve(self.sums, strengths)
        return field

    def settled(
        self, strengths: dict[LinkKind, float], choice: SmoothingChoice | None
    ) -> FieldInversion:
        """Result at these strengths."""
        chooses = self.planes == "instability"
        solve = self.choose_planes if chooses else lambda s: self.problem.solve(self.sums, s)
        field = solve(strengths)
        return FieldInversion(
            self.problem,
            self.solutions,
            self.planes,
            self.friction if chooses else None,
            self.second,
            self.sums,
            strengths,
            choice,
            field,
        )


def _starting_sums(solutions: PlaneSet, grid: NodeGrid, planes: PlaneMode) -> NodeSums:
    packed = solutions.sums[:, 0] if planes == "given" else solutions.sums.mean(axis=1)
    return _sums_of(solutions, grid, packed)


def _chosen_sums(solutions: PlaneSet, grid: NodeGrid, second: Bools) -> NodeSums:
    rows = np.arange(second.size)
    return _sums_of(solutions, grid, solutions.sums[rows, second.astype(np.int64)])


def _sums_of(solutions: PlaneSet, grid: NodeGrid, packed: Array) -> NodeSums:
    row_weight = solutions.weight[solutions.event] * solutions.share
    return node_sums(packed, row_weight, grid.node_of_event[solutions.event], grid.size)


def _given_strengths(smoothing: Smoothing, grid: NodeGrid) -> dict[LinkKind, float]:
    """Strengths as given, none for ABIC and for 0."""
    if smoothing == "abic":
        return {}
    if isinstance(smoothing, Mapping):
        strengths = {kind: float(smoothing[kind]) for kind in grid.kinds}
    else:
        strengths = dict.fromkeys(grid.kinds, float(smoothing))
    if not all(0 <= value < np.inf for value in strengths.values()):
        raise ConfigError(f"strength of smoothing {strengths}: give numbers not below 0")
    return {} if not any(strengths.values()) else strengths
