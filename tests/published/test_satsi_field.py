"""The Geysers, example 2-D of MSATSI, against the frozen output of SATSI.

Martínez-Garzón et al. 2014, Seismol. Res. Lett. 85, 896; Hardebeck & Michael 2006. SATSI's
damping e enters its equations as e to the fourth, and it fills holes between nodes.
"""

from pathlib import Path

import numpy as np
import pytest

from streamstress.stress.contribution import plane_set_of_angles
from streamstress.stress.field import invert_field
from streamstress.stress.nodes import grid_nodes
from streamstress.stress.smoothing import SATSI_METRIC

DATA = (Path(__file__).parents[2] / "../shared/data/msatsi_2d").resolve()
DAMPING = 2.0


def satsi_output() -> np.ndarray:
    """Rows x, y, See, Sen, Seu, Snn, Snu, Suu of the frozen output."""
    lines = (DATA / "example2.out").read_text().split("X Y See Sen")[1].splitlines()[1:]
    rows = [line.split() for line in lines]
    end = next(k for k, row in enumerate(rows) if len(row) != 8)
    return np.array(rows[:end], float)


@pytest.mark.skipif(not DATA.exists(), reason="msatsi_2d is not beside the checkout")
def test_damped_field_equals_satsi_2d():
    x, y, dip_direction, dip, rake = np.loadtxt(DATA / "INPUT_example2D.txt").T
    grid = grid_nodes(np.stack([x, y], axis=1), [1, 1])
    field = invert_field(
        plane_set_of_angles(dip_direction - 90.0, dip, rake),
        grid,
        planes="given",
        smoothing=DAMPING**4,
        metric=SATSI_METRIC,
    )
    expected = satsi_output()
    node = {(x, y): number for number, (x, y) in enumerate(grid.cell.tolist())}
    order = [node[int(x), int(y)] for x, y in expected[:, :2]]
    assert len(expected) == 37
    assert grid.size == 38
    np.testing.assert_allclose(field.solved.five[order], expected[:, 2:7], atol=1e-5)
