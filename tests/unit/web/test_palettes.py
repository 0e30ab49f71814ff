"""Colours that mean something are told apart by people who see red and green alike."""

import itertools

import numpy as np
import pytest

from streamstress.outputs.map_columns import GRADE_COLOURS, REGIME_COLOURS
from streamstress.web.map_data import STATION_COLOURS, STATION_MARKS

SEEN_AS = {
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216],
                   [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413],
                     [-0.011820, 0.042940, 0.968881]],
}  # fmt: skip
"""Machado, Oliveira & Fernandes 2009 (IEEE TVCG 15, 1291), severity 1, of linear RGB."""

LEAST_DISTANCE = 12.0
"""CIE 1976 colour difference; about 2 is just seen side by side."""


def lab(colour: str, matrix: np.ndarray) -> np.ndarray:
    part = np.array([int(colour[k : k + 2], 16) for k in (1, 3, 5)]) / 255
    linear = np.where(part <= 0.04045, part / 12.92, ((part + 0.055) / 1.055) ** 2.4)
    seen = np.clip(matrix @ linear, 0, 1)
    to_xyz = [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
    xyz = np.array(to_xyz) @ seen / np.array([0.9505, 1.0, 1.089])
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


@pytest.mark.parametrize("sight", SEEN_AS)
@pytest.mark.parametrize("palette", [REGIME_COLOURS, GRADE_COLOURS])
def test_colours_stay_apart(palette: dict[str, str], sight: str):
    matrix = np.array(SEEN_AS[sight])
    for one, other in itertools.combinations(palette, 2):
        apart = np.linalg.norm(lab(palette[one], matrix) - lab(palette[other], matrix))
        assert apart > LEAST_DISTANCE, (one, other, apart)


def test_grades_hold_in_grey():
    lightness = [lab(colour, np.eye(3))[0] for colour in GRADE_COLOURS.values()]
    assert lightness == sorted(lightness)
    assert min(np.diff(lightness)) > LEAST_DISTANCE


def test_the_health_of_a_station_does_not_hang_on_colour_alone():
    told = [state for state in STATION_MARKS if state != "unknown"]
    assert len({STATION_MARKS[state] for state in told}) == len(told)
    assert set(STATION_MARKS) == set(STATION_COLOURS)
