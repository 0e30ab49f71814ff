"""Everything that defines a simulation, and the scenarios that have a name."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from streamstress.earth.velocity import VelocityModel
from streamstress.errors import ConfigError
from streamstress.geometry.rotations import rotated, turn_about_vertical
from streamstress.simulate.faults import regional_stress

Array = NDArray[np.float64]

CRUST = VelocityModel(
    name="simulated-crust",
    depth_km=(0.0, 2.0, 6.0, 16.0, 32.0, 32.0, 60.0),
    vp_km_s=(4.6, 5.5, 5.95, 6.35, 6.8, 7.9, 8.1),
    vs_km_s=(2.6, 3.15, 3.42, 3.66, 3.9, 4.42, 4.5),
)
"""A continental crust of gradients: no head wave inside a small network."""


@dataclass(frozen=True, slots=True)
class Gap:
    """A stretch without data: station ``NET.STA``, seconds after the start, length in seconds."""

    station: str
    start_s: float
    length_s: float


@dataclass(frozen=True, slots=True)
class Scenario:
    """A simulation, complete: with its seed it gives the same bytes each time.

    The stress turns by ``turn_deg`` (clockwise seen from above) about the vertical after
    ``n_before`` events. Events of a burst lie on one fault; ``burst_fraction`` is the share of
    events in bursts. ``site_delay_s`` is the spread of what the ground under a station adds to P
    (1.7 times that to S). Stations are named ``XS.S001`` and on; a reversed one has Z upside down,
    one with a clock error stamps its data that much too late.
    """

    name: str
    seed: int = 1
    start: str = "2025-03-01T00:00:00Z"

    n_stations: int = 30
    extent_km: float = 60.0
    latitude_deg: float = 38.5
    longitude_deg: float = 140.5

    shmax_deg: float = 60.0
    phi: float = 0.5
    regime: str = "strike-slip"
    turn_deg: float = 0.0
    n_before: int = 110
    n_after: int = 70

    mean_spacing_s: float = 22.0
    least_spacing_s: float = 12.0
    lead_s: float = 60.0
    tail_s: float = 60.0

    source_radius_km: float = 16.0
    depth_range_km: tuple[float, float] = (5.0, 13.0)
    magnitude_range: tuple[float, float] = (2.3, 3.5)
    b_value: float = 1.0
    stress_drop_mpa: float = 2.0
    instability_threshold: float = 0.8
    mechanism_scatter_deg: float = 10.0
    burst_fraction: float = 0.0
    burst_size: int = 10
    burst_radius_km: float = 0.5

    velocity: VelocityModel = CRUST
    velocity_error: float = 0.02
    q_s: float = 300.0
    scattering: float = 1.0
    noise_factor: float = 1.0
    site_delay_s: float = 0.03

    reversed_stations: tuple[str, ...] = ()
    clock_error_s: tuple[tuple[str, float], ...] = ()
    gaps: tuple[Gap, ...] = ()

    def __post_init__(self) -> None:
        low, high = self.magnitude_range
        if not (0 <= self.least_spacing_s <= self.mean_spacing_s and low <= high):
            raise ConfigError(
                f"scenario {self.name}: expected 0 <= least_spacing_s <= mean_spacing_s and an "
                f"ascending magnitude_range, got {self.least_spacing_s}, {self.mean_spacing_s}, "
                f"{self.magnitude_range}"
            )

    @property
    def n_events(self) -> int:
        """Events of the whole scenario."""
        return self.n_before + self.n_after

    @property
    def start_ns(self) -> int:
        """Time of the first sample, integer nanoseconds UTC."""
        return int(np.datetime64(self.start.rstrip("Z"), "ns").astype(np.int64))

    def stress_before(self) -> Array:
        """Stress tensor (3, 3) up to the change."""
        return regional_stress(self.shmax_deg, self.phi, self.regime)

    def stress_after(self) -> Array:
        """Stress tensor (3, 3) from the change on."""
        return rotated(self.stress_before(), turn_about_vertical(self.turn_deg))

    def with_seed(self, seed: int) -> "Scenario":
        """Return the same scenario with other chance."""
        return replace(self, seed=seed)


SCENARIOS: dict[str, Scenario] = {
    scenario.name: scenario
    for scenario in (
        Scenario(name="rotation", turn_deg=30.0),
        Scenario(name="steady"),
        Scenario(
            name="smoke",
            n_stations=12,
            extent_km=45.0,
            turn_deg=30.0,
            n_before=4,
            n_after=3,
            mean_spacing_s=21.0,
            lead_s=25.0,
            tail_s=30.0,
        ),
    )
}
"""The scenarios with a name: ``rotation`` (the stress turns by 30 degrees), ``steady`` (it does
not), ``smoke`` (three minutes of a small network)."""


def named_scenario(name: str) -> Scenario:
    """Return a scenario of `SCENARIOS`.

    Raises
    ------
    ConfigError
        The name is unknown.
    """
    if name not in SCENARIOS:
        raise ConfigError(f"scenario {name!r} is unknown; expected one of {', '.join(SCENARIOS)}")
    return SCENARIOS[name]
