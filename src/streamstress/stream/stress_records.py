"""A described stress as the record that is sent."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from streamstress.geometry.tensors import FIVE, five_of
from streamstress.records import Axis, Mechanism, StressEstimate
from streamstress.stress import StressDescription
from streamstress.stress.describe import StressAxis


@dataclass(frozen=True, slots=True)
class CellPlace:
    """Which cell of which region an estimate is of, and where it lies."""

    cell: str
    region: str
    latitude_deg: float
    longitude_deg: float


def node_place(region: str, latitude_deg: float, longitude_deg: float) -> CellPlace:
    """Cell of a node of a region's field; longitudes beyond 180 are turned back."""
    turned = (longitude_deg + 180.0) % 360.0 - 180.0
    return CellPlace(f"{region}/{latitude_deg:.3f},{turned:.3f}", region, latitude_deg, turned)


def stress_record(
    place: CellPlace,
    version: int,
    tensor: ArrayLike,
    told: StressDescription,
    events: Sequence[Mechanism],
    effective_events: float,
    method: str,
) -> StressEstimate:
    """Record of an estimate of these events, oldest first; no interval is the whole range."""
    components = dict(zip(FIVE, map(float, five_of(tensor)), strict=True))
    return StressEstimate(
        cell=place.cell,
        region=place.region,
        version=version,
        data_time_ns=events[-1].origin_time_ns,
        window_start_ns=events[0].origin_time_ns,
        latitude_deg=place.latitude_deg,
        longitude_deg=place.longitude_deg,
        depth_km=float(np.mean([event.depth_km for event in events])),
        n_events=len(events),
        effective_events=effective_events,
        tensor={**components, "uu": -components["ee"] - components["nn"]},
        s1=axis_record(told.s1),
        s2=axis_record(told.s2),
        s3=axis_record(told.s3),
        r=told.r,
        phi=told.phi,
        phi_interval95=told.phi_interval95 or (0.0, 1.0),
        phi_reliable=told.phi_reliable,
        shmax_deg=told.shmax_deg,
        shmax_interval95_deg=told.shmax_interval95_deg or (0.0, 180.0),
        shmax_defined=told.shmax_defined,
        a_phi=told.a_phi,
        a_phi_interval95=told.a_phi_interval95 or (0.0, 3.0),
        regime=told.regime,
        wsm_quality=told.wsm_quality,
        misfit_deg=told.misfit_deg or 0.0,
        method=method,
        sent_ns=0,
    )


def axis_record(axis: StressAxis) -> Axis:
    """An axis as a record."""
    return Axis(azimuth_deg=axis.trend_deg, plunge_deg=axis.plunge_deg, cone95_deg=axis.cone95_deg)
