"""The live stress of a region with a grid of nodes."""

import json
from pathlib import Path

import msgspec
import numpy as np
import pytest
from synthetic_mechanisms import mechanisms, strike_slip_stress

from streamstress.cli.invert import run_invert
from streamstress.cli.invert_options import InvertOptions
from streamstress.config import Settings
from streamstress.config.places import Region
from streamstress.errors import ConfigError
from streamstress.records import Mechanism, StressEstimate
from streamstress.stream.agents.stress import StressRole
from streamstress.stream.cell_field import region_grid
from streamstress.stream.event_window import WindowLimits
from streamstress.stream.final_field import FieldLimits
from streamstress.stream.places import Places, places_of
from streamstress.stream.role import Incoming
from streamstress.wire.codec import encode

EVERY = 20
FIELDS = FieldLimits(WindowLimits(200), 5, EVERY, "ABC", 0.6, 100)


@pytest.fixture(scope="module")
def gridded(settings: Settings) -> Places:
    places = places_of(settings)
    region = places.regions[0].model_copy(update={"grid_deg": 0.5})
    return Places(places.stations, places.zones, places.zone_stations, (region,))


@pytest.fixture(scope="module")
def spread(turning_mechanisms: list[Incoming]) -> list[Incoming]:
    """120 mechanisms, each followed by progress, in the south-west and north-east of the region."""
    rng = np.random.default_rng(8)
    drawn = mechanisms(strike_slip_stress(30.0), 120, rng)
    messages: list[Incoming] = []
    for k, (strike, dip, rake) in enumerate(drawn.tolist()):
        record = turning_mechanisms[2 * k].record()
        assert isinstance(record, Mechanism)
        solution = msgspec.structs.replace(
            record.solutions[0], strike_deg=strike, dip_deg=dip, rake_deg=rake
        )
        corner = np.array([38.1, 140.1] if k % 2 else [38.9, 140.9])
        place = (corner + rng.uniform(-0.1, 0.1, size=2)).tolist()
        moved = msgspec.structs.replace(
            record, solutions=[solution], latitude_deg=place[0], longitude_deg=place[1]
        )
        for value in (encode(moved), turning_mechanisms[2 * k + 1].value):
            messages.append(Incoming("mechanisms", 0, len(messages), b"", value))
    return messages


def sent_by(places: Places, messages: list[Incoming], absorbed: int = 0) -> list[StressEstimate]:
    role = StressRole(places, "ABC", WindowLimits(60), 20, 100, 0.6, FIELDS)
    role.restore(messages[0].topic, 0, None)
    for message in messages[:absorbed]:
        role.absorb(message, message.record())
    sent = [out for m in messages[absorbed:] for out in role.process(m, m.record())]
    found = [out.record for out in sent]
    assert all(out.key == out.record.cell for out in sent if isinstance(out.record, StressEstimate))
    return [record for record in found if isinstance(record, StressEstimate)]


def test_a_region_with_a_grid_tells_its_nodes_beside_itself(
    gridded: Places, spread: list[Incoming]
):
    sent = sent_by(gridded, spread)
    cells = {one.cell for one in sent}
    assert cells == {"smoke", "smoke/38.000,140.000", "smoke/39.000,141.000"}
    last = {one.cell: one for one in sent}
    for cell in cells - {"smoke"}:
        low, high = last[cell].shmax_interval95_deg
        assert (30.0 - low) % 180.0 <= high - low
        assert last[cell].region == "smoke"
        assert last[cell].n_events == 60


def test_nodes_are_published_once_in_so_many_changes(gridded: Places, spread: list[Incoming]):
    sent = sent_by(gridded, spread)
    of_node = [one.version for one in sent if one.cell == "smoke/38.000,140.000"]
    assert 2 <= len(of_node) <= 120 / EVERY
    assert len([one for one in sent if one.cell == "smoke"]) > 5 * len(of_node)


def test_final_estimates_are_those_of_invert_on_the_same_events(
    gridded: Places, spread: list[Incoming], tmp_path: Path
):
    role = StressRole(gridded, "ABC", WindowLimits(60), 20, 100, 0.6, FIELDS)
    role.restore(spread[0].topic, 0, None)
    provisional = [out.record for m in spread for out in role.process(m, m.record())]
    final = {out.key: out.record for out in role.deferred["smoke"]()}
    published = max(one.version for one in provisional if "provisional" in one.method)
    assert {one.version for one in final.values()} == {published + 1}

    table, out = tmp_path / "mechanisms.csv", tmp_path / "field.json"
    table.write_text(csv_of(spread[: published // 2]))
    run_invert(table, out, InvertOptions(grid="0.5", resamplings=FIELDS.resamplings))
    nodes = [one for one in json.loads(out.read_text())["nodes"] if one["status"] == "ok"]
    assert len(nodes) == len(final) == 2
    for node in nodes:
        live = final[f"smoke/{node['latitude']:.3f},{node['longitude']:.3f}"]
        assert live.n_events == node["n_events"]
        assert live.shmax_deg == pytest.approx(node["shmax_deg"], abs=1e-6)
        assert live.shmax_interval95_deg == pytest.approx(node["shmax_interval95_deg"], abs=1e-6)
        assert live.s1.cone95_deg == pytest.approx(node["s1"]["cone95_deg"], abs=1e-6)
        assert live.phi_interval95 == pytest.approx(node["phi_interval95"], abs=1e-6)
        assert live.wsm_quality == node["wsm_quality"]


def csv_of(messages: list[Incoming]) -> str:
    lines = ["event_id,time,latitude,longitude,depth_km,strike,dip,rake,grade"]
    for record in (message.record() for message in messages):
        if isinstance(record, Mechanism):
            one, time = record.solutions[0], np.datetime64(record.origin_time_ns, "ns")
            place = [record.latitude_deg, record.longitude_deg, record.depth_km]
            values = [*place, one.strike_deg, one.dip_deg, one.rake_deg]
            cells = [record.event_id, f"{time}Z", *map(repr, map(float, values)), record.grade]
            lines.append(",".join(cells))
    return "\n".join(lines) + "\n"


def test_after_a_restart_the_nodes_are_told_of_the_same_events(
    gridded: Places, spread: list[Incoming]
):
    whole, again = sent_by(gridded, spread), sent_by(gridded, spread, absorbed=200)
    last = {one.cell: one for one in whole}
    for one in again:
        assert one.n_events <= last[one.cell].n_events
    assert {one.cell for one in again} == set(last)


def test_a_region_without_a_grid_is_one_cell(settings: Settings, spread: list[Incoming]):
    assert {one.cell for one in sent_by(places_of(settings), spread)} == {"smoke"}


def test_a_region_across_the_date_line_has_its_nodes_on_both_sides():
    region = Region(name="x", south_deg=50, north_deg=52, west_deg=179, east_deg=182, grid_deg=1)
    grid = region_grid(region, 1.0)
    assert grid.nodes.size == 12
    assert grid.nodes.coordinates[:, 1].max() == 182.0


def test_a_grid_of_too_many_nodes_is_refused_with_its_region():
    region = Region(name="wide", south_deg=30, north_deg=40, west_deg=130, east_deg=140)
    with pytest.raises(ConfigError, match="wide has 101 x 101 nodes"):
        region_grid(region, 0.1)
