"""First motions predicted without the station, and stations that are upside down."""

import numpy as np
import pytest

from streamstress.cli.polarity_mechanisms import (
    located_events,
    polarity_data,
    probabilities,
    reversed_stations,
    turn_reversed,
)
from streamstress.geometry.radiation import radiation_pattern
from streamstress.geometry.tensors import double_couple
from streamstress.mechanism import PolarityData
from streamstress.mechanism.leave_one_out import predict_left_out
from streamstress.mechanism.reversals import (
    StationTest,
    find_reversals,
    most_evidence,
    reversal_evidence,
)

HOUR_NS = 3_600 * 10**9


def sphere(up_probability: np.ndarray, azimuth: np.ndarray, takeoff: np.ndarray) -> PolarityData:
    sigma = np.full(len(azimuth), 3.0)
    return PolarityData(azimuth, takeoff, sigma, sigma, up_probability)


@pytest.fixture(scope="module")
def strike_slip() -> tuple[PolarityData, np.ndarray]:
    """Forty clear readings of a vertical strike-slip event, and their P factors."""
    rng = np.random.default_rng(3)
    azimuth, takeoff = rng.uniform(0, 360, 40), rng.uniform(60, 120, 40)
    factor = radiation_pattern(np.sqrt(2.0) * double_couple(30, 90, 0), azimuth, takeoff)[0]
    return sphere(np.where(factor > 0, 0.99, 0.01), azimuth, takeoff), factor


def test_each_station_is_told_by_the_others(strike_slip):
    data, factor = strike_slip
    left_out = predict_left_out(data)
    clear = np.abs(factor) > 0.35
    assert np.mean((left_out.up_probability[clear] > 0.5) == (factor[clear] > 0)) > 0.95
    assert np.mean(np.abs(left_out.up_probability[clear] - 0.5)) > 0.45
    assert np.corrcoef(left_out.amplitude, factor)[0, 1] > 0.95


def test_a_station_at_a_nodal_plane_is_predicted_near_one_half(strike_slip):
    data, _ = strike_slip
    nodal = sphere(
        np.append(data.up_probability, 0.99), np.append(data.azimuth_deg, 30.0),
        np.append(data.takeoff_deg, 90.0),
    )  # fmt: skip
    assert abs(predict_left_out(nodal).up_probability[-1] - 0.5) < 0.25


def test_what_a_station_reads_does_not_change_its_own_prediction(strike_slip):
    data, _ = strike_slip
    p = data.up_probability.copy()
    p[7] = 1.0 - p[7]
    turned = predict_left_out(sphere(p, data.azimuth_deg, data.takeoff_deg))
    assert turned.up_probability[7] == pytest.approx(predict_left_out(data).up_probability[7])


def test_all_readings_turned_over_turn_all_predictions_over(strike_slip):
    data, _ = strike_slip
    # The grid of double couples is not its own mirror image: nearly opposite, not exactly.
    turned = predict_left_out(sphere(1 - data.up_probability, data.azimuth_deg, data.takeoff_deg))
    assert np.allclose(turned.up_probability, 1 - predict_left_out(data).up_probability, atol=0.1)


def test_order_of_the_stations_means_nothing(strike_slip):
    data, _ = strike_slip
    order = np.random.default_rng(1).permutation(40)
    other = sphere(data.up_probability[order], data.azimuth_deg[order], data.takeoff_deg[order])
    expected = predict_left_out(data).up_probability[order]
    assert np.allclose(predict_left_out(other).up_probability, expected)


def test_predictions_are_right_at_least_as_often_as_they_say(located_readings):
    events, truth = located_readings(n_events=120, seed=2)
    told, right = [], []
    for rows in events.values():
        q = predict_left_out(polarity_data(rows)).up_probability
        up = np.array([truth[row.event_id, row.station_code] for row in rows])
        told.append(np.maximum(q, 1 - q))
        right.append((q > 0.5) == up)
    told, right = np.concatenate(told), np.concatenate(right)
    for low, high in ((0.5, 0.7), (0.7, 0.9), (0.9, 1.0)):
        inside = (told >= low) & (told < high)
        assert -0.03 < right[inside].mean() - told[inside].mean() < 0.09


