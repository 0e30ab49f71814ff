"""``streamstress locate --velocity-grid``: a file of picks in three dimensions, end to end."""

import csv
import json

import numpy as np
import pytest
from typer.testing import CliRunner

from streamstress.cli.app import app
from streamstress.earth.stations import LOCAL_ORIGIN
from streamstress.outputs.json_view import iso_time

pytest.importorskip("skfmm", reason="scikit-fmm is not installed")

NS = 1_000_000_000
EPOCH_NS = 1_700_000_000 * NS
RUNNER = CliRunner()

GRADIENT = np.array([0.035, 0.0, 0.02])
"""Of P (1/s): faster to the east, and downward."""

MIDDLE_KM_S = 5.5
VP_VS = 1.75
ORIGINS = [(-6.0, 4.0, 7.0), (5.0, -3.0, 6.0), (1.0, 8.0, 9.0)]


def speed(place: np.ndarray) -> np.ndarray:
    return MIDDLE_KM_S + place @ GRADIENT


def travel_s(source: np.ndarray, receiver: np.ndarray) -> float:
    """Between two places in a velocity that grows along a line (Aki & Richards 2002, 9.3)."""
    growth, way = np.linalg.norm(GRADIENT), np.linalg.norm(source - receiver)
    slow = 2 * speed(source) * speed(receiver)
    return float(np.arccosh(1 + (growth * way) ** 2 / slow) / growth)


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """A grid, fourteen stations and the picks of three earthquakes, in local metres."""
    folder = tmp_path_factory.mktemp("grid")
    rng = np.random.default_rng(4)
    places = np.column_stack([rng.uniform(-18, 18, (14, 2)), np.zeros(14)])
    with (folder / "stations.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["network", "station", "x_m", "y_m", "elevation_m"])
        rows.writerows(
            ["XX", f"S{n:02d}", 1000 * x, 1000 * y, 0.0] for n, (x, y, _) in enumerate(places)
        )
    axis, depths = np.arange(-24.0, 24.1, 2.0), np.arange(0.0, 20.1, 2.0)
    with (folder / "grid.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["x_km", "y_km", "depth_km", "vp", "vs"])
        for x in axis:
            for y in axis:
                for z in depths:
                    vp = float(speed(np.array([x, y, z])))
                    rows.writerow([x, y, z, f"{vp:.5f}", f"{vp / VP_VS:.5f}"])
    with (folder / "picks.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["network", "station", "phase", "time", "probability"])
        for n, origin in enumerate(ORIGINS):
            for k, place in enumerate(places):
                p_s = travel_s(np.array(origin), place)
                for phase, seconds in (("P", p_s), ("S", VP_VS * p_s)):
                    time_ns = EPOCH_NS + n * 120 * NS + round((seconds + rng.normal(0, 0.02)) * NS)
                    rows.writerow(["XX", f"S{k:02d}", phase, iso_time(time_ns), 0.9])
    (folder / "model.txt").write_text("0 5.5 3.14\n40 6.3 3.6\n")
    return folder


def off_km(path) -> np.ndarray:
    """Epicentres' distances from the truth."""
    with path.open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == len(ORIGINS)
    x, y = LOCAL_ORIGIN.to_km(
        [float(r["latitude"]) for r in rows], [float(r["longitude"]) for r in rows]
    )
    truth = np.array(ORIGINS)
    return np.hypot(x - truth[:, 0], y - truth[:, 1])


def locate(files, out, *options: str):
    return RUNNER.invoke(
        app,
        ["locate", str(files / "picks.csv"), "-o", str(out), "--json",
         "--stations", str(files / "stations.csv"), "--velocity", str(files / "model.txt"),
         "--p-sigma-s", "0.03", "--s-sigma-s", "0.04", *options],
    )  # fmt: skip


def test_a_grid_locates_where_its_1d_mean_is_kilometres_off(files, tmp_path):
    flat, solid = tmp_path / "flat.csv", tmp_path / "solid.csv"
    assert locate(files, flat).exit_code == 0
    options = ["--velocity-grid", str(files / "grid.csv"), "--volumes", str(tmp_path / "volumes")]
    result = locate(files, solid, *options)
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout.splitlines()[-1])["events"] == len(ORIGINS)
    assert off_km(solid).max() < 0.2
    assert np.median(off_km(flat)) > 3 * np.median(off_km(solid))
    built = sorted((tmp_path / "volumes").rglob("*"))
    again = locate(files, tmp_path / "again.csv", *options)
    assert again.exit_code == 0
    assert sorted((tmp_path / "volumes").rglob("*")) == built
    assert (tmp_path / "again.csv").read_text() == solid.read_text()
