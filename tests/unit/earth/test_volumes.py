"""Three-dimensional models: grids from files, volumes of travel times, and the rays in them."""

from pathlib import Path

import numpy as np
import pytest
from scipy.io import netcdf_file

from streamstress.earth.grid import VelocityGrid, read_grid
from streamstress.earth.paths import Rays, Receivers
from streamstress.earth.projection import LocalFrame
from streamstress.earth.stations import Station
from streamstress.earth.travel_times import travel_time_table
from streamstress.earth.velocity import VelocityModel, read_velocity
from streamstress.earth.volume_times import VolumeTimes, volume_tables
from streamstress.earth.volumes import Nodes, VolumeStore, mean_slownesses
from streamstress.errors import InputFileError

pytest.importorskip("skfmm", reason="scikit-fmm is not installed")

CENTRE = LocalFrame(35.0, 139.0)
MODEL = VelocityModel("gradient", (0.0, 60.0), (5.0, 8.0), (2.9, 4.6))


def grid_of(model: VelocityModel) -> VelocityGrid:
    axis, depth = np.arange(-40.0, 40.5, 2.0), np.arange(0.0, 25.0, 1.0)
    shape = (axis.size, axis.size, depth.size)
    vp, vs = (np.broadcast_to(model.at(phase, depth), shape).copy() for phase in "PS")
    return VelocityGrid("grid", CENTRE, axis, axis, depth, vp, vs)


def station(east: float, north: float, name: str = "A") -> Station:
    latitude, longitude = CENTRE.to_degrees(east, north)
    return Station("XX", name, float(latitude), float(longitude))


def receivers(*stations: Station) -> Receivers:
    x, y = CENTRE.to_km([s.latitude_deg for s in stations], [s.longitude_deg for s in stations])
    height = np.array([s.elevation_m / 1000.0 for s in stations])
    return Receivers(CENTRE, tuple(s.code for s in stations), x, y, height)


def origins(count: int) -> np.ndarray:
    rng = np.random.default_rng(1)
    return rng.uniform([-35, -35, 1.0], [35, 35, 22.0], (count, 3))


def angle_deg(one: Rays, other: Rays) -> np.ndarray:
    """Between the rays of two answers."""
    units = []
    for rays in (one, other):
        azimuth, takeoff = np.radians(rays.azimuth_deg), np.radians(rays.takeoff_deg)
        level = np.sin(takeoff)
        units.append(
            np.stack([level * np.sin(azimuth), level * np.cos(azimuth), np.cos(takeoff)], -1)
        )
    return np.degrees(2 * np.arcsin(np.linalg.norm(units[0] - units[1], axis=-1) / 2))


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> VolumeStore:
    store = VolumeStore(grid_of(MODEL), tmp_path_factory.mktemp("volumes"))
    store.build([station(-20.3, 11.2), station(3.1, -4.4, "B")])
    return store


def test_oblique_gradients_agree_with_their_analytic_times_and_rays():
    """A velocity that grows along a slanted line: arccosh times (Slotnick 1959), circular rays."""
    nodes = Nodes(np.array([-30.0, -30.0, -1.0]), np.ones(3), (61, 61, 24))
    gradient, top, place = np.array([0.012, -0.006, 0.06]), 5.2, np.array([8.3, -15.2, 0.1])
    axes = np.meshgrid(*(nodes.axis(k) for k in range(3)), indexing="ij")
    slowness = 1.0 / (top + sum(gradient[k] * axes[k] for k in range(3)))
    (volume,) = mean_slownesses(nodes, place, [slowness])
    points = np.random.default_rng(0).uniform([-28, -28, 0.5], [28, 28, 21], (2000, 3))

    def times(at: np.ndarray) -> np.ndarray:
        steep = np.linalg.norm(gradient)
        speeds = (top + place @ gradient) * (top + at @ gradient)
        return np.arccosh(1 + steep**2 * ((at - place) ** 2).sum(-1) / (2 * speeds)) / steep

    from streamstress.earth.volume_times import _looked_up

    found = _looked_up(volume, nodes.first, nodes.step, place, points)
    assert np.abs(found[:, 0] - times(points)).max() < 0.02
    step = 1e-4 * np.eye(3)
    exact = np.stack([(times(points + s) - times(points - s)) / 2e-4 for s in step], axis=-1)
    cosine = (exact * found[:, 1:]).sum(-1)
    cosine /= np.linalg.norm(exact, axis=-1) * np.linalg.norm(found[:, 1:], axis=-1)
    angle = np.degrees(np.arccos(np.clip(cosine, -1, 1)))
    assert angle.max() < 0.5


