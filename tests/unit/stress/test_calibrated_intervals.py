"""Intervals hold the truth as often as they say, whatever the frame, the order and the repeats."""

import numpy as np
import pytest
from calibrate_stress import measured
from numpy.typing import NDArray
from stress_catalogues import Cell
from synthetic_mechanisms import Population, mechanisms, strike_slip_stress, turned

from streamstress.errors import UnusableDataError
from streamstress.geometry.axes import axial_difference, shmax_azimuth
from streamstress.geometry.planes import auxiliary_plane
from streamstress.geometry.tensors import shape_ratio_phi, stress_tensor
from streamstress.stress import StressSamples, bootstrap, invert
from streamstress.stress.contribution import plane_set_of_angles
from streamstress.stress.dependence import cluster_shares, share_weights
from streamstress.stress.resampling import resampled_fits
from streamstress.stress.shape import corrected_phi, simpson_a_phi, with_phi
from streamstress.stress.uncertainty import (
    a_phi_interval,
    axis_cones_deg,
    phi_interval,
    phi_reliable,
    shmax_interval,
    widening,
)

ANGLES = mechanisms(strike_slip_stress(30.0), 60, np.random.default_rng(5))


def intervals(angles: NDArray[np.float64], cluster: NDArray[np.int64] | None = None):
    samples = bootstrap(plane_set_of_angles(*angles.T), resamplings=200, seed=3, cluster=cluster)
    return (
        np.array(shmax_interval(samples)),
        np.array([*axis_cones_deg(samples), *phi_interval(samples), *a_phi_interval(samples)]),
    )


def test_intervals_hold_the_truth_about_as_often_as_they_say():
    rows = [measured(Cell(50, "20", "diverse"), number, 7, 200) for number in range(120)]
    for name in ("shmax", "s1", "s2", "s3", "phi", "a_phi"):
        hits = sum(row[name] for row in rows)
        assert hits >= 105, name  # binomial: 95 % coverage gives 105 or more in 99.9 % of runs


def test_bursts_do_not_pass_for_independent_events():
    rows = [measured(Cell(200, "20", "diverse", burst=10), k, 7, 150) for k in range(80)]
    assert sum(row["shmax"] for row in rows) >= 68  # 99.9 % of runs at 95 % coverage
    assert sum(row["shmax_unlinked"] for row in rows) < 68


@pytest.mark.parametrize("angle", [15.0, 45.0, 60.0, 105.0, 150.0, 180.0])
def test_intervals_turn_with_the_mechanisms(angle: float):
    shmax, others = intervals(ANGLES)
    turned_shmax, turned_others = intervals(ANGLES + np.array([angle, 0.0, 0.0]))
    np.testing.assert_allclose(axial_difference(turned_shmax, shmax + angle), 0.0, atol=1e-6)
    np.testing.assert_allclose(turned_others, others, atol=1e-6)


def test_order_and_named_plane_change_no_interval():
    swap = np.random.default_rng(1).random(60) < 0.5
    other = np.stack(auxiliary_plane(*ANGLES.T), axis=-1)
    for same in (
        np.random.default_rng(2).permutation(ANGLES),
        np.where(swap[:, None], other, ANGLES),
    ):
        for one, again in zip(intervals(ANGLES), intervals(same), strict=True):
            np.testing.assert_allclose(again, one, atol=1e-6)


def test_events_that_are_all_listed_twice_tell_no_more():
    twice = np.repeat(np.arange(60), 2)
    for one, again in zip(intervals(ANGLES), intervals(ANGLES[twice], twice), strict=True):
        np.testing.assert_allclose(again, one, atol=1e-6)


def test_resampled_fit_of_all_events_is_the_inversion():
    events = plane_set_of_angles(*ANGLES.T)
    fits, found = resampled_fits(events, np.ones((1, 60)), 0.6), invert(events)
    np.testing.assert_allclose(fits.tensors[0], found.tensor, atol=1e-12)
    assert fits.mean_instability[0] == pytest.approx(found.mean_instability)
    assert fits.misfit_deg[0] == pytest.approx(found.misfit_deg)


