"""Borehole sensors, stations below the sources, and coordinates in metres."""

from pathlib import Path

import numpy as np
import pytest
from circular_rays import circular
from obspy.core.inventory import Channel, Inventory, Network
from obspy.core.inventory import Station as XmlStation

from streamstress.earth.stations import is_local, read_stations
from streamstress.earth.travel_times import travel_time_table
from streamstress.earth.velocity import VelocityModel
from streamstress.errors import ConfigError, InputFileError

MODEL = VelocityModel("gradient", (0.0, 80.0), (5.0, 9.0), (2.9, 5.2))


@pytest.fixture(scope="module")
def table():
    return travel_time_table(MODEL, "P", 100, 30)


@pytest.mark.parametrize("receiver", [0.4, 1.23, 6.0])
@pytest.mark.parametrize("depth", [0.3, 3.0, 6.4, 14.0])
def test_receivers_at_depth_hear_from_above_and_below(table, receiver, depth):
    for distance in (2.0, 8.0, 25.0):
        time, takeoff = table.rays(distance, depth, -receiver)
        exact_time, exact_takeoff = circular(distance, depth, receiver)
        # The Earth's curvature is in the table alone: 0.003 s and 0.3 degrees at 25 km.
        assert float(time) == pytest.approx(exact_time, abs=0.008)
        assert float(takeoff) == pytest.approx(exact_takeoff, abs=1.0)


def test_a_source_above_the_receiver_sends_its_ray_down(table):
    assert table.rays(1.0, 1.0, -5.0)[1] < 20.0
    assert table.rays(1.0, 9.0, -5.0)[1] > 160.0


def test_source_and_receiver_may_change_places(table):
    for depth, receiver, distance in ((9.0, 2.0, 30.0), (4.0, 0.5, 8.0), (12.0, 6.0, 60.0)):
        there = float(table.rays(distance, depth, -receiver)[0])
        back = float(table.rays(distance, receiver, -depth)[0])
        assert there == pytest.approx(back, abs=0.006)


def test_a_receiver_below_the_table_is_refused():
    with pytest.raises(ConfigError, match="receiver at 40"):
        travel_time_table(MODEL, "P", 100, 30, 40.0)


def test_a_mine_s_stations_in_metres_keep_their_distances(tmp_path: Path):
    path = tmp_path / "mine.csv"
    path.write_text(
        "network,station,x_m,y_m,elevation_m,depth_m\nMN,A,0,0,900,0\nMN,B,300,400,900,1200\n"
    )
    a, b = read_stations(path).values()
    assert is_local(path)
    from streamstress.earth.projection import distance_azimuth

    distance, azimuth = distance_azimuth(
        a.latitude_deg, a.longitude_deg, b.latitude_deg, b.longitude_deg
    )
    assert float(distance) == pytest.approx(0.5, abs=1e-6)
    assert float(azimuth) == pytest.approx(np.degrees(np.arctan2(300, 400)), abs=1e-3)
    assert (a.elevation_m, b.elevation_m) == (900.0, -300.0)
    path.write_text("network,station,x_m,y_m\nMN,A,0,east\n")
    with pytest.raises(InputFileError, match="line 2"):
        read_stations(path)


def test_a_borehole_sensor_of_stationxml_lies_at_its_depth(tmp_path: Path):
    surface = Channel("HHZ", "", 35.0, 139.0, 120.0, 0.0)
    sensor = Channel("HHZ", "10", 35.0, 139.0, 120.0, 350.0)
    stations = [
        XmlStation("DEEP", 35.0, 139.0, 120.0, channels=[surface, sensor]),
        XmlStation("TOP", 35.1, 139.0, 80.0, channels=[surface]),
    ]
    path = tmp_path / "stations.xml"
    Inventory([Network("XX", stations=stations)]).write(str(path), format="STATIONXML")
    found = read_stations(path)
    assert found["XX.DEEP"].elevation_m == pytest.approx(-230.0)
    assert found["XX.TOP"].elevation_m == pytest.approx(80.0)
