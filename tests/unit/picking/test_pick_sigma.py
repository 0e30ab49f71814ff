from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from streamstress.cli.app import app
from streamstress.errors import InputFileError
from streamstress.picking.sigma import PickSigma, fit_sigma, read_sigma, write_sigma

HEADING = "network,station,location,channel,phase,time,probability,snr\n"


def residuals(seed: int, count: int, outliers: float = 0.0):
    """Picks whose true error falls with probability and with signal over noise."""
    rng = np.random.default_rng(seed)
    probability, snr = rng.uniform(0.3, 1.0, count), 10 ** rng.uniform(0, 2, count)
    true_s = 0.03 * np.exp(1.5 * (1 - probability) - 0.6 * (np.log10(snr) - 1))
    residual_s = rng.normal(0, true_s)
    wrong = rng.random(count) < outliers
    residual_s[wrong] = rng.uniform(-0.5, 0.5, int(wrong.sum()))
    return probability, snr, residual_s, true_s


def test_a_surer_and_a_louder_pick_has_the_smaller_error():
    sigma = PickSigma()
    for phase in ("P", "S"):
        errors = [sigma.sigma_s(phase, p, 5.0) for p in (0.3, 0.6, 1.0)]
        assert errors == sorted(errors, reverse=True)
        assert 0.01 < errors[-1] < 0.1
    assert sigma.sigma_s("S", 0.5, 5.0) > sigma.sigma_s("P", 0.5, 5.0)


@pytest.mark.parametrize("outliers", [0.0, 0.05])
def test_learned_errors_are_those_of_the_picks(outliers: float):
    probability, snr, residual_s, true_s = residuals(1, 4000, outliers)
    learned = fit_sigma("P", probability, snr, residual_s).sigma_s(probability, snr)
    assert 0.8 < np.median(learned / true_s) < 1.3
    assert np.percentile(np.abs(np.log(learned / true_s)), 90) < 0.4


@pytest.mark.parametrize("seed", range(3))
def test_two_thirds_of_new_picks_lie_within_one_sigma(seed: int):
    curve = fit_sigma("S", *residuals(seed, 1500, 0.03)[:3])
    probability, snr, residual_s, _ = residuals(seed + 100, 1500)
    inside = np.abs(residual_s) <= curve.sigma_s(probability, snr)
    assert 0.62 < inside.mean() < 0.80


def test_few_picks_leave_the_slopes_near_the_default():
    probability, snr, residual_s, _ = residuals(5, 60)
    curve = fit_sigma("P", probability, snr, residual_s)
    assert 0.0 <= curve.doubt < 4.0
    assert 0.0 <= curve.loudness < 1.5


def test_curves_written_are_read_again(tmp_path: Path):
    path = tmp_path / "sigma.json"
    curve = fit_sigma("P", *residuals(2, 500)[:3])
    sigma = PickSigma({**PickSigma().curves, "P": curve}, {"P": 500, "S": 0})
    write_sigma(sigma, path, {"reference": "a test"})
    assert read_sigma(path) == sigma
    path.write_text("{}")
    with pytest.raises(InputFileError, match="no time errors of picks"):
        read_sigma(path)


def test_the_command_learns_from_picks_of_analysts(tmp_path: Path):
    probability, snr, residual_s, _ = residuals(3, 200)
    pairs = zip(probability, snr, residual_s, strict=True)
    picks, manual = [HEADING], [HEADING]
    for k, (p, loud, wrong_s) in enumerate(pairs):
        minute, code = f"2024-01-01T{k // 60:02d}:{k % 60:02d}", f"XX,S{k % 7},,HHZ,P"
        picks.append(f"{code},{minute}:{30 + wrong_s:09.6f}Z,{p:.4f},{loud:.2f}\n")
        manual.append(f"{code},{minute}:30.000000Z,,\n")
    (tmp_path / "picks.csv").write_text("".join(picks))
    (tmp_path / "manual.csv").write_text("".join(manual))
    out = tmp_path / "sigma.json"
    arguments = ["pick-sigma", "picks.csv", "--manual", "manual.csv", "-o", "sigma.json"]
    arguments = [str(tmp_path / a) if "." in a else a for a in arguments]
    told = CliRunner().invoke(app, arguments, catch_exceptions=False)
    assert told.exit_code == 0, told.output
    sigma = read_sigma(out)
    assert sigma.picks == {"P": 200, "S": 0}
    assert sigma.sigma_s("P", 0.9, 30.0) < sigma.sigma_s("P", 0.4, 2.0)


def test_the_command_learns_from_residuals_of_located_earthquakes(tmp_path: Path):
    probability, snr, residual_s, true_s = residuals(3, 600)
    rows = [HEADING.strip() + ",event_id,residual_s,weight\n"]
    left = (26 / 30) ** 0.5  # of an error after the location of 30 readings
    for k, (p, loud, wrong_s) in enumerate(zip(probability, snr, residual_s, strict=True)):
        event, station = divmod(k, 30)
        late_s = wrong_s * left + 0.1 * (station % 2)
        code = f"XX,S{station},,HHZ,P,2024-01-01T00:{event:02d}:{station:02d}Z"
        rows.append(f"{code},{p:.4f},{loud:.2f},e{event},{late_s:.4f},1\n")
    (tmp_path / "arrivals.csv").write_text("".join(rows))
    out = tmp_path / "sigma.json"
    told = CliRunner().invoke(app, ["pick-sigma", str(tmp_path / "arrivals.csv"), "-o", str(out)])
    assert told.exit_code == 0, told.output
    sigma = read_sigma(out)
    found = np.array([sigma.sigma_s("P", *one) for one in zip(probability, snr, strict=True)])
    np.testing.assert_allclose(np.median(found / true_s), 1.0, atol=0.15)
