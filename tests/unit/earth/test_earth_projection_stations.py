from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamstress.earth.projection import LocalFrame, distance_azimuth
from streamstress.earth.stations import read_stations
from streamstress.errors import InputFileError


def test_one_degree_of_latitude_is_111_km_to_the_north():
    distance, azimuth = distance_azimuth(35.0, 139.0, 36.0, 139.0)
    assert distance == pytest.approx(111.19, abs=0.01)
    assert azimuth == pytest.approx(0.0, abs=1e-9)


def test_against_the_ellipsoid_of_obspy():
    from obspy.geodetics import gps2dist_azimuth

    metres, azimuth, _ = gps2dist_azimuth(35.7, 126.7, 36.4, 127.9)
    ours, our_azimuth = distance_azimuth(35.7, 126.7, 36.4, 127.9)
    assert ours == pytest.approx(metres / 1000, rel=6e-3)
    assert our_azimuth == pytest.approx(azimuth, abs=0.2)


@given(st.floats(-80, 80), st.floats(-180, 179.9), st.floats(-300, 300), st.floats(-300, 300))
def test_frame_and_back(latitude: float, longitude: float, east: float, north: float):
    frame = LocalFrame(latitude, longitude)
    back = frame.to_km(*frame.to_degrees(east, north))
    assert np.allclose(back, (east, north), atol=1e-5)


def test_csv_and_its_errors(tmp_path: Path):
    path = tmp_path / "stations.csv"
    path.write_text("network,station,latitude,longitude,elevation_m\nXX,ABC,35.5,139.25,120\n")
    station = read_stations(path)["XX.ABC"]
    assert (station.latitude_deg, station.elevation_m) == (35.5, 120.0)
    path.write_text("network,station,latitude,longitude\nXX,ABC,35.5,139.25\nXX,D,95,139\n")
    with pytest.raises(InputFileError, match=r"stations\.csv, line 3.*XX\.D"):
        read_stations(path)
    path.write_text("net,sta\nXX,ABC\n")
    with pytest.raises(InputFileError, match=r"line 1.*network"):
        read_stations(path)
    with pytest.raises(InputFileError, match="cannot be read"):
        read_stations(tmp_path / "absent.csv")


def test_stationxml(tmp_path: Path):
    from obspy.core.inventory import Inventory, Network, Station

    station = Station("ABC", 35.5, 139.25, 120.0)
    path = tmp_path / "stations.xml"
    Inventory([Network("XX", stations=[station])]).write(str(path), format="STATIONXML")
    assert read_stations(path)["XX.ABC"].longitude_deg == 139.25
    path.write_text("<html></html>")
    with pytest.raises(InputFileError, match="StationXML"):
        read_stations(path)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("x_m,y_m\nXX,A,500000,4000000", "line 2: x_m, y_m 500000, 4000000 is no local place"),
        ("x_m,y_m\nXX,A,nan,0", "line 2"),
        (
            "latitude,longitude\nXX,A,139,35",
            "line 2: XX.A at 139, 35: latitude and longitude seem swapped",
        ),
        ("latitude,longitude,elevation_m\nXX,A,35,139,80000", "line 2: XX.A at 80000 m above"),
        ("latitude,longitude,elevation_m\nXX,A,35,139,nan", "line 2: XX.A at nan m above"),
    ],
)
def test_a_place_where_no_station_can_stand_is_refused_with_its_line(
    tmp_path: Path, text: str, said: str
):
    path = tmp_path / "stations.csv"
    path.write_text(f"network,station,{text}\n")
    with pytest.raises(InputFileError, match=said):
        read_stations(path)
