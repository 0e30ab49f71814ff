"""A small configuration that is complete: three stations, one region."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

GOOD = """\
seed = 7

[network]
stations = "stations.csv"
velocity = "velocity.csv"

[[network.regions]]
name = "basin"
south_deg = 35.0
north_deg = 36.0
west_deg = 133.0
east_deg = 134.0

[store]
url = "sqlite:///mine.db"

[clock]
replay = "clock.json"
"""

STATIONS = """\
network,station,latitude,longitude,elevation_m
XX,AA1,35.2,133.2,10
XX,BB2,35.4,133.6,20
XX,CC3,35.6,133.3,30
"""
VELOCITY = "0 5.0 2.9\n10 6.0 3.5\n35 8.0 4.6\n"


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if name.startswith("STREAMSTRESS_"):
            monkeypatch.delenv(name)


@pytest.fixture
def good_file(tmp_path: Path) -> Path:
    """The good configuration with the files that it names."""
    folder = tmp_path / "site"
    folder.mkdir()
    (folder / "stations.csv").write_text(STATIONS)
    (folder / "velocity.csv").write_text(VELOCITY)
    path = folder / "site.toml"
    path.write_text(GOOD)
    return path


@pytest.fixture
def changed(good_file: Path) -> Callable[[str, str], Path]:
    """The good configuration with one text replaced by another."""

    def change(old: str, new: str) -> Path:
        assert old in GOOD
        good_file.write_text(GOOD.replace(old, new))
        return good_file

    return change
