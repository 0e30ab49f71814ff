"""HASH v1.2, example 1: the acceptable mechanisms, plane by plane.

HASH draws its perturbations from a generator of its own, so its trials can be drawn again. Then
grid and accept rule must give HASH's own acceptable set, of which example1.out2 lists 300 planes
an event.
"""

import gzip
from dataclasses import replace
from pathlib import Path

import numpy as np
from northridge import DATA, events_of_example1, needs_data

from streamstress.geometry.tensors import double_couple, double_couple_of
from streamstress.mechanism import MechanismSettings, PolarityData
from streamstress.mechanism.grid import mechanism_grid
from streamstress.mechanism.inputs import usable_readings
from streamstress.mechanism.readers.events import PickedEvent
from streamstress.mechanism.search import search
from streamstress.mechanism.traced_rays import polarity_data


class HashNormal:
    """Normal numbers of HASH: twelve uniform ones of a linear congruential generator."""

    def __init__(self) -> None:
        self.state = 314159

    def draw(self, n: int) -> np.ndarray:
        numbers = np.empty((n, 12))
        for number in np.nditer(numbers, op_flags=["writeonly"]):
            self.state = (2311 * self.state + 25367) % 120050
            number[...] = self.state / 120050.0
        return numbers.sum(axis=1) - 6.0


def with_trials_of_hash(data: PolarityData, normal: HashNormal, n_trials: int) -> PolarityData:
    n = len(data.azimuth_deg)
    shift = np.zeros((n_trials, n, 2))
    shift[1:] = normal.draw(n * (n_trials - 1) * 2).reshape(n, n_trials - 1, 2).swapaxes(0, 1)
    # HASH counts take-off from up, so its perturbation has the other sign here.
    return replace(
        data,
        trial_azimuth_deg=data.azimuth_deg + shift[..., 0] * data.azimuth_sigma_deg,
        trial_takeoff_deg=data.takeoff_deg - shift[..., 1] * data.takeoff_sigma_deg,
    )


def as_hash_reads(event: PickedEvent) -> PickedEvent:
    """The event with the picks that its file has twice, in the order of the file."""
    of_station = {pick.station: pick for pick in event.picks}
    twice = [
        replace(of_station[entry.station], line_number=entry.line_number)
        for entry in event.set_aside
        if entry.reason == "duplicate-pick"
    ]
    return replace(event, picks=tuple(sorted([*event.picks, *twice], key=lambda p: p.line_number)))


def planes_of_hash(path: Path) -> dict[str, np.ndarray]:
    planes: dict[str, list[list[float]]] = {}
    with gzip.open(path, "rt") as lines:
        for line in lines:
            words = line.split()
            if len(words) > 12:
                rows = planes.setdefault(words[14], [])
            else:
                rows.append([float(word) for word in words[:3]])
    return {event_id: np.array(rows) for event_id, rows in planes.items()}


def test_every_plane_that_hash_accepts_is_accepted():
    needs_data()
    grid, settings, normal = mechanism_grid(), MechanismSettings(), HashNormal()
    tensors = double_couple_of(grid.normal.T, grid.slip.T).reshape(grid.n_nodes, 9)
    expected = planes_of_hash(DATA / "example1.out2.gz")
    n_accepted, n_expected = 0, 0
    for event_id, event in events_of_example1().items():
        polarities = polarity_data(as_hash_reads(event), None, 30, np.random.default_rng(0))
        data = with_trials_of_hash(polarities, normal, settings.n_trials)
        readings = usable_readings(data)
        nodes = search(readings, grid, settings, np.random.default_rng(0)).nodes
        wanted = double_couple(*expected[event_id].T).reshape(-1, 9)
        # The same double couple is on the grid twice where its plane is vertical.
        likeness = wanted @ tensors[nodes].T
        n_accepted += int((likeness.max(axis=1) > 0.99999).sum())
        n_expected += len(wanted)
    assert n_expected == 7200
    assert n_accepted >= 7195
