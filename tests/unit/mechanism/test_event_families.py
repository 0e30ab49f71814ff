"""A swarm weighs as one event, distinct events as many."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from streamstress.geometry.radiation import radiation_pattern
from streamstress.geometry.tensors import double_couple
from streamstress.mechanism.event_families import EventFamilies, shared_by_family
from streamstress.mechanism.inputs import PolarityData
from streamstress.mechanism.leave_one_out import predict_left_out
from streamstress.mechanism.reversals import (
    Reversal,
    StationTest,
    most_evidence,
    reversal_evidence,
)

STATIONS = [f"XX.S{k:02d}" for k in range(16)]


def pattern(tensor, azimuth_deg, takeoff_deg):
    amplitude = radiation_pattern(tensor, azimuth_deg, takeoff_deg)[0]
    return dict(zip(STATIONS, np.where(amplitude > 0, 0.95, 0.05).tolist(), strict=True))


def random_rays(rng):
    return rng.uniform(0, 360, 16), rng.uniform(45, 150, 16)


def random_tensor(rng):
    dip = np.degrees(np.arccos(rng.uniform(0, 1)))
    return np.sqrt(2.0) * double_couple(rng.uniform(0, 360), dip, rng.uniform(-180, 180))


def reversals_of_a_network(tensors, seed, ray_error_deg) -> list[Reversal]:
    """Sound stations whose rays are told wrong by the same error in every event."""
    rng = np.random.default_rng(seed)
    azimuth, takeoff = random_rays(rng)
    told = azimuth + rng.normal(0, ray_error_deg, 16), takeoff + rng.normal(0, ray_error_deg, 16)
    families, tests = EventFamilies(), {code: StationTest(code) for code in STATIONS}
    for number, tensor in enumerate(tensors):
        up = radiation_pattern(tensor, azimuth, takeoff)[0] > 0
        read = np.where(up, 0.97, 0.03)
        sigma = np.full(16, 4.0)
        data = PolarityData(told[0] % 360, np.clip(told[1], 0, 180), sigma, sigma, read)
        predicted = predict_left_out(data).up_probability
        family = families.join(f"e{number}", dict(zip(STATIONS, predicted.tolist(), strict=True)))
        for code, value in zip(STATIONS, reversal_evidence(read, predicted), strict=True):
            tests[code].update(f"e{number}", number, float(value), family)
    return [found for test in tests.values() for found in test.reversals()]


def test_a_swarm_of_repeats_over_wrong_rays_proposes_no_reversal():
    for seed in range(8):
        rng = np.random.default_rng(100 + seed)
        swarm = [random_tensor(rng)] * 60
        assert reversals_of_a_network(swarm, seed, ray_error_deg=15.0) == []


def test_no_family_alone_can_propose_however_large():
    test = StationTest("XX.A")
    for k in range(1000):
        test.update(f"e{k}", k, most_evidence(), "one swarm")
    assert test.reversals() == []


def test_repeats_are_one_family_and_other_mechanisms_are_not():
    rng = np.random.default_rng(3)
    azimuth, takeoff = random_rays(rng)
    families = EventFamilies()
    first = pattern(random_tensor(rng), azimuth, takeoff)
    assert families.join("a", first) == families.join("b", first) == "a"
    turned_over = {station: 1.0 - p for station, p in first.items()}
    assert families.join("c", turned_over) == "c"


def test_a_family_outlives_its_first_event_and_ends_with_its_last():
    rng = np.random.default_rng(4)
    one = pattern(random_tensor(rng), *random_rays(rng))
    families = EventFamilies()
    families.join("a", one)
    families.join("b", one)
    families.remove("a")
    assert families.join("c", one) == "a"
    families.remove("b")
    families.remove("c")
    families.remove("never seen")
    assert families.join("d", one) == "d"


def test_events_with_few_stations_in_common_are_never_one_family():
    families = EventFamilies()
    families.join("a", dict.fromkeys(STATIONS[:5], 0.95))
    assert families.join("b", dict.fromkeys(STATIONS[:5], 0.95)) == "b"


@given(st.lists(st.floats(-3, 3), min_size=1, max_size=40))
def test_events_each_alone_keep_their_whole_evidence(evidence):
    assert shared_by_family(evidence, [str(k) for k in range(len(evidence))]) == evidence
