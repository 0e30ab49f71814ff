import io

import msgspec
import obspy
import pytest
from obspy.core.event import Event
from sample_records import Sample

from streamstress.geometry.rotations import kagan_angle_deg
from streamstress.outputs.quakeml import event_to_quakeml


@pytest.fixture(scope="module")
def read(sample: Sample) -> Event:
    document = event_to_quakeml(sample.events[0], sample.mechanisms[0])
    return obspy.read_events(io.BytesIO(document), format="QUAKEML")[0]


def test_origin_and_magnitude_come_back(read: Event, sample: Sample):
    event = sample.events[0]
    origin = read.preferred_origin()
    assert origin.time.ns == pytest.approx(event.origin.time_ns, abs=1000)
    assert origin.latitude == pytest.approx(event.origin.latitude_deg)
    assert origin.depth == pytest.approx(1000 * event.origin.depth_km)
    assert origin.depth_errors.uncertainty == pytest.approx(800)
    assert origin.latitude_errors.uncertainty == pytest.approx(0.4 / 111.19, rel=1e-3)
    assert origin.time_errors.uncertainty == pytest.approx(0.05)
    assert origin.origin_uncertainty.horizontal_uncertainty == pytest.approx(400)
    assert read.preferred_magnitude().mag == event.magnitude.value
    assert read.event_type == "earthquake"


def test_picks_carry_polarity_and_arrivals_the_ray(read: Event, sample: Sample):
    event = sample.events[0]
    picks = {pick.resource_id: pick for pick in read.picks}
    origin = read.preferred_origin()
    assert len(origin.arrivals) == len(event.arrivals)
    signs = {"up": "positive", "down": "negative", "unknown": "undecidable"}
    for ours, arrival in zip(event.arrivals, origin.arrivals, strict=True):
        pick = picks[arrival.pick_id]
        assert pick.polarity == signs[ours.polarity.decision]
        assert f"{pick.waveform_id.network_code}.{pick.waveform_id.station_code}" == ours.station
        assert pick.waveform_id.channel_code == "HHZ"
        assert arrival.takeoff_angle == pytest.approx(ours.takeoff_deg)
        assert arrival.azimuth == pytest.approx(ours.azimuth_deg)
        assert arrival.distance == pytest.approx(ours.distance_km / 111.19, rel=1e-3)


def test_mechanism_comes_back_with_planes_axes_and_grade(read: Event, sample: Sample):
    ours = sample.mechanisms[0]
    mechanism = read.preferred_focal_mechanism()
    planes = mechanism.nodal_planes
    one, two = planes.nodal_plane_1, planes.nodal_plane_2
    solution = ours.solutions[0]
    assert one.strike == pytest.approx(solution.strike_deg)
    assert two.rake == pytest.approx(solution.auxiliary_rake_deg)
    turn = kagan_angle_deg([one.strike, one.dip, one.rake], [two.strike, two.dip, two.rake])
    assert turn == pytest.approx(0, abs=1e-3)
    # P bisects the dilatational quadrants: shortening, so a negative eigenvalue.
    assert mechanism.principal_axes.p_axis.length < 0 < mechanism.principal_axes.t_axis.length
    assert mechanism.azimuthal_gap == ours.azimuth_gap_deg
    assert mechanism.station_polarity_count == ours.n_polarity
    assert mechanism.misfit == ours.misfit
    assert mechanism.evaluation_status == "final"
    assert f"grade: {ours.grade}" in [comment.text for comment in mechanism.comments]
    assert mechanism.triggering_origin_id == read.preferred_origin().resource_id


def test_the_p_axis_of_a_thrust_is_level_and_across_strike(sample: Sample):
    solution = msgspec.structs.replace(
        sample.mechanisms[0].solutions[0], strike_deg=0.0, dip_deg=45.0, rake_deg=90.0
    )
    thrust = msgspec.structs.replace(sample.mechanisms[0], solutions=(solution,))
    document = event_to_quakeml(sample.events[0], thrust)
    axes = obspy.read_events(io.BytesIO(document))[0].focal_mechanisms[0].principal_axes
    assert axes.p_axis.plunge == pytest.approx(0, abs=1e-6)
    assert axes.p_axis.azimuth % 180 == pytest.approx(90)
    assert axes.t_axis.plunge == pytest.approx(90)


def test_several_solutions_stay_in_order_and_none_leaves_the_mechanism_out(sample: Sample):
    base = sample.mechanisms[0]
    two = msgspec.structs.replace(base, solutions=(base.solutions[0], base.solutions[0]))
    read = obspy.read_events(io.BytesIO(event_to_quakeml(sample.events[0], two)))[0]
    assert len(read.focal_mechanisms) == 2
    assert read.preferred_focal_mechanism_id == read.focal_mechanisms[0].resource_id
    none = msgspec.structs.replace(base, grade="E", solutions=())
    read = obspy.read_events(io.BytesIO(event_to_quakeml(sample.events[0], none)))[0]
    assert read.focal_mechanisms == []


@pytest.mark.parametrize("kind", ["earthquake", "quarry blast", "tremor", "never heard of"])
def test_every_kind_of_event_makes_a_readable_document(sample: Sample, kind: str):
    event = msgspec.structs.replace(sample.events[0], kind=kind, magnitude=None)
    read = obspy.read_events(io.BytesIO(event_to_quakeml(event, None)))[0]
    assert read.event_type in {"earthquake", "quarry blast", "other event"}
