"""Repeating earthquakes say how often a model is right, without labels."""

import numpy as np
import pytest

from streamstress.polarity import load_polarity_model
from streamstress.polarity.repeaters import (
    RepeaterReadings,
    accuracy_from_agreement,
    agreement_by_snr,
    agreement_by_station,
    agreement_of,
    repeater_pairs,
)
from streamstress.simulate.onsets import OnsetSettings, simulate_onsets


def family_readings(accuracy: dict[str, float], seed: int, members: int = 4) -> RepeaterReadings:
    """150 families at each station, read right as often as ``accuracy`` says."""
    rng = np.random.default_rng(seed)
    rows = [
        (f"f{family}", f"f{family}-{member}", station, np.where(rng.random() < share, 1, -1))
        for family in range(150)
        for station, share in accuracy.items()
        for member in range(members)
    ]
    family, event, station, right = (np.array(column) for column in zip(*rows, strict=True))
    sign = np.array([1 if hash_free(f, s) else -1 for f, s in zip(family, station, strict=True)])
    return RepeaterReadings(
        family, event, station, 0.5 + 0.48 * sign * right, np.full(len(rows), 8)
    )


def hash_free(family: str, station: str) -> bool:
    """Whether the ground goes up: the same for all members."""
    return sum(map(ord, family + station)) % 2 == 0


def test_agreement_gives_back_the_accuracy_of_each_station():
    true = {"XX.A": 0.99, "XX.B": 0.9, "XX.C": 0.75}
    found = agreement_by_station(repeater_pairs(family_readings(true, 3)), 0.8)
    assert [one.name for one in found] == list(true)
    for one in found:
        assert one.accuracy == pytest.approx(true[one.name], abs=0.03)
        assert one.accuracy_low <= true[one.name] <= one.accuracy_high + 0.005


def test_accuracy_by_agreement_is_that_of_the_real_model_against_the_truth():
    rng = np.random.default_rng(9)
    settings = OnsetSettings(snr_range=(2.5, 2.5), no_signal_share=0.0)
    onsets = simulate_onsets(1500, rng, sampling_rate_hz=100.0, settings=settings)
    model = load_polarity_model()
    p = model.classify(onsets.waveform, 100.0, onsets.pick_index).up_probability
    order = np.argsort(onsets.sign, kind="stable")
    family = np.array([f"{onsets.sign[i]}/{k // 3}" for k, i in enumerate(order)])
    readings = RepeaterReadings(
        family, np.arange(1500).astype(str), np.full(1500, "XX.A"), p[order], onsets.snr[order]
    )
    found = agreement_of(repeater_pairs(readings), 0.0)
    right = float(np.mean((p > 0.5) == (onsets.sign > 0)))
    assert found.accuracy == pytest.approx(right, abs=0.02)


def test_a_large_family_counts_as_many_comparisons_as_it_has_members_but_one():
    pairs = repeater_pairs(family_readings({"XX.A": 1.0}, 1, members=10))
    assert len(pairs.weight) == 150 * 45
    assert pairs.weight.sum() == pytest.approx(150 * 9)


def test_an_event_read_twice_is_no_pair():
    once = family_readings({"XX.A": 0.9}, 2)
    twice = RepeaterReadings(
        *(np.concatenate([getattr(once, n)] * 2) for n in RepeaterReadings.__slots__)
    )
    assert agreement_of(repeater_pairs(twice), 0.5) == agreement_of(repeater_pairs(once), 0.5)


def test_members_undecided_are_told_apart_from_members_that_disagree():
    readings = RepeaterReadings(
        np.array(["f"] * 2), np.array(["a", "b"]), np.array(["XX.A"] * 2),
        np.array([0.99, 0.55]), np.array([9.0, 9.0]),
    )  # fmt: skip
    found = agreement_of(repeater_pairs(readings), 0.8)
    assert found.kept == 0.0
    assert np.isnan(found.agreement)
    assert np.isnan(found.accuracy)


def test_ranges_of_snr_take_the_lower_of_the_pair():
    readings = RepeaterReadings(
        np.array(["f"] * 2), np.array(["a", "b"]), np.array(["XX.A"] * 2),
        np.array([0.99, 0.95]), np.array([30.0, 4.0]),
    )  # fmt: skip
    (found,) = agreement_by_snr(repeater_pairs(readings), 0.5)
    assert (found.name, found.agreement) == ("3 to 5", 1.0)


def test_chance_agreement_is_an_accuracy_of_one_half():
    assert accuracy_from_agreement(0.5) == accuracy_from_agreement(0.3) == 0.5
    assert accuracy_from_agreement(1.0) == 1.0
