"""What the detector reads and what it says."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from sys import intern
from typing import Literal, TypedDict, Unpack

from streamstress.errors import UnusableDataError
from streamstress.geometry.planes import plane_vectors
from streamstress.geometry.tensors import double_couple_of, five_of

State = Literal["open", "held", "confirmed", "closed", "withdrawn"]


@dataclass(frozen=True, slots=True)
class ChangeEvent:
    """One final mechanism.

    Attributes
    ----------
    five
        Five-vector ``(ee, en, eu, nn, nu)`` of the double couple, unit Frobenius norm; of the
        probability-weighted mean where an event has several solutions.
    strike_deg, dip_deg, rake_deg
        Either nodal plane of the best solution.
    latitude_deg, longitude_deg, depth_km
        Place, for the linking of clusters; None where unknown.
    weight
        0 < weight <= 1, e.g. by mechanism grade: the event counts as so much of one.
    magnitude, n_polarity, misfit, uncertainty_deg
        Size, first motions used, share of them that disagree, and uncertainty of the planes: the
        guards ask whether they changed. None where unknown.
    model
        What made the mechanism, as ``solver/polarity model/velocity model`` or any other name.
        Empty where unknown.
    picker
        Model that made the picks. Empty where unknown.
    stations, stations_against
        Stations whose first motions were used, and those of them that the mechanism contradicts.
        Empty where unknown.
    backfilled
        Solved from old data, after the fact: part of the history, never cause of a new alarm.
    """

    event_id: str
    origin_time_ns: int
    five: tuple[float, float, float, float, float]
    strike_deg: float
    dip_deg: float
    rake_deg: float
    latitude_deg: float | None = None
    longitude_deg: float | None = None
    depth_km: float | None = None
    weight: float = 1.0
    magnitude: float | None = None
    n_polarity: float | None = None
    misfit: float | None = None
    uncertainty_deg: float | None = None
    model: str = ""
    picker: str = ""
    stations: tuple[str, ...] = ()
    stations_against: tuple[str, ...] = ()
    backfilled: bool = False

    @property
    def key(self) -> tuple[int, str]:
        """Place in the order of events: origin time, ties by id."""
        return self.origin_time_ns, self.event_id


@dataclass(frozen=True, slots=True)
class AxisOrientation:
    """A principal axis: trend 0-360, plunge 0-90 degrees, and the radius of its 95 % cone."""

    trend_deg: float
    plunge_deg: float
    cone95_deg: float | None = None


@dataclass(frozen=True, slots=True)
class ChangeDecision:
    """One line of the detector: a state of one change.

    An alarm is a decision with state ``open``. ``held``: the score passed the threshold but a
    guard says that it need not be the stress. ``confirmed``: later events agree. ``closed``: the
    state after the change has become the reference (or a held trigger is over). ``withdrawn``:
    an open alarm that later events or a revision took back.

    Attributes
    ----------
    change_id
        Same in every state of one change: id of the event that triggered it.
    time_ns, event_id
        Of the event at which this was decided.
    onset_time_ns, onset_event_id
        First event after the change, by the largest score.
    n_since_onset
        Events since the onset, both ends included.
    rotation_deg, rotation_interval95_deg, rotation_p_value
        Smallest rotation between the stresses before and after the onset, less what scatter alone
        adds; the p-value is that of no rotation, given this onset.
    shmax_before_deg, shmax_after_deg, shmax_change_deg, shmax_change_interval95_deg
        Axial, change clockwise positive; None where horizontal stresses are nearly alike.
    guards
        Name to verdict, which begins with ``pass``, ``hold`` or ``untested``.
    carried_by
        Ids of the events that say most for the change, the clearest first.
    """

    state: State
    change_id: str
    time_ns: int
    event_id: str
    onset_time_ns: int
    onset_event_id: str
    n_since_onset: int
    rotation_deg: float
    rotation_interval95_deg: tuple[float, float]
    rotation_p_value: float
    shmax_before_deg: float | None
    shmax_after_deg: float | None
    shmax_change_deg: float | None
    shmax_change_interval95_deg: tuple[float, float] | None
    s1_before: AxisOrientation
    s1_after: AxisOrientation
    s3_before: AxisOrientation
    s3_after: AxisOrientation
    score: float
    threshold: float
    false_alarms_per_1e4: float
    guards: dict[str, str]
    carried_by: tuple[str, ...] = ()


class Known(TypedDict, total=False):
    """What else may be known of an event: attributes of `ChangeEvent`."""

    latitude_deg: float | None
    longitude_deg: float | None
    depth_km: float | None
    weight: float
    magnitude: float | None
    n_polarity: float | None
    misfit: float | None
    uncertainty_deg: float | None
    backfilled: bool


def change_event(
    event_id: str,
    origin_time_ns: int,
    strike_deg: float,
    dip_deg: float,
    rake_deg: float,
    *,
    model: str = "",
    picker: str = "",
    stations: Sequence[str] = (),
    stations_against: Sequence[str] = (),
    **known: Unpack[Known],
) -> ChangeEvent:
    """Event of one mechanism, either nodal plane.

    Raises
    ------
    UnusableDataError
        An angle is not a number, or the weight is not within 0 to 1.
    """
    angles, weight = (strike_deg, dip_deg, rake_deg), known.get("weight", 1.0)
    if not all(math.isfinite(angle) for angle in angles):
        raise UnusableDataError(f"event {event_id}: strike, dip or rake is not a number")
    if not 0.0 < weight <= 1.0:
        raise UnusableDataError(f"event {event_id}: weight {weight} is outside 0 to 1")
    five = five_of(double_couple_of(*plane_vectors(*angles)))
    ee, en, eu, nn, nu = (float(component) for component in five)
    return ChangeEvent(
        event_id, origin_time_ns, (ee, en, eu, nn, nu), *angles, **known,
        model=intern(model), picker=intern(picker),
        stations=_names(stations), stations_against=_names(stations_against),
    )  # fmt: skip


def _names(stations: Sequence[str]) -> tuple[str, ...]:
    """Names in order, each of them once in memory however many events bear it."""
    return tuple(intern(name) for name in sorted(stations))
