"""The configuration of a demo: what a user would write for this archive."""

import math
from pathlib import Path

from streamstress.earth.projection import KM_PER_DEGREE
from streamstress.earth.stations import read_stations
from streamstress.simulate.archive import Archive
from streamstress.simulate.scenario import Scenario

FALSE_ALARMS_PER_1E4 = 10.0
"""The demo's setting: it has few events, so a bolder threshold than the default of 1."""

LEARN_SHARE = 0.85
"""Learned share of the events before the change; some of them get no grade A to C."""

LEAST_LEARNED = 40

MARGIN_KM = 15.0
"""The region reaches this far beyond the outermost stations."""

TEMPLATE = """\
# Written by 'streamstress demo'; 'streamstress up -c' takes a file like this one.
run_folder = "run"
seed = {seed}

[clock]
replay = "replay-clock.json"

[network]
stations = "{stations}"
velocity = "{velocity}"

[[network.regions]]
name = "{name}"
south_deg = {south:.3f}
north_deg = {north:.3f}
west_deg = {west:.3f}
east_deg = {east:.3f}

[kafka]
embedded_port = {kafka_port}
waveform_partitions = 1
zone_partitions = 1
region_partitions = 1

[ingest]
port = {seedlink_port}
from_earliest = true
heartbeat_s = 10.0
# Wall seconds of delay are {speed:g} times as many seconds of data here.
future_tolerance_s = {future_s:g}

[picking]
picker = "demo"
step_s = 10.0
max_wait_s = {wait_s:g}
silent_after_s = {wait_s:g}

[stress]
window_events = 60
min_events = 20

[change]
learn_events = {learn}
false_alarms_per_1e4 = {false_alarms:g}

[web]
port = {web_port}

[metrics]
base_port = {metrics_port}
"""


def write_config(
    path: Path,
    archive: Archive,
    *,
    name: str,
    seed: int,
    speed: float,
    scenario: Scenario,
    ports: dict[str, int],
) -> Path:
    """Write the configuration of a run over an archive.

    Parameters
    ----------
    ports
        ``kafka_port``, ``seedlink_port``, ``web_port``, ``metrics_port``.
    """
    stations = read_stations(archive.stations).values()
    latitudes = [station.latitude_deg for station in stations]
    longitudes = [station.longitude_deg for station in stations]
    north_south_deg = MARGIN_KM / KM_PER_DEGREE
    east_west_deg = north_south_deg / math.cos(math.radians(max(map(abs, latitudes))))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        TEMPLATE.format(
            seed=seed,
            stations=archive.stations.resolve(),
            velocity=archive.velocity.resolve(),
            name=name,
            south=min(latitudes) - north_south_deg,
            north=max(latitudes) + north_south_deg,
            west=min(longitudes) - east_west_deg,
            east=max(longitudes) + east_west_deg,
            speed=speed,
            future_s=max(10.0, speed),
            wait_s=max(60.0, 20.0 * speed),
            learn=max(LEAST_LEARNED, round(LEARN_SHARE * scenario.n_before)),
            false_alarms=FALSE_ALARMS_PER_1E4,
            **ports,
        )
    )
    return path
