"""A small simulated archive, put through all roles once; and hand-made mechanisms."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from topic_recorder import Recorder

from streamstress.config import Settings, load_settings
from streamstress.geometry.planes import auxiliary_plane, strike_dip_rake
from streamstress.geometry.rotations import rotated, rotation_matrix, turn_about_vertical
from streamstress.geometry.tensors import stress_tensor
from streamstress.geometry.tractions import slip_direction
from streamstress.records import Mechanism, MechanismSolution, Progress
from streamstress.simulate.archive import Archive, write_archive
from streamstress.simulate.scenario import named_scenario
from streamstress.simulate.truth import Truth, read_truth
from streamstress.stream.chain import run_archive
from streamstress.stream.role import Incoming, Role
from streamstress.stream.roles import BUILDERS, build_role
from streamstress.wire.codec import encode
from streamstress.wire.topics import MECHANISMS, WAVEFORMS

CONFIG = """\
[network]
stations = "stations.xml"
velocity = "velocity.csv"

[[network.regions]]
name = "smoke"
south_deg = 38.0
north_deg = 39.0
west_deg = 140.0
east_deg = 141.0

[kafka]
waveform_partitions = 1

[picking]
step_s = 10.0
"""
MINUTE_NS = 60_000_000_000


@pytest.fixture(scope="session")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Archive:
    """Three minutes of twelve stations with seven earthquakes."""
    return write_archive(named_scenario("smoke"), tmp_path_factory.mktemp("smoke"))


@pytest.fixture(scope="session")
def truth(archive: Archive) -> Truth:
    return read_truth(archive.truth)


@pytest.fixture(scope="session")
def settings(archive: Archive) -> Settings:
    path = archive.folder / "streamstress.toml"
    path.write_text(CONFIG)
    settings = load_settings(path)
    settings.run_folder.mkdir()
    return settings


@pytest.fixture(scope="session")
def roles(settings: Settings) -> dict[str, Role]:
    """Every role of the configuration; a chain begins each of them anew."""
    return {name: build_role(name, settings) for name in BUILDERS}


@pytest.fixture(scope="session")
def run_smoke(roles: dict[str, Role], archive: Archive) -> Callable[[], Recorder]:
    """Run the archive through all roles and give what was on the topics."""

    def run() -> Recorder:
        for role in roles.values():
            role.forget()
        recorder = Recorder()
        run_archive([*roles.values(), recorder], archive.waveforms)
        return recorder

    return run


@pytest.fixture(scope="session")
def smoke(run_smoke: Callable[[], Recorder]) -> Recorder:
    return run_smoke()


@pytest.fixture
def waveform_messages(smoke: Recorder) -> list[Incoming]:
    return smoke.messages[WAVEFORMS.name]


MECHANISM_ERROR_DEG = 10.0
"""Root mean square turn of a mechanism about a random axis."""


def mechanism_messages(n_events: int, turn_after: int, turn_deg: float) -> list[Incoming]:
    """Mechanisms under a stress that turns, each followed by the progress that passes it."""
    rng = np.random.default_rng(11)
    axes = np.array([[0.0, 1.0, 0.0], [0.0, 0.0, -1.0], [1.0, 0.0, 0.0]])
    before = stress_tensor(axes, 0.5)
    after = rotated(before, turn_about_vertical(turn_deg))
    messages: list[Incoming] = []
    for k in range(n_events):
        mechanism = _mechanism(rng, k, before if k < turn_after else after)
        progress = Progress(source="mechanism", done_until_ns=(k + 2) * MINUTE_NS, sent_ns=0)
        for key, record in ((mechanism.event_id, mechanism), ("~progress", progress)):
            messages.append(
                Incoming(MECHANISMS.name, 0, len(messages), key.encode(), encode(record))
            )
    return messages


def _mechanism(rng: np.random.Generator, k: int, tensor: np.ndarray) -> Mechanism:
    normal = rng.normal(size=3) * np.array([1.0, 1.0, 0.4])
    normal /= np.linalg.norm(normal)
    error = rotation_matrix(rng.normal(size=3), rng.normal(0.0, MECHANISM_ERROR_DEG))
    slip = slip_direction(tensor, normal)
    plane = [float(v) for v in strike_dip_rake(error @ normal, error @ slip)]
    other = [float(v) for v in auxiliary_plane(*plane)]
    solution = MechanismSolution(
        strike_deg=plane[0],
        dip_deg=plane[1],
        rake_deg=plane[2],
        auxiliary_strike_deg=other[0],
        auxiliary_dip_deg=other[1],
        auxiliary_rake_deg=other[2],
        probability=1.0,
        plane_uncertainty_deg=10.0,
        plane_uncertainty_aux_deg=10.0,
    )
    east, north = rng.uniform(-0.2, 0.2, 2)
    return Mechanism(
        event_id=f"e{k:04d}",
        version=2,
        model="hash/test",
        status="final",
        region="smoke",
        grade="A",
        grade_reason="made by hand",
        origin_time_ns=(k + 1) * MINUTE_NS,
        latitude_deg=38.5 + float(north),
        longitude_deg=140.5 + float(east),
        depth_km=float(rng.uniform(4, 12)),
        magnitude=2.0,
        solutions=(solution,),
        misfit=0.05,
        stdr=0.6,
        n_polarity=12,
        n_sp=0,
        azimuth_gap_deg=50.0,
        takeoff_gap_deg=40.0,
        sp_misfit=None,
        sent_ns=0,
    )


@pytest.fixture(scope="session")
def turning_mechanisms() -> list[Incoming]:
    return mechanism_messages(130, 80, 40.0)


@pytest.fixture
def station_file(tmp_path: Path) -> Path:
    """Four stations along a parallel, about 18 km apart."""
    path = tmp_path / "stations.csv"
    lines = [f"XX,S{n},35.5,{133.0 + 0.2 * n:.1f},0" for n in range(4)]
    path.write_text("\n".join(["network,station,latitude,longitude,elevation_m", *lines, ""]))
    return path


@pytest.fixture
def recorder() -> Recorder:
    return Recorder()
