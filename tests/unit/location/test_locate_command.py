"""``streamstress locate`` as its user meets it."""

import csv
import json

import pytest
from obspy import read_events
from typer.testing import CliRunner

from streamstress.cli.app import app
from streamstress.outputs.json_view import iso_time

NS = 1_000_000_000
RUNNER = CliRunner()


@pytest.fixture(scope="module")
def files(tmp_path_factory, world, catalogue):
    """Stations, and the picks of the first ten earthquakes with the false ones among them."""
    folder = tmp_path_factory.mktemp("locate")
    with (folder / "stations.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["network", "station", "latitude", "longitude", "elevation_m"])
        for s in world.stations.values():
            rows.writerow([s.network, s.station, s.latitude_deg, s.longitude_deg, s.elevation_m])
    last_ns = catalogue.origins[9][3] + 20 * NS
    with (folder / "picks.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["network", "station", "phase", "time", "probability", "label"])
        for r in catalogue.readings:
            if r.time_ns < last_ns:
                rows.writerow([*r.station.split("."), r.phase, iso_time(r.time_ns), 0.9, "up"])
    return folder


def locate(files, *options: str):
    return RUNNER.invoke(
        app,
        ["locate", *options, "--stations", str(files / "stations.csv"), "--velocity", "iasp91"],
    )


def rows_of(path):
    with path.open() as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def located(files):
    out, quakeml, arrivals = (files / name for name in ("events.csv", "events.xml", "rays.csv"))
    result = locate(
        files, str(files / "picks.csv"), "-o", str(out), "--quakeml", str(quakeml),
        "--arrivals", str(arrivals), "--json",
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout.splitlines()[-1]), out, quakeml, arrivals


def test_a_file_of_picks_becomes_a_catalogue(located, catalogue):
    summary, out, _, _ = located
    rows = rows_of(out)
    assert summary["events"] == len(rows) >= 9
    assert summary["at_top"] == sum(float(row["depth_km"]) <= 0 for row in rows)
    near = {iso_time(o[3] + k * NS)[:19] for o in catalogue.origins for k in (-1, 0, 1)}
    assert {row["time"][:19] for row in rows} <= near
    assert all(0 < float(row["horizontal_error_km"]) < 10 for row in rows)


def test_its_quakeml_goes_into_solve_with_first_motions_and_rays(located, tmp_path):
    _, _, quakeml, _ = located
    arrivals = read_events(str(quakeml))[0].origins[0].arrivals
    assert all(0 <= arrival.takeoff_angle <= 180 for arrival in arrivals)
    out = tmp_path / "mechanisms.csv"
    result = RUNNER.invoke(
        app,
        ["solve", str(quakeml), "-o", str(out), "--format", "quakeml", "--trials", "2"],
    )
    assert result.exit_code in (0, 3), result.output
    assert out.exists()


def test_its_arrivals_are_located_again_as_the_events_they_name(located, files, tmp_path):
    summary, first, _, arrivals = located
    out = tmp_path / "again.csv"
    result = locate(files, str(arrivals), "-o", str(out), "--json")
    assert result.exit_code == 0, result.output
    again = {row["event_id"]: row for row in rows_of(out)}
    assert len(again) == summary["events"]
    for row in rows_of(first):
        assert abs(float(again[row["event_id"]]["latitude"]) - float(row["latitude"])) < 0.01


def test_picks_before_the_origin_are_left_out_and_counted(located, files, tmp_path):
    with located[3].open() as file:
        rows = list(csv.DictReader(file))
    first = [row for row in rows if row["event_id"] == rows[0]["event_id"]]
    first[0]["time"] = first[0]["time"].replace("2023", "2022")
    picks = tmp_path / "picks.csv"
    with picks.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(first[0]))
        writer.writeheader()
        writer.writerows(first)
    result = locate(files, str(picks), "-o", str(tmp_path / "events.csv"))
    assert result.exit_code == 0, result.output
    assert "located without: 1 picks of the earthquakes they name (before-origin)" in result.stderr


def test_what_cannot_be_used_is_named_and_counted(files, tmp_path):
    text = (files / "picks.csv").read_text()
    second = text.splitlines()[1]
    bad = tmp_path / "bad.csv"
    bad.write_text(
        text
        + second
        + "\nXX,NOWHERE,P,2023-11-14T22:13:30Z,0.9,up\nXX,S01,P,yesterday,0.9,up\n"
        + "XX,S01,Lg,2023-11-14T22:13:30Z,0.9,up\n"
    )
    result = locate(files, str(bad), "-o", str(tmp_path / "events.csv"))
    assert result.exit_code == 3
    for words in (
        "1 picks (duplicate-pick)",
        "1 picks (unknown-station)",
        "1 picks (neither-p-nor-s)",
        "1 picks (unreadable)",
        f"{bad}, line {len(text.splitlines()) + 3}: time 'yesterday' is not ISO 8601",
        "not in the list of stations: XX.NOWHERE (1)",
    ):
        assert words in result.stderr


def test_a_format_that_nobody_knows_is_refused(files, tmp_path):
    result = locate(
        files, str(files / "picks.csv"), "-o", str(tmp_path / "x"), "--format", "nordic"
    )
    assert result.exit_code != 0
    assert "csv, quakeml, scedc, hypoinverse" in f"{result.exception}"


def test_a_file_whose_name_tells_no_format_is_said_to_need_one(files, tmp_path):
    picks = tmp_path / "picks.txt"
    picks.write_text((files / "picks.csv").read_text())
    result = locate(files, str(picks), "-o", str(tmp_path / "x"))
    assert "picks.txt: its name does not tell the format; give --format" in f"{result.exception}"


def test_the_sigma_of_a_ray_names_what_its_event_s_rays_share(located):
    for row in rows_of(located[3]):
        for name in ("azimuth", "takeoff"):
            turns = [float(number) for number in row[f"{name}_turn_deg"].split()]
            assert len(turns) == 6
            assert sum(t * t for t in turns) ** 0.5 <= float(row[f"{name}_sigma_deg"]) + 0.02


def test_a_folder_that_is_missing_is_said_before_the_work(files, tmp_path):
    for option in ("--arrivals", "--quakeml"):
        missing = str(tmp_path / "none" / "x")
        out = str(tmp_path / "events.csv")
        result = locate(files, str(files / "picks.csv"), "-o", out, option, missing)
        assert result.exit_code != 0
        assert "there is no folder" in f"{result.exception}"
    assert not (tmp_path / "events.csv").exists()


def changed_stations(files, tmp_path, change):
    """A station file whose rows were changed, beside the picks."""
    with (files / "stations.csv").open() as file:
        header, *rows = csv.reader(file)
    (tmp_path / "picks.csv").write_text((files / "picks.csv").read_text())
    with (tmp_path / "stations.csv").open("w", newline="") as file:
        csv.writer(file).writerows([header, *(change(row) for row in rows)])
    return tmp_path


def test_swapped_and_missing_coordinates_are_named_and_the_rest_is_located(
    located, files, tmp_path
):
    def change(row: list[str]) -> list[str]:
        if row[1] == "S04":
            return [*row[:2], "35.1", "13.9", row[4]]
        if row[1] == "S06":
            return [*row[:2], row[3], row[2], row[4]]
        return [*row[:2], "", "", row[4]] if row[1] == "S05" else row

    folder = changed_stations(files, tmp_path, change)
    out = folder / "events.csv"
    result = locate(folder, str(folder / "picks.csv"), "-o", str(out))
    assert result.exit_code == 3
    assert "XX.S04 left out, at 35.1, 13.9:" in result.stderr
    assert "XX.S06 left out" in result.stderr
    assert "latitude and longitude seem swapped" in result.stderr
    assert "XX.S05 (" in result.stderr.split("not in the list of stations:")[1]
    assert len(rows_of(out)) >= located[0]["events"] - 1


def test_a_list_of_stations_that_is_swapped_as_a_whole_is_refused_with_the_reason(files, tmp_path):
    folder = changed_stations(files, tmp_path, lambda row: [*row[:2], row[3], row[2], row[4]])
    result = locate(folder, str(folder / "picks.csv"), "-o", str(folder / "events.csv"))
    assert result.exit_code != 0
    assert "holds no station; XX." in f"{result.exception}"
    assert "latitude and longitude seem swapped" in f"{result.exception}"


def test_a_file_without_picks_is_said_to_have_none(files, tmp_path):
    picks = tmp_path / "picks.csv"
    picks.write_text("network,station,phase,time\n")
    result = locate(files, str(picks), "-o", str(tmp_path / "events.csv"))
    assert result.exit_code == 0
    assert f"{picks} holds no pick that can be used" in result.stderr


def test_stations_on_one_line_are_said_to_leave_the_side_open(files, tmp_path):
    folder = changed_stations(files, tmp_path, lambda row: [*row[:2], "35.0", row[3], row[4]])
    few = (files / "picks.csv").read_text().splitlines()[:40]
    (folder / "picks.csv").write_text("\n".join(few) + "\n")
    result = locate(folder, str(folder / "picks.csv"), "-o", str(folder / "events.csv"))
    assert "stand on one line" in result.stderr