def test_volumes_of_a_layered_earth_agree_with_the_tables(store: VolumeStore):
    stations = (station(-20.3, 11.2), station(3.1, -4.4, "B"))
    for phase in ("P", "S"):
        table = travel_time_table(MODEL, phase, 150, 40)
        volumes = VolumeTimes(store, store.open(stations, phase), table)
        one = volumes.rays_to(receivers(*stations), origins(500))
        other = table.rays_to(receivers(*stations), origins(500))
        assert np.abs(one.time_s - other.time_s).max() < 0.02
        assert np.abs(one.takeoff_deg - other.takeoff_deg).max() < 0.5
        far = other.distance_km > 2.0
        assert angle_deg(one, other)[far].max() < 0.5
        np.testing.assert_allclose(one.slopes, other.slopes, atol=2e-3)


def test_source_and_receiver_may_change_places(store: VolumeStore):
    here, there = station(-20.3, 11.2), station(3.1, -4.4, "B")
    times = volume_tables(store, (here, there), {"P": None, "S": None})["P"]
    x, y = CENTRE.to_km([here.latitude_deg, there.latitude_deg],
                        [here.longitude_deg, there.longitude_deg])  # fmt: skip
    surface = np.stack([x, y, np.zeros(2)], axis=-1)
    one = times.rays_to(receivers(here), surface[1:]).time_s[0, 0]
    other = times.rays_to(receivers(there), surface[:1]).time_s[0, 0]
    assert one == pytest.approx(other, abs=0.01)


def test_what_lies_outside_the_grid_is_left_to_the_tables(store: VolumeStore):
    far, near = station(300.0, 0.0, "C"), station(3.1, -4.4, "B")
    table = travel_time_table(MODEL, "P", 500, 40)
    volumes = VolumeTimes(store, store.open([far, near], "P"), table)
    places = np.array([[0.0, 0.0, 8.0], [60.0, 0.0, 8.0]])
    one = volumes.rays_to(receivers(far, near), places)
    other = table.rays_to(receivers(far, near), places)
    np.testing.assert_array_equal(one.time_s[:, 0], other.time_s[:, 0])
    np.testing.assert_array_equal(one.time_s[1], other.time_s[1])
    assert one.time_s[0, 1] == pytest.approx(other.time_s[0, 1], abs=0.02)


def test_volumes_are_kept_by_what_made_them(store: VolumeStore):
    a = station(-20.3, 11.2)
    file = store.file_of(a, "P")
    before = file.stat().st_mtime_ns
    store.build([a])
    assert file.stat().st_mtime_ns == before, "not computed again"
    moved = station(-20.3, 11.3)
    faster = grid_of(VelocityModel("faster", (0.0, 60.0), (5.1, 8.0), (2.9, 4.6)))
    assert store.file_of(moved, "P") != file
    assert store.file_of(a, "S") != file
    assert VolumeStore(faster, file.parent).file_of(a, "P") != file


def test_grids_are_read_from_csv_and_netcdf_alike(tmp_path: Path):
    longitude, latitude = np.linspace(138.6, 139.4, 9), np.linspace(34.7, 35.3, 7)
    depth = np.linspace(0.0, 20.0, 5)
    vp = np.broadcast_to(5.0 + 0.1 * depth, (9, 7, 5))
    csv = tmp_path / "grid.csv"
    lines = [
        f"{x:.4f},{y:.4f},{z:g},{vp[i, j, k]:.4f}"
        for i, x in enumerate(longitude)
        for j, y in enumerate(latitude)
        for k, z in enumerate(depth)
    ]
    csv.write_text("longitude,latitude,depth_km,vp\n" + "\n".join(lines) + "\n")
    netcdf = tmp_path / "grid.nc"
    with netcdf_file(str(netcdf), "w") as file:
        for name, axis in (("lon", longitude), ("lat", latitude), ("depth", depth)):
            file.createDimension(name, axis.size)
            file.createVariable(name, "f8", (name,))[:] = axis
        # Another order of axes than ours.
        file.createVariable("vp", "f8", ("depth", "lat", "lon"))[:] = vp.transpose(2, 1, 0)
    one, other = read_grid(csv), read_grid(netcdf)
    np.testing.assert_allclose(one.vp_km_s, other.vp_km_s, atol=1e-4)
    assert one.vp_km_s[3, 3, 4] == pytest.approx(7.0)
    assert one.frame.latitude_deg == pytest.approx(35.0)
    csv.write_text("\n".join(["longitude,latitude,depth_km,vp", *lines[:-1]]))
    with pytest.raises(InputFileError, match="full grid"):
        read_grid(csv)
    csv.write_text("longitude,latitude,vp\n1,2,3\n")
    with pytest.raises(InputFileError, match="depth_km"):
        read_grid(csv)


HEADING = "x_km,y_km,depth_km,vp"
NODES = [f"{x},{y},{z},5.5" for x in (0, 2) for y in (0, 2) for z in (0, 2)]


