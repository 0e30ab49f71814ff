"""Focal mechanisms."""

from typing import Literal

import msgspec

Grade = Literal["A", "B", "C", "D", "E", "F"]


class MechanismSolution(msgspec.Struct, frozen=True, kw_only=True):
    """One solution: both nodal planes and their uncertainty."""

    strike_deg: float
    dip_deg: float
    rake_deg: float
    auxiliary_strike_deg: float
    auxiliary_dip_deg: float
    auxiliary_rake_deg: float
    probability: float
    plane_uncertainty_deg: float
    plane_uncertainty_aux_deg: float
    region68_deg: float | None = None
    """Rotation within which the truth lies with probability 0.68; of a posterior only."""
    region95_deg: float | None = None


VERSIONS_A_REVISION = 10_000
"""Versions that one event can have under the same controls; a control that turns its readings makes
a new revision of its mechanism."""


class Mechanism(msgspec.Struct, frozen=True, kw_only=True, tag="mechanism"):
    """The focal mechanism of one version of an event."""

    event_id: str
    version: int
    """That of the event it was solved from, plus `VERSIONS_A_REVISION` for each revision."""
    model: str
    """Solver, polarity model and settings that made it."""
    status: Literal["provisional", "final", "tombstone"]
    region: str
    grade: Grade
    grade_reason: str
    origin_time_ns: int
    latitude_deg: float
    longitude_deg: float
    depth_km: float
    magnitude: float | None
    solutions: tuple[MechanismSolution, ...]
    """Best first; empty for grades E and F."""
    misfit: float | None
    stdr: float | None
    n_polarity: int
    n_sp: int
    azimuth_gap_deg: float | None
    takeoff_gap_deg: float | None
    sp_misfit: float | None
    possibly_not_double_couple: str = ""
    """Why the event may be no double couple; empty where nothing says so. The grade is then D."""
    flagged_backfill: bool = False
    picker: str = ""
    """Model that picked the first motions; empty where it is not known."""
    stations: tuple[str, ...] = ()
    """``NET.STA`` whose first motions were used, and those of them that the answer contradicts."""
    stations_against: tuple[str, ...] = ()
    sent_ns: int
