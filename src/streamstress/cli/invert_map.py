"""What ``invert`` says of given faults and boundaries."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from streamstress.cli.invert_input import EventTable
from streamstress.errors import ConfigError, UnusableDataError
from streamstress.outputs.map_lines import BoundaryLine, FaultPlane
from streamstress.stress.contrast import shmax_contrast, side_of_line
from streamstress.stress.estimate import FieldEstimate
from streamstress.stress.faults import fault_stress
from streamstress.stress.invert import PlaneMode

Array = NDArray[np.float64]
Json = dict[str, Any]

HORIZONTAL = (("lon", "longitude", "x"), ("lat", "latitude", "y"))
"""Names of the two horizontal columns, x first."""


def faults_json(
    faults: Sequence[FaultPlane],
    estimate: FieldEstimate,
    places: Sequence[Json],
    friction: float,
) -> list[Json]:
    """Instability and slip tendency of each fault in the stress of the nearest answered node."""
    answered = [number for number, node in enumerate(estimate.nodes) if node.tensor is not None]
    where = np.array([_xy(places[number]) for number in answered], float).reshape(-1, 2)
    rows = []
    for fault in faults:
        row: Json = {"name": fault.name, "strike_deg": fault.strike_deg, "dip_deg": fault.dip_deg}
        node = _nearest(fault, where, local=not places or "latitude" not in places[0])
        tensor = None if node is None else estimate.nodes[answered[node]].tensor
        if node is None or tensor is None:
            rows.append(row | {"node": None, "instability": None, "slip_tendency": None})
            continue
        told = fault_stress(tensor, fault.strike_deg, fault.dip_deg, friction)
        rows.append(
            row
            | {
                "node": answered[node],
                "instability": told.instability,
                "slip_tendency": told.slip_tendency,
                "rake_deg": told.rake_deg,
            }
        )
    return rows


def boundary_json(
    line: BoundaryLine,
    table: EventTable,
    columns: Sequence[str],
    reach: float,
    planes: PlaneMode,
    friction: float,
    seed: int,
) -> Json:
    """SHmax contrast across a boundary, of the events within reach of it."""
    axes = [
        next((k for k, name in enumerate(columns) if name in names), -1) for names in HORIZONTAL
    ]
    if min(axes) < 0:
        raise ConfigError("--boundaries needs columns lat,lon or x,y")
    points, corners = table.position[:, axes], line.points
    if columns[axes[0]] != "x":
        # Degrees of longitude are shorter: both are brought to degrees of latitude.
        shrink = np.array([np.cos(np.radians(corners[:, 1].mean())), 1.0])
        points, corners = points * shrink, corners * shrink
    side, distance = side_of_line(points, corners)
    row: Json = {"name": line.name, "reach": reach}
    try:
        told = shmax_contrast(
            table.solutions,
            np.where(distance <= reach, side, 0.0),
            planes=planes,
            friction=friction,
            seed=seed,
            cluster=table.cluster,
        )
    except UnusableDataError as error:
        return row | {"status": str(error), "shmax_contrast_deg": None, "p_value": None}
    return row | {
        "status": "ok",
        "shmax_left_deg": told.left_deg,
        "shmax_right_deg": told.right_deg,
        "shmax_contrast_deg": told.contrast_deg,
        "shmax_contrast_interval95_deg": list(told.interval95_deg),
        "p_value": told.p_value,
        "n_left": told.n_left,
        "n_right": told.n_right,
    }


def _xy(place: Json) -> tuple[float, float]:
    """Horizontal place of a node; not a number where it has none."""
    pair = [next((place[name] for name in names if name in place), None) for names in HORIZONTAL]
    x, y = (np.nan if value is None else float(value) for value in pair)
    return x, y


def _nearest(fault: FaultPlane, where: Array, *, local: bool) -> int | None:
    """Nearest of the nodes (k, 2); a fault without a place has the stress of an only node."""
    if len(where) == 0:
        return None
    if len(where) == 1:
        return 0
    if fault.x is None or fault.y is None:
        raise ConfigError(f"fault {fault.name}: the stress is a field; give the fault a place")
    shrink = 1.0 if local else np.cos(np.radians(fault.y))
    return int(np.argmin(np.hypot((where[:, 0] - fault.x) * shrink, where[:, 1] - fault.y)))