@pytest.mark.parametrize(
    ("nodes", "said"),
    [
        ([*NODES[:-1], NODES[0]], "8 nodes at 7 places"),
        ([*NODES[:-1], "2,2,2,nan"], "vp nan, vs nan at node 2, 2, 2"),
        ([*NODES[:-1], "2,2,2,5500"], "vp 5500"),
        ([*NODES[:-1], "2,2,2"], "cannot be read"),
        ([], "a heading and no node"),
    ],
)
def test_a_wrong_grid_is_refused_with_its_place(tmp_path: Path, nodes: list[str], said: str):
    path = tmp_path / "grid.csv"
    path.write_text("\n".join([HEADING, *nodes]) + "\n")
    with pytest.raises(InputFileError, match=said):
        read_grid(path)


def test_a_grid_whose_velocity_lacks_an_axis_is_refused(tmp_path: Path):
    path = tmp_path / "grid.nc"
    with netcdf_file(str(path), "w") as file:
        for name in ("x", "y", "depth"):
            file.createDimension(name, 3)
            file.createVariable(name, "f8", (name,))[:] = 2.0 * np.arange(3)
        file.createVariable("vp", "f8", ("x", "y"))[:] = np.full((3, 3), 5.0)
    with pytest.raises(InputFileError, match="vp has axes"):
        read_grid(path)


def test_among_lumps_the_eikonal_equation_holds_and_ends_may_change_places():
    """The time's gradient is the slowness (eikonal), whatever the way of marching and summing."""
    nodes = Nodes(np.array([-12.0, -12.0, 0.0]), np.ones(3), (25, 25, 15))
    rng = np.random.default_rng(2)
    middles = rng.uniform([-10, -10, 1], [10, 10, 13], (6, 3))
    signs = np.array([1, -1, 1, -1, 1, -1])

    def slowness(at: np.ndarray) -> np.ndarray:
        lumps = np.exp(-((at[..., None, :] - middles) ** 2).sum(-1) / 36.0) @ signs
        return 1.0 / ((5.2 + 0.06 * at[..., 2]) * (1 + 0.09 * lumps))

    from streamstress.earth.volume_times import _looked_up

    axes = np.stack(np.meshgrid(*(nodes.axis(k) for k in range(3)), indexing="ij"), axis=-1)
    ends = np.array([[-6.3, 4.2, 2.4], [5.1, -7.4, 9.2]])
    points = np.vstack([ends, rng.uniform([-10, -10, 2], [10, 10, 12], (400, 3))])
    found = []
    for place in ends:
        (volume,) = mean_slownesses(nodes, place, [slowness(axes)])
        found.append(_looked_up(volume, nodes.first, nodes.step, place, points))
        far = np.linalg.norm(points - place, axis=-1) > 3.0
        size = np.linalg.norm(found[-1][far, 1:], axis=-1)
        off = np.abs(size / slowness(points[far]) - 1.0)
        assert np.median(off) < 0.002
        assert off.max() < 0.02
    assert found[0][1, 0] == pytest.approx(found[1][0, 0], abs=0.004)


@pytest.mark.parametrize("content", [b"CDF\x01\xff", b"\x89HDF\r\n\x1a\n\xff", HEADING.encode()])
def test_a_grid_given_as_a_1d_model_is_named_as_one(tmp_path: Path, content: bytes):
    path = tmp_path / "model"
    path.write_bytes(content)
    with pytest.raises(InputFileError, match="3-D grid; expected a 1-D model"):
        read_velocity(path)


def test_behind_a_jump_between_nodes_times_and_direct_rays_hold(tmp_path: Path):
    """The jump stands at its node, not between (32 km are 32.08 flattened); head waves beneath."""
    depth, axis = np.arange(0.0, 37.0, 1.0), np.arange(-40.0, 40.5, 4.0)
    vp = np.where(depth < 32.0, 6.5, 8.0)
    model = VelocityModel("jump", tuple(depth), tuple(vp), tuple(vp / 1.732))
    shape = (axis.size, axis.size, depth.size)
    grids = [np.broadcast_to(values, shape).copy() for values in (vp, vp / 1.732)]
    grid = VelocityGrid("grid", CENTRE, axis, axis, depth, *grids)
    here = station(-36.0, -33.0)
    store = VolumeStore(grid, tmp_path)
    store.build([here])
    table = travel_time_table(model, "P", 150, 40)
    places = np.random.default_rng(4).uniform([-35, -35, 1.0], [38, 38, 35.5], (400, 3))
    one = VolumeTimes(store, store.open([here], "P"), table).rays_to(receivers(here), places)
    other = table.rays_to(receivers(here), places)
    late = np.abs(one.time_s - other.time_s)
    assert np.percentile(late, 95) < 0.02
    assert late.max() < 0.1
    shallow = (places[:, 2] < 25.0) & (other.takeoff_deg[:, 0] > 90.0)
    assert np.percentile(np.abs(one.takeoff_deg - other.takeoff_deg)[shallow], 95) < 0.5
