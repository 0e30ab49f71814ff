"""Coordinates that cannot be right."""

import numpy as np

from streamstress.earth.station_checks import is_line, misplaced
from streamstress.earth.stations import Station


def network(latitude: float, longitude: float, count: int = 12) -> dict[str, Station]:
    rng = np.random.default_rng(1)
    places = rng.uniform(-0.4, 0.4, (count, 2))
    return {
        f"XX.S{n}": Station("XX", f"S{n}", latitude + float(dy), longitude + float(dx))
        for n, (dx, dy) in enumerate(places)
    }


def test_swapped_coordinates_are_recognised_and_others_far_away_are_told_apart():
    stations = network(42.8, 13.2)
    stations["XX.TURN"] = Station("XX", "TURN", 13.1, 42.7)
    stations["XX.NULL"] = Station("XX", "NULL", 0.0, 0.0)
    found = misplaced(stations)
    assert set(found) == {"XX.TURN", "XX.NULL"}
    assert "swapped" in found["XX.TURN"]
    assert "km from the middle" in found["XX.NULL"]


def test_a_wide_network_and_a_small_one_lose_nobody():
    stations = network(36.0, 138.0)
    stations |= {f"YY.S{n}": s for n, s in enumerate(network(43.0, 143.0).values())}
    assert misplaced(stations) == {}
    assert misplaced(network(0.1, 0.1, 4)) == {}


def test_a_line_is_seen():
    on_line = {
        f"XX.S{n}": Station("XX", f"S{n}", 35.0 + 0.1 * n, 139.0 + 0.05 * n) for n in range(8)
    }
    assert is_line(on_line)
    assert not is_line(network(35.0, 139.0))
