"""Focal mechanisms as parts of a QuakeML document."""

from obspy.core import event as qml

from streamstress.geometry.axes import trend_plunge
from streamstress.geometry.rotations import mechanism_frame
from streamstress.outputs.quakeml_ids import comment, evaluation, resource_id
from streamstress.outputs.quakeml_origin import quakeml_pick
from streamstress.records import Arrival, Event, Mechanism, MechanismSolution


def focal_mechanisms(
    mechanism: Mechanism, event: Event, origin: qml.Origin
) -> list[qml.FocalMechanism]:
    """Every solution of a mechanism, the best first."""
    return [
        _focal_mechanism(mechanism, solution, number, event, origin)
        for number, solution in enumerate(mechanism.solutions, start=1)
    ]


def _focal_mechanism(
    mechanism: Mechanism,
    solution: MechanismSolution,
    number: int,
    event: Event,
    origin: qml.Origin,
) -> qml.FocalMechanism:
    texts = [
        f"grade: {mechanism.grade}",
        f"grade reason: {mechanism.grade_reason}",
        f"probability: {solution.probability:.3f}",
        f"plane uncertainty: {solution.plane_uncertainty_deg:.1f} degrees",
        f"S/P ratios: {mechanism.n_sp}",
    ]
    if mechanism.possibly_not_double_couple:
        texts.append(f"possibly no double couple: {mechanism.possibly_not_double_couple}")
    return qml.FocalMechanism(
        resource_id=resource_id("mechanism", event.event_id, str(mechanism.version), str(number)),
        triggering_origin_id=origin.resource_id,
        waveform_id=[quakeml_pick(arrival).waveform_id for arrival in _with_polarity(event)],
        nodal_planes=nodal_planes(solution),
        principal_axes=principal_axes(solution),
        azimuthal_gap=mechanism.azimuth_gap_deg,
        station_polarity_count=mechanism.n_polarity,
        misfit=mechanism.misfit,
        station_distribution_ratio=mechanism.stdr,
        method_id=resource_id("method", mechanism.model),
        evaluation_mode="automatic",
        evaluation_status=evaluation(mechanism.status),
        comments=[comment(text) for text in texts],
    )


def _with_polarity(event: Event) -> list[Arrival]:
    return [a for a in event.arrivals if a.polarity and a.polarity.decision != "unknown"]


def nodal_planes(solution: MechanismSolution) -> qml.NodalPlanes:
    """Both planes with their uncertainty."""
    # The uncertainty is that of the plane's normal: it bounds strike and dip alike.
    sigma = qml.QuantityError(uncertainty=solution.plane_uncertainty_deg)
    sigma_aux = qml.QuantityError(uncertainty=solution.plane_uncertainty_aux_deg)
    return qml.NodalPlanes(
        nodal_plane_1=qml.NodalPlane(
            strike=solution.strike_deg,
            dip=solution.dip_deg,
            rake=solution.rake_deg,
            strike_errors=sigma,
            dip_errors=sigma,
        ),
        nodal_plane_2=qml.NodalPlane(
            strike=solution.auxiliary_strike_deg,
            dip=solution.auxiliary_dip_deg,
            rake=solution.auxiliary_rake_deg,
            strike_errors=sigma_aux,
            dip_errors=sigma_aux,
        ),
        preferred_plane=1,
    )


def principal_axes(solution: MechanismSolution) -> qml.PrincipalAxes:
    """T, P and null axis; lengths say which is which."""
    frame = mechanism_frame(solution.strike_deg, solution.dip_deg, solution.rake_deg)
    trend, plunge = trend_plunge(frame)
    p, n, t = (
        qml.Axis(azimuth=float(azimuth), plunge=float(dip), length=length)
        for azimuth, dip, length in zip(trend, plunge, (-1.0, 0.0, 1.0), strict=True)
    )
    return qml.PrincipalAxes(t_axis=t, p_axis=p, n_axis=n)
