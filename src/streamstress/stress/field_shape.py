"""The shape of a smoothed field, corrected for wrong planes.

`shape` reads the true shape ratio back from five figures of an inversion. Here the three that tell
of the faults and of the mechanisms (mean instability, misfit and its cosine) are those of all
events, the other two those of each node; the mean double couple of a node is smoothed as its
stress is.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from streamstress.geometry.tensors import (
    double_couple_of,
    five_of,
    principal_axes,
    shape_ratio_phi,
    tensor_of,
)
from streamstress.stress.field import FieldInversion
from streamstress.stress.fit import node_fit
from streamstress.stress.multifrontal import factorise
from streamstress.stress.resampling import ResampledFits
from streamstress.stress.shape import (
    corrected_phi,
    correction_error,
    is_simulated,
    with_phi,
)

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class FieldShape:
    """Corrected field.

    Attributes
    ----------
    tensors : (m, 3, 3) float
        Axes of the inversion with corrected shapes, unit norm.
    shift : (m,) float
        What was added to phi.
    error : (m,) float
        Standard error of the correction.
    simulated : (m,) bool
        Whether the figures of a node lie within those that the correction was fitted to.
    """

    tensors: Array
    shift: Array
    error: Array
    simulated: NDArray[np.bool_]

    def part(self, kept: NDArray[np.int64]) -> "FieldShape":
        """The shapes of these nodes."""
        return FieldShape(
            self.tensors[kept], self.shift[kept], self.error[kept], self.simulated[kept]
        )

    def of_tensors(self, tensors: Array) -> Array:
        """Tensors (m, 3, 3) of an inversion near this one, with the same shift."""
        phi = shape_ratio_phi(tensors) + self.shift
        return with_phi(principal_axes(tensors)[1], phi)

    def of_draws(self, draws: Array, rng: np.random.Generator) -> Array:
        """Draws (r, m, 3, 3) with the same shift, and the error of the correction in each."""
        phi = shape_ratio_phi(draws)
        # One kind of faults and of errors for the whole field: its nodes err together.
        error = rng.normal(size=(len(draws), 1)) * self.error
        return with_phi(principal_axes(draws)[1], phi + self.shift + error)


def corrected_shape(field: FieldInversion) -> FieldShape:
    """Correct the shapes of a field whose planes were chosen by instability."""
    axes = principal_axes(field.tensors)[1]
    phi = shape_ratio_phi(field.tensors)
    fit = node_fit(field)
    weight = field.sums.weight
    told = weight > 0
    stability, misfit, homogeneity = (
        np.full(phi.size, np.average(values[told], weights=weight[told]))
        for values in (fit.mean_instability, fit.misfit_deg, fit.homogeneity)
    )
    moment = smoothed_moment(field)
    found = ResampledFits(field.tensors, axes, phi, stability, misfit, homogeneity, moment)
    corrected = np.clip(corrected_phi(found), 0.0, 1.0)
    return FieldShape(
        with_phi(axes, corrected), corrected - phi, correction_error(found), is_simulated(found)
    )


def smoothed_moment(field: FieldInversion) -> Array:
    """Mean double couple of each node (m, 3, 3), damped as strongly as the stress is."""
    solutions, grid = field.solutions, field.grid
    row_weight = solutions.weight[solutions.event] * solutions.share
    node = grid.node_of_event[solutions.event]
    couple = five_of(double_couple_of(solutions.normal[:, 0], solutions.slip[:, 0]))
    parts = [np.bincount(node, row_weight * part, grid.size) for part in couple.T]
    total = np.asarray(np.stack(parts, axis=-1), float)
    # What one event adds to the normal matrix of the stress; to that of the moment it adds 1.
    resolution = np.linalg.solve(field.problem.metric, field.sums.a.sum(axis=0))
    strength = field.problem.link_strength(field.strengths)
    strength = strength * 5.0 * field.sums.effective_events / float(np.trace(resolution))
    degree = np.bincount(grid.links.ravel(), np.repeat(strength, 2), grid.size)
    diagonal = (field.sums.weight + degree)[:, None, None]
    factor = factorise(field.problem.fronts, diagonal, strength, np.ones((1, 1)))
    return tensor_of(factor.solve(total[:, None, :])[:, 0])
