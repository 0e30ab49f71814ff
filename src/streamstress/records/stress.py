"""Stress estimates."""

import msgspec


class Axis(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A principal axis."""

    azimuth_deg: float
    plunge_deg: float
    cone95_deg: float | None = None
    """Radius of its 95 % cone, where known."""


class StressEstimate(msgspec.Struct, frozen=True, kw_only=True, tag="stress"):
    """The stress of one cell over its window of events; tension positive, unit Frobenius norm."""

    cell: str
    region: str
    version: int
    """Rises with every estimate of the cell; not without gaps."""
    data_time_ns: int
    """Origin time of the newest event in it."""
    window_start_ns: int
    latitude_deg: float
    longitude_deg: float
    n_events: int
    effective_events: float
    tensor: dict[str, float]
    """Components ``ee en eu nn nu uu``."""
    s1: Axis
    s2: Axis
    s3: Axis
    r: float
    phi: float
    phi_interval95: tuple[float, float]
    phi_reliable: bool
    shmax_deg: float
    shmax_interval95_deg: tuple[float, float]
    """``[lo, hi]``, 0 <= lo < 180, lo <= hi, hi may exceed 180."""
    shmax_defined: bool
    a_phi: float
    regime: str
    wsm_quality: str
    misfit_deg: float
    method: str
    sent_ns: int
    a_phi_interval95: tuple[float, float] = (0.0, 3.0)
    depth_km: float | None = None
    """Mean depth of its events; None from a version that did not tell it."""
