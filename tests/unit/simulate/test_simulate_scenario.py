"""Catalogues keep to what their scenario states; records fit their truth."""

from dataclasses import replace

import numpy as np
import pytest

from streamstress.earth.projection import LocalFrame
from streamstress.errors import ConfigError
from streamstress.geometry.axes import axial_difference, shmax_azimuth
from streamstress.simulate.catalogue import gutenberg_richter, make_catalogue
from streamstress.simulate.continuous import event_record, make_world, station_record
from streamstress.simulate.network import make_network
from streamstress.simulate.scenario import SCENARIOS, named_scenario

SMALL = replace(SCENARIOS["smoke"], n_stations=5, n_before=2, n_after=2)


def test_stations_are_even_and_within_their_extent():
    rng = np.random.default_rng(1)
    stations = make_network(30, 60.0, 38.0, 140.0, rng)
    assert len({station.code for station in stations}) == 30
    east, north = LocalFrame(38.0, 140.0).to_km(
        [s.latitude_deg for s in stations], [s.longitude_deg for s in stations]
    )
    assert np.hypot(east, north).max() < 40.0
    between = np.hypot(np.subtract.outer(east, east), np.subtract.outer(north, north))
    nearest = np.sort(between, axis=1)[:, 1]
    assert nearest.min() > 2.0
    assert nearest.max() < 20.0
    assert all(0 < s.elevation_m < 3000 for s in stations)


def test_events_keep_their_distance_in_time_and_their_mean_rate():
    scenario = replace(SCENARIOS["steady"], n_before=2000, n_after=0)
    catalogue = make_catalogue(scenario, np.random.default_rng(2))
    steps = np.diff(catalogue.origin_s)
    assert steps.min() >= 12.0 - 1e-6
    assert steps.mean() == pytest.approx(22.0, rel=0.05)
    assert catalogue.origin_s[0] == scenario.lead_s


def test_magnitudes_follow_gutenberg_and_richter():
    magnitude = gutenberg_richter(20_000, (2.0, 5.0), 1.0, np.random.default_rng(3))
    assert magnitude.min() >= 2.0
    assert magnitude.max() <= 5.0
    counts = [np.sum(magnitude > level) for level in (2.0, 3.0)]
    assert np.log10(counts[0] / counts[1]) == pytest.approx(1.0, abs=0.05)


def test_hypocentres_stay_in_their_volume():
    scenario = replace(SCENARIOS["steady"], n_before=500, n_after=0)
    catalogue = make_catalogue(scenario, np.random.default_rng(4))
    frame = LocalFrame(scenario.latitude_deg, scenario.longitude_deg)
    east, north = frame.to_km(catalogue.latitude_deg, catalogue.longitude_deg)
    assert np.hypot(east, north).max() <= scenario.source_radius_km + 1e-6
    assert catalogue.depth_km.min() >= scenario.depth_range_km[0]
    assert catalogue.depth_km.max() <= scenario.depth_range_km[1]


def test_bursts_have_the_stated_share_and_do_not_cross_the_change():
    scenario = replace(
        SCENARIOS["rotation"], n_before=3000, n_after=3000, burst_fraction=0.2, burst_size=10
    )
    catalogue = make_catalogue(scenario, np.random.default_rng(5))
    sizes = np.bincount(catalogue.fault)
    assert np.sum(sizes[sizes > 1]) / 6000 == pytest.approx(0.2, abs=0.06)
    assert catalogue.fault[2999] != catalogue.fault[3000]
    largest = catalogue.fault == np.argmax(sizes)
    frame = LocalFrame(scenario.latitude_deg, scenario.longitude_deg)
    east, north = frame.to_km(catalogue.latitude_deg[largest], catalogue.longitude_deg[largest])
    assert np.hypot(np.ptp(east), np.ptp(north)) < 5.0


def test_the_named_scenarios_turn_as_they_say():
    turned = SCENARIOS["rotation"]
    turn = axial_difference(
        shmax_azimuth(turned.stress_after()), shmax_azimuth(turned.stress_before())
    )
    assert turn == pytest.approx(30.0)
    steady = SCENARIOS["steady"]
    assert np.array_equal(steady.stress_after(), steady.stress_before())
    assert turned.with_seed(9).seed == 9
    with pytest.raises(ConfigError, match="rotation"):
        named_scenario("no-such")


def test_impossible_spacing_is_refused():
    with pytest.raises(ConfigError, match="least_spacing_s"):
        replace(SMALL, mean_spacing_s=5.0)


def test_the_true_arrival_is_the_onset_to_the_sample():
    world = make_world(SMALL)
    for event in range(SMALL.n_events):
        for station in range(SMALL.n_stations):
            first, record = event_record(world, event, station)
            arrival = world.catalogue.origin_s[event] + world.rays.travel_p_s[event, station]
            onset = int(np.flatnonzero(record[0])[0])
            assert 0 < (first + onset) / 100.0 - arrival <= 0.010_001
            sign = np.sign(world.rays.p_radiation[event, station])
            assert np.sign(record[0, onset]) == sign


def test_s_arrives_when_the_truth_says():
    world = make_world(replace(SMALL, scattering=0.0))
    first, record = event_record(world, 0, 0)
    arrival = world.catalogue.origin_s[0] + world.rays.travel_s_s[0, 0]
    onset = int(np.ceil(arrival * 100)) - first
    horizontal = np.hypot(record[1], record[2])
    assert horizontal[onset : onset + 30].max() > 2 * horizontal[onset - 30 : onset - 1].max()


def test_a_record_does_not_depend_on_how_it_is_cut():
    world = make_world(SMALL)
    whole = station_record(world, 1, 0, world.n_samples)
    cut = 5011
    parts = [station_record(world, 1, 0, cut), station_record(world, 1, cut, world.n_samples)]
    np.testing.assert_array_equal(np.concatenate(parts, axis=1), whole)


def test_nearly_all_p_waves_of_the_demonstration_stand_out_of_the_noise():
    scenario = replace(SCENARIOS["rotation"], n_before=8, n_after=4)
    world = make_world(scenario)
    clear = []
    for station in range(0, 30, 5):
        record = station_record(world, station, 0, world.n_samples)[0]
        # First differences take the microseism away.
        quick = np.diff(record.astype(float))
        for event in range(scenario.n_events):
            arrival = world.catalogue.origin_s[event] + world.rays.travel_p_s[event, station]
            onset = int(arrival * 100)
            before = quick[onset - 200 : onset - 2].std()
            clear.append(np.abs(quick[onset : onset + 60]).max() > 5 * before)
    assert np.mean(clear) > 0.95