@pytest.mark.parametrize("accepted", [0.80, 0.95])
@pytest.mark.parametrize("phi", [0.2, 0.5, 0.8])
def test_phi_of_many_events_loses_its_bias(accepted: float, phi: float):
    rng = np.random.default_rng(1)
    angles = mechanisms(strike_slip_stress(0.0, phi), 3000, rng, Population(accepted, 15.0))
    fits = resampled_fits(plane_set_of_angles(*angles.T), np.ones((1, 3000)), 0.6)
    assert corrected_phi(fits)[0] == pytest.approx(phi, abs=0.08)


def test_shmax_of_an_oblique_stress_loses_the_bias_of_phi():
    rng, errors = np.random.default_rng(4), []
    for _ in range(25):
        truth = stress_tensor(np.linalg.qr(rng.normal(size=(3, 3)))[0], 0.5)
        angles = mechanisms(truth, 800, rng, Population(0.80, 10.0))
        fits = resampled_fits(plane_set_of_angles(*angles.T), np.ones((1, 800)), 0.6)
        found = [fits.tensors[0], with_phi(fits.axes, corrected_phi(fits))[0]]
        errors.append(
            [float(axial_difference(shmax_azimuth(one), shmax_azimuth(truth))) for one in found]
        )
    raw, corrected = np.median(np.abs(errors), axis=0)
    assert corrected < 0.5 * raw


def test_phi_is_not_called_reliable_where_it_is_wide_or_was_never_simulated():
    few = mechanisms(strike_slip_stress(), 12, np.random.default_rng(1), Population(0.8, 30.0))
    assert not phi_reliable(bootstrap(plane_set_of_angles(*few.T), resamplings=100))
    rng = np.random.default_rng(3)
    anything = np.stack(
        [rng.uniform(0, 360, 400), rng.uniform(0, 90, 400), rng.uniform(-180, 180, 400)]
    )
    assert not phi_reliable(bootstrap(plane_set_of_angles(*anything), resamplings=100))
    many = mechanisms(strike_slip_stress(), 200, np.random.default_rng(1))
    assert phi_reliable(bootstrap(plane_set_of_angles(*many.T), resamplings=100))


def test_a_phi_follows_the_most_vertical_axis():
    axes = stress_tensor(np.eye(3)[[2, 0, 1]], 0.3)  # s1 vertical: normal
    assert simpson_a_phi(axes, 0.3) == pytest.approx(0.3)
    assert simpson_a_phi(strike_slip_stress(20.0, 0.3), 0.3) == pytest.approx(1.7)
    assert simpson_a_phi(turned(stress_tensor(np.eye(3), 0.3), 30.0), 0.3) == pytest.approx(2.3)


def test_a_cluster_counts_as_little_more_than_one_event():
    shares = cluster_shares([0, 1, 1, 2, 2, 2, 2])
    assert shares[0] == 1.0
    assert shares[1:3].sum() == pytest.approx(2 / 1.8)
    assert shares[3:].sum() == pytest.approx(4 / 3.4)
    shared = share_weights(plane_set_of_angles(*ANGLES[:7].T), np.array([0, 1, 1, 2, 2, 2, 2]))
    np.testing.assert_allclose(shared.weight, shares)


def test_few_events_widen_and_many_do_not():
    tensors = np.repeat(strike_slip_stress()[None], 3, axis=0)
    assert widening(StressSamples(tensors, 25)) == pytest.approx(np.sqrt(25 / 20))
    assert widening(StressSamples(tensors, 10_000)) == pytest.approx(1.0, abs=1e-3)
    assert widening(StressSamples(tensors, 100, n_effective=25.0)) > 1.1
    assert np.isfinite(widening(StressSamples(tensors, 2)))


def test_intervals_need_an_estimate_to_lie_about():
    samples = StressSamples(np.repeat(strike_slip_stress(30.0)[None], 3, axis=0), 10)
    assert shmax_interval(samples, strike_slip_stress(30.0))[0] == pytest.approx(30.0)
    assert float(shape_ratio_phi(samples.tensors)[0]) == pytest.approx(0.5)
    with pytest.raises(UnusableDataError, match="estimate"):
        shmax_interval(samples)