def test_without_other_stations_nothing_is_predicted():
    data = sphere(np.array([0.99]), np.array([10.0]), np.array([90.0]))
    assert predict_left_out(data).up_probability == pytest.approx([0.5])


def test_near_nodal_and_emergent_readings_count_little():
    clear = reversal_evidence(0.99, 0.01)
    assert clear == pytest.approx(most_evidence(), abs=0.4)
    assert abs(reversal_evidence(0.99, 0.45)) < 0.1 * clear
    assert abs(reversal_evidence(0.55, 0.01)) < 0.1 * clear
    assert reversal_evidence(0.5, 0.0) == 0.0
    assert reversal_evidence(0.9, 0.9) == pytest.approx(-reversal_evidence(0.1, 0.9))


def test_a_reversal_is_found_with_its_dates_while_sound_stations_are_left_alone(located_readings):
    events, _ = located_readings(n_events=160, seed=11, reversed_from={"XX.S03": (50, 110)})
    (found,) = reversed_stations(events)
    times = [rows[3].time_ns for rows in events.values()]
    assert found.station == "XX.S03"
    # A reading at a nodal plane does not tell on which side of the date it lies.
    assert abs(found.from_ns - times[50]) <= 3 * HOUR_NS
    assert found.until_ns is not None
    assert abs(found.until_ns - times[110]) <= 3 * HOUR_NS
    assert found.n_to_find <= 30
    assert found.n_against > 0.9 * found.n_readings


def test_turned_back_the_station_is_sound_again(located_readings):
    events, truth = located_readings(n_events=160, seed=11, reversed_from={"XX.S03": (50, 110)})
    mended = turn_reversed(events, reversed_stations(events))
    assert reversed_stations(mended) == []
    rows = [part[3] for part in mended.values()]
    right = [truth[r.event_id, r.station_code] == (r.up_probability > 0.5) for r in rows]
    assert np.mean(right) > 0.9


def test_two_reversed_stations_of_sixteen_are_both_found(located_readings):
    spans = {"XX.S03": (20, 120), "XX.S09": (0, 120)}
    events, _ = located_readings(n_events=120, seed=12, reversed_from=spans)
    found = reversed_stations(events)
    assert [one.station for one in found] == ["XX.S03", "XX.S09"]
    assert all(one.until_ns is None for one in found)
    assert found[1].sound_until_ns is None


def test_sound_networks_get_no_proposal(located_readings):
    found = []
    for seed in range(20, 26):
        events, _ = located_readings(n_events=60, seed=seed)
        found += reversed_stations(events)
    assert found == []


def test_order_and_repetition_of_readings_mean_nothing():
    rng = np.random.default_rng(5)
    evidence = np.where(np.arange(60) < 30, -1.0, 1.5) + rng.normal(0, 0.3, 60)
    ordered, shuffled = StationTest("XX.A"), StationTest("XX.A")
    for k in range(60):
        ordered.update(f"e{k}", k * HOUR_NS, evidence[k])
    for k in [*rng.permutation(60), 7, 8]:
        shuffled.update(f"e{k}", int(k) * HOUR_NS, evidence[k])
    assert ordered.reversals() == shuffled.reversals()
    assert len(ordered.reversals()) == 1


def test_an_event_that_is_withdrawn_takes_its_evidence_along():
    test = StationTest("XX.A")
    for k in range(12):
        test.update(f"e{k}", k * HOUR_NS, 2.0)
    assert test.reversals()
    for k in range(8):
        test.remove(f"e{k}")
    assert test.reversals() == []


def test_no_single_reading_can_propose():
    assert find_reversals("XX.A", [0], [most_evidence()]) == []


def test_readings_without_a_ray_or_a_probability_are_left_out(located_readings):
    events, _ = located_readings(n_events=1, seed=1)
    (rows,) = events.values()
    assert len(located_events(rows)["e0000"]) == len(rows)
    assert np.isfinite(probabilities(rows)).all()
