"""A change agent, and mechanisms of a stress that turns."""

import numpy as np
from synthetic_mechanisms import mechanisms, strike_slip_stress, turned

from streamstress.change import ChangeSettings
from streamstress.config.places import Region
from streamstress.geometry.planes import auxiliary_plane
from streamstress.records import Control, Mechanism, MechanismSolution, Progress, StressChange
from streamstress.stream.agents.change import ChangeRole
from streamstress.stream.places import Places
from streamstress.stream.role import Incoming
from streamstress.wire.topics import CONTROLS, MECHANISMS

HOUR_NS = 3600 * 10**9
LEARN, TURNED_AFTER, COUNT = 80, 100, 160
SETTINGS = ChangeSettings(learn=LEARN, false_alarms_per_1e4=10.0, resamplings=100)
BOX = Region(name="here", south_deg=34.0, north_deg=36.0, west_deg=139.0, east_deg=141.0)


def solved() -> list[Mechanism]:
    """Final mechanisms of a stress that turns by 40 degrees."""
    rng = np.random.default_rng(5)
    stress = strike_slip_stress(30.0)
    angles = np.concatenate(
        [
            mechanisms(stress, TURNED_AFTER, rng),
            mechanisms(turned(stress, 40.0), COUNT - TURNED_AFTER, rng),
        ]
    )
    return [mechanism(k, *angle) for k, angle in enumerate(angles.tolist())]


def mechanism(number: int, *plane: float) -> Mechanism:
    other = [float(angle) for angle in auxiliary_plane(*plane)]
    solution = MechanismSolution(
        strike_deg=plane[0], dip_deg=plane[1], rake_deg=plane[2], auxiliary_strike_deg=other[0],
        auxiliary_dip_deg=other[1], auxiliary_rake_deg=other[2], probability=1.0,
        plane_uncertainty_deg=15.0, plane_uncertainty_aux_deg=15.0,
    )  # fmt: skip
    return Mechanism(
        event_id=f"e{number:04d}", version=1, model="hash/net/crust", status="final",
        region="here", grade="B", grade_reason="", origin_time_ns=(number + 1) * HOUR_NS,
        latitude_deg=35.0, longitude_deg=140.0, depth_km=8.0, magnitude=2.0,
        solutions=(solution,), misfit=0.1, stdr=None, n_polarity=14, n_sp=0,
        azimuth_gap_deg=None, takeoff_gap_deg=None, sp_misfit=None, sent_ns=0,
    )  # fmt: skip


class Agent:
    """A role and the offsets of its two topics."""

    def __init__(self, cells_deg: float | None = None) -> None:
        self.role = ChangeRole(Places({}, (), {}, (BOX,)), SETTINGS, "ABC", cells_deg)
        self.role.restore(MECHANISMS.name, 0, None)
        self.offset = 0

    def hears(self, control: Control) -> None:
        self.role.absorb(Incoming(CONTROLS.name, 0, self.offset, b"", b""), control)
        self.offset += 1

    def gets(self, *records: Mechanism) -> list[StressChange]:
        """What is told of mechanisms, progress after each."""
        told = []
        for record in records:
            progress = Progress(
                source="mechanism", done_until_ns=record.origin_time_ns + 1, sent_ns=0
            )
            for one in (record, progress):
                message = Incoming(MECHANISMS.name, 0, self.offset, b"", b"")
                told += [out.record for out in self.role.process(message, one)]
                self.offset += 1
        return told


def states(told: list[StressChange]) -> list[str]:
    return [change.state for change in told]
