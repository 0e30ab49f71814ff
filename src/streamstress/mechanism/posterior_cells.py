"""Cells that fill the space of double couples, halved where the posterior lies.

A double couple is its null axis B on a hemisphere, the turn ``spin`` of its nodal planes about B
(0 to 90 degrees), and a sign that tells P from T. The uniform (Haar) measure is the area of B
times the spin, so that the volume of a cell is exact. One cell stands for both signs: a kernel
that has one has the other, and a swap of all polarities swaps them exactly.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Array32 = NDArray[np.float32]

COARSE_STEP_DEG = 5.0
"""Size of the cells that are looked at everywhere (HASH's grid)."""

N_HALVINGS = 2
"""Times that a cell is halved in each direction: 5, 2.5, 1.25 degrees."""

TOTAL_MEASURE = 2.0 * np.pi * (np.pi / 2.0) * 2.0
"""Measure of all double couples: hemisphere times spin times two signs."""


@dataclass(frozen=True, slots=True)
class Cells:
    """Boxes in colatitude and azimuth of the null axis, and spin.

    Attributes
    ----------
    centre
        (n, 3) colatitude from up, azimuth from east to north, spin; radians.
    half
        (n, 3) half of the edges, radians.
    """

    centre: Array
    half: Array

    def __len__(self) -> int:
        return len(self.centre)

    @property
    def measure(self) -> Array:
        """Volume (n,) of one sign of each cell, in the unit of `TOTAL_MEASURE`."""
        low = self.centre[:, 0] - self.half[:, 0]
        high = self.centre[:, 0] + self.half[:, 0]
        return np.asarray((np.cos(low) - np.cos(high)) * 4.0 * self.half[:, 1] * self.half[:, 2])

    def take(self, chosen: NDArray[np.intp]) -> "Cells":
        """Cells of these indices."""
        return Cells(self.centre[chosen], self.half[chosen])

    def halved(self) -> "Cells":
        """Eight children of each cell, those of one cell side by side."""
        signs = np.array([[a, b, c] for a in (-1, 1) for b in (-1, 1) for c in (-1, 1)], float)
        half = self.half[:, None, :] / 2.0
        centre = self.centre[:, None, :] + signs * half
        return Cells(centre.reshape(-1, 3), np.broadcast_to(half, centre.shape).reshape(-1, 3))

    def normal_and_slip(self) -> tuple[Array, Array]:
        """Normals and slips (3, n) of the positive sign at the centres, east-north-up.

        Notes
        -----
        The reference for the spin is carried from the vertical to B along the meridian, which
        keeps cells compact near the vertical: with a reference of fixed azimuth they would be
        twisted there.
        """
        colatitude, azimuth, spin = self.centre.T
        c, s = np.cos(colatitude), np.sin(colatitude)
        ca, sa = np.cos(azimuth), np.sin(azimuth)
        south = np.stack([c * ca, c * sa, -s])
        east = np.stack([-sa, ca, np.zeros_like(c)])
        cosine, sine = np.cos(spin - azimuth), np.sin(spin - azimuth)
        return cosine * south + sine * east, cosine * east - sine * south


@lru_cache(maxsize=1)
def coarse_mechanisms() -> tuple[Array32, Array32]:
    """Normals and slips (3, n) of the coarse cells, float32 as the kernels take them."""
    normal, slip = coarse_cells().normal_and_slip()
    return np.ascontiguousarray(normal, np.float32), np.ascontiguousarray(slip, np.float32)


@lru_cache(maxsize=2)
def coarse_cells(step_deg: float = COARSE_STEP_DEG) -> Cells:
    """Cells of about one size over all double couples: 15,624 at 5 degrees."""
    step = np.radians(step_deg)
    spin = np.arange(step / 2.0, np.pi / 2.0, step)
    boxes = []
    for colatitude in np.arange(step / 2.0, np.pi / 2.0, step):
        widest = min(colatitude + step / 2.0, np.pi / 2.0)
        n_azimuth = int(np.ceil(2.0 * np.pi * np.sin(widest) / step - 1e-9))
        width = 2.0 * np.pi / n_azimuth
        azimuth = (np.arange(n_azimuth) + 0.5) * width
        ring = np.stack(np.meshgrid([colatitude], azimuth, spin, indexing="ij"), -1).reshape(-1, 3)
        boxes.append(np.concatenate([ring, np.full((len(ring), 1), width / 2.0)], axis=1))
    table = np.concatenate(boxes)
    half = np.full((len(table), 3), step / 2.0)
    half[:, 1] = table[:, 3]
    centre = np.ascontiguousarray(table[:, :3])
    for values in (centre, half):
        values.setflags(write=False)
    return Cells(centre, half)
