"""``watch`` writes what the live agent tells, and says it to people and to programs."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import msgspec
import numpy as np
import pytest
from synthetic_mechanisms import mechanisms, strike_slip_stress, turned
from typer.testing import CliRunner

from streamstress.change import ChangeSettings
from streamstress.cli.app import app
from streamstress.cli.catalogue_events import catalogue_events
from streamstress.config.places import Region
from streamstress.errors import ConfigError
from streamstress.geometry.planes import auxiliary_plane
from streamstress.outputs.alarm_lines import LINE_KEYS, alarm_line
from streamstress.outputs.exchange.mechanism_rows import rows_of_records
from streamstress.outputs.mechanisms_csv import MechanismLine, read_mechanisms, write_mechanisms
from streamstress.records import Mechanism, MechanismSolution, Progress, StressChange
from streamstress.stream.agents.change import ChangeRole
from streamstress.stream.places import Places
from streamstress.stream.role import Incoming
from streamstress.wire.codec import decode, encode
from streamstress.wire.topics import MECHANISMS

HOUR_NS = 3600 * 10**9
START_NS = 1_600_000_000 * 10**9
LEARN, PER_1E4 = 80, 10.0


def catalogue(count: int = 170, turn_after: int = 110) -> list[MechanismLine]:
    """Events under a stress that turns by 35 degrees; every tenth has two solutions."""
    rng = np.random.default_rng(5)
    stress = strike_slip_stress(175.0)
    angles = np.concatenate(
        [
            mechanisms(stress, turn_after, rng),
            mechanisms(turned(stress, 35.0), count - turn_after, rng),
        ]
    )
    rows = []
    for k, (strike, dip, rake) in enumerate(angles.tolist()):
        row = MechanismLine(
            0, f"e{k:04d}", START_NS + k * HOUR_NS, 35.0 + rng.uniform(-0.2, 0.2), 140.0, 8.0, 2.0,
            strike, dip, rake, "ABC"[k % 3], 15.0, 1.0,
            {"n_polarity": str(12 + k % 5), "misfit": "0.125", "model": "test"},
        )  # fmt: skip
        if k % 10:
            rows.append(row)
        else:
            rows += [replace(row, probability=0.7)]
            rows += [replace(row, strike_deg=(strike + 25.0) % 360.0, probability=0.3)]
    return rows


def mechanism_of(rows: Sequence[MechanismLine]) -> Mechanism:
    """The record that the live agent would get."""
    first = rows[0]
    return Mechanism(
        event_id=first.event_id, version=1, model=first.extra["model"], status="final",
        region="here", grade=first.grade, grade_reason="", origin_time_ns=first.time_ns,
        latitude_deg=first.latitude_deg, longitude_deg=first.longitude_deg,
        depth_km=first.depth_km, magnitude=first.magnitude,
        solutions=tuple(solution_of(row) for row in rows), misfit=float(first.extra["misfit"]),
        stdr=None, n_polarity=int(first.extra["n_polarity"]), n_sp=0,
        azimuth_gap_deg=None, takeoff_gap_deg=None, sp_misfit=None, sent_ns=0,
    )  # fmt: skip


def test_an_export_of_the_store_tells_the_watch_stations_picker_and_model(tmp_path: Path):
    solved = msgspec.structs.replace(
        mechanism_of(catalogue()[:2]), model="hash/net/crust", picker="picker 2",
        stations=("XX.A", "XX.B"), stations_against=("XX.B",), flagged_backfill=True,
    )  # fmt: skip
    file = tmp_path / "export.csv"
    write_mechanisms(file, rows_of_records([solved]))
    (event,) = catalogue_events(read_mechanisms(file), "ABC").events
    assert (event.model, event.picker) == ("hash/net/crust", "picker 2")
    assert (event.stations, event.stations_against) == (("XX.A", "XX.B"), ("XX.B",))
    assert event.backfilled
    assert event.n_polarity == solved.n_polarity


def solution_of(row: MechanismLine) -> MechanismSolution:
    plane = (row.strike_deg, row.dip_deg, row.rake_deg)
    other = [float(angle) for angle in auxiliary_plane(*plane)]
    return MechanismSolution(
        strike_deg=plane[0], dip_deg=plane[1], rake_deg=plane[2], auxiliary_strike_deg=other[0],
        auxiliary_dip_deg=other[1], auxiliary_rake_deg=other[2], probability=row.probability,
        plane_uncertainty_deg=15.0, plane_uncertainty_aux_deg=15.0,
    )  # fmt: skip


def live(
    rows: Sequence[MechanismLine], shuffled: bool, cells_deg: float | None = None
) -> list[StressChange]:
    """What the agent tells of the same events, progress after every 7th."""
    box = Region(name="here", south_deg=34.0, north_deg=37.0, west_deg=139.0, east_deg=141.0)
    settings = ChangeSettings(learn=LEARN, false_alarms_per_1e4=PER_1E4, seed=0)
    role = ChangeRole(Places({}, (), {}, (box,)), settings, "ABC", cells_deg)
    role.restore(MECHANISMS.name, 0, None)
    by_event: dict[str, list[MechanismLine]] = {}
    for row in rows:
        by_event.setdefault(row.event_id, []).append(row)
    records = [mechanism_of(solutions) for solutions in by_event.values()]
    told: list[StressChange] = []
    for block in (records[k : k + 7] for k in range(0, len(records), 7)):
        until_ns = max(record.origin_time_ns for record in block) + 1
        progress = Progress(source="mechanism", done_until_ns=until_ns, sent_ns=0)
        for record in (*(block[::-1] if shuffled else block), progress):
            message = Incoming(MECHANISMS.name, 0, len(told), b"", encode(record))
            told += [decode(encode(out.record)) for out in role.process(message, record)]
    return told


@pytest.fixture(scope="module")
def rows() -> list[MechanismLine]:
    return catalogue()


@pytest.fixture(scope="module")
def file(rows: list[MechanismLine], tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("watch") / "mechanisms.csv"
    write_mechanisms(path, rows)
    return path


def watch(file: Path, *options: str) -> tuple[list[dict[str, object]], str]:
    out = file.with_suffix(".jsonl")
    fixed = ["--learn", str(LEARN), "--false-alarms", str(PER_1E4), "--region", "here"]
    result = CliRunner().invoke(app, ["watch", str(file), "-o", str(out), *fixed, *options])
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in out.read_text().splitlines()], result.output


@pytest.mark.parametrize("shuffled", [False, True])
def test_the_lines_are_those_of_the_live_agent(
    file: Path, rows: list[MechanismLine], shuffled: bool
):
    lines, _ = watch(file)
    told = [json.loads(json.dumps(alarm_line(change))) for change in live(rows, shuffled)]
    # of the stations only the live agent knows, from the operators' controls
    assert {line["guards"].pop("stations") for line in told} == {"pass: no station seems reversed"}
    assert lines == told
    assert "open" in [line["state"] for line in lines]


def test_the_lines_of_joined_cells_are_those_of_the_live_agent(
    rows: list[MechanismLine], tmp_path: Path
):
    """A sparse cell of like stress joins the one that turns; a full one stays by itself."""
    beside = [
        replace(row, event_id=f"n{row.event_id}", latitude_deg=36.5) for row in catalogue(170, 170)
    ]
    few = [replace(row, event_id=f"f{row.event_id}", latitude_deg=34.5) for row in rows[::12]]
    mixed = [*(replace(row, latitude_deg=35.5) for row in rows), *beside, *few]
    mixed.sort(key=lambda row: (row.time_ns or 0, row.event_id))
    path = tmp_path / "cells.csv"
    write_mechanisms(path, mixed)
    lines, _ = watch(path, "--cells", "1")
    told = [
        json.loads(json.dumps(alarm_line(change))) for change in live(mixed, True, cells_deg=1.0)
    ]
    assert {line["guards"].pop("stations") for line in told} == {"pass: no station seems reversed"}
    order = [(line["time"], line["event_id"], line["state"]) for line in lines]
    assert order == sorted(order, key=lambda place: place[0])
    assert sorted(lines, key=json.dumps) == sorted(told, key=json.dumps)
    assert {line["region"] for line in lines if line["state"] == "open"} == {"here/35.50N 140.50E"}


def test_every_line_has_the_keys_that_are_promised_in_order(file: Path):
    lines, _ = watch(file)
    assert lines
    for line in lines:
        assert tuple(line)[: len(LINE_KEYS)] == LINE_KEYS
        assert line["region"] == "here"
        assert set(line["s1_before"]) == {"azimuth_deg", "plunge_deg", "cone95_deg"}
        assert line["onset_time"] <= line["time"]
        assert line["time"].endswith("Z")


def test_rows_in_another_order_give_the_same_lines(
    file: Path, rows: list[MechanismLine], tmp_path: Path
):
    order = np.random.default_rng(0).permutation(len(rows))
    other = tmp_path / "shuffled.csv"
    write_mechanisms(other, [rows[k] for k in order])
    assert watch(other)[0] == watch(file)[0]


def test_the_alarm_is_told_in_words_and_as_json(file: Path):
    lines, text = watch(file)
    words = " ".join(text.split())
    assert "open" in words
    assert "clockwise" in words
    assert "does not mean" in words
    told = json.loads(watch(file, "--json")[1])
    assert told["lines"] == lines
    assert told["n_events"] == 170
    assert told["n_alarms"] >= 1


def test_grades_not_wanted_and_rows_without_time_are_counted(
    file: Path, rows: list[MechanismLine], tmp_path: Path
):
    poor = replace(rows[1], event_id="poor", grade="D")
    unknown = replace(rows[1], event_id="unknown", grade=None, time_ns=rows[1].time_ns + 1)
    timeless = replace(rows[1], event_id="timeless", time_ns=None)
    path = tmp_path / "more.csv"
    write_mechanisms(path, [*rows, poor, unknown, timeless])
    told = json.loads(watch(path, "--json")[1])
    assert told["n_events"] == 171
    assert told["set_aside"] == {"grade D": 1, "no time": 1}


def test_a_figure_is_written_as_its_suffix_says(file: Path, tmp_path: Path):
    timeline = tmp_path / "timeline.csv"
    timeline.write_text(
        "time,end,label,value\n2020-09-14,2020-09-15,drilling,\n2020-09-16,,M 4,\n"
        "2020-09-14,,rate,1\n2020-09-17,,rate,3\n"
    )
    for name, start in (("f.png", b"\x89PNG"), ("f.pdf", b"%PDF"), ("f.svg", b"<?xml")):
        path = tmp_path / name
        watch(file, "--plot", str(path), "--timeline", str(timeline))
        assert path.read_bytes().startswith(start)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--learn", "500"], "--learn 500"),
        (["--false-alarms-per-year", "1", "--false-alarms", "1"], "not both"),
        (["--plot", "figure.bmp"], ".png, .pdf, .svg"),
        (["--plot", "no-such-folder/figure.png"], "no-such-folder"),
        (["--timeline", "no-such-file.csv"], "no-such-file.csv"),
    ],
)
def test_what_cannot_be_done_is_said_before_the_work(
    file: Path, tmp_path: Path, options: list[str], sentence: str
):
    out = tmp_path / "none.jsonl"
    result = CliRunner().invoke(app, ["watch", str(file), "-o", str(out), *options])
    assert result.exit_code != 0
    assert sentence in str(result.exception)
    assert not out.exists()


def test_a_yearly_rate_is_one_by_events_at_the_learned_pace(file: Path):
    from streamstress.cli.catalogue_events import catalogue_events
    from streamstress.cli.watch import WatchOptions, settings_of
    from streamstress.outputs.mechanisms_csv import read_mechanisms

    events = catalogue_events(read_mechanisms(file), "ABC").events
    yearly = WatchOptions(learn=LEARN, false_alarms_per_year=8.766)
    per_1e4 = settings_of(events, yearly, file).false_alarms_per_1e4
    # one event an hour, 8766 hours in a year: 8766 events
    assert per_1e4 == pytest.approx(10.0, rel=0.02)
    with pytest.raises(ConfigError, match="in 10,000 events at the rate of the learned ones"):
        settings_of(events, replace(yearly, false_alarms_per_year=1e-6), file)


def test_cells_are_watched_apart_and_drawn_by_name(rows: list[MechanismLine], tmp_path: Path):
    steady = [
        replace(row, event_id=f"n{row.event_id}", latitude_deg=36.5) for row in catalogue(170, 170)
    ]
    lost = replace(rows[0], event_id="lost", latitude_deg=None)
    path = tmp_path / "cells.csv"
    here = [replace(row, latitude_deg=35.5) for row in rows]
    write_mechanisms(path, [*here, *steady, lost])
    options = ("--cells", "1", "--plot", str(tmp_path / "f.png"), "--json")
    lines, text = watch(path, *options)
    assert {line["region"] for line in lines if line["state"] == "open"} == {"here/35.50N 140.50E"}
    assert lines[0]["guards"]["neighbouring cells"].startswith("untested: none of 1 shows it")
    told = json.loads(text)
    assert [region["n_events"] for region in told["regions"]] == [170, 170]
    assert told["set_aside"] == {"no place": 1}
    assert (tmp_path / "f-35.50N_140.50E.png").exists()
