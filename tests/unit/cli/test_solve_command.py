"""What ``streamstress solve`` gives for a file, good or bad, in one go or in two."""

import csv
import json
import os
import signal
from pathlib import Path
from typing import Any

import pytest
from phase_files import (
    MadeUp,
    hash1_block,
    hash1_event_line,
    hash1_pick,
    hash1_text,
    skhash_rows,
)
from typer.testing import CliRunner

from streamstress.cli import solve_run
from streamstress.cli.app import app
from streamstress.cli.solve_event import Answer, EventSolver
from streamstress.geometry.rotations import kagan_angle_deg
from streamstress.mechanism.readers.events import PickedEvent, RefusedEvent
from streamstress.outputs.mechanisms_csv import read_mechanisms

EVENTS = [
    MadeUp(1, (30.0, 80.0, 5.0)),
    MadeUp(2, (120.0, 40.0, -90.0)),
    MadeUp(3, (20.0, 35.0, 90.0)),
    MadeUp(4),
    MadeUp(5, (310.0, 70.0, 170.0)),
]


def solve(phases: Path, out: Path, *options: str, phase_format: str = "hash1") -> tuple[int, Any]:
    """Exit status and the summary."""
    arguments = ["solve", str(phases), "-o", str(out), "--format", phase_format, "--json"]
    result = CliRunner().invoke(app, [*arguments, *options])
    if result.exit_code not in (0, 3, 130):
        raise AssertionError(result.output) from result.exception
    lines = [line for line in result.stdout.splitlines() if line.startswith("{")]
    return result.exit_code, json.loads(lines[-1]) if lines else None


def written(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def set_aside(out: Path) -> list[dict[str, str]]:
    with out.with_name(out.stem + ".set-aside.csv").open() as file:
        return list(csv.DictReader(file))


def test_each_event_gets_its_mechanism_in_a_file_that_the_other_commands_read(tmp_path: Path):
    out = tmp_path / "out.csv"
    status, summary = solve(written(tmp_path / "in", hash1_text(EVENTS)), out)
    assert (status, summary["events"], summary["set_aside"]) == (0, 5, {})
    table = read_mechanisms(out)
    assert table.rejected == ()
    best = [row for row in table.rows if row.extra["solution"] == "1"]
    assert [row.event_id for row in best] == [event.event_id for event in EVENTS]
    for row, event in zip(best, EVENTS, strict=True):
        assert kagan_angle_deg((row.strike_deg, row.dip_deg, row.rake_deg), event.plane) < 20.0
        assert row.extra["n_polarity"] == "24"
        stations = row.extra["stations"].split()
        assert len(stations) == len(set(stations)) == 24
        assert set(row.extra["stations_against"].split()) < set(stations)
        aux = [float(row.extra[name]) for name in ("aux_strike", "aux_dip", "aux_rake")]
        assert kagan_angle_deg((row.strike_deg, row.dip_deg, row.rake_deg), aux) < 0.5
    assert not out.with_name("out.csv.progress").exists()


def test_bad_events_and_picks_are_named_and_counted_and_the_batch_goes_on(tmp_path: Path):
    good, few = MadeUp(1), MadeUp(7)
    bad_picks = [
        hash1_pick("BL", True, 90, 10)[:62] + "   " + hash1_pick("BL", True, 90, 10)[65:],
        hash1_pick("IM", True, 190, 10),
        hash1_pick("TW", True, 90, 10),
        hash1_pick("TW", True, 90, 10),
    ]
    lines = [
        *hash1_block(good)[:-1], *bad_picks, " " * 72,
        "no event at all", hash1_pick("XX", True, 90, 10), " " * 72,
        *hash1_block(few)[:6], " " * 72,
        *hash1_block(MadeUp(8)),
    ]  # fmt: skip
    raw = "\n".join(lines).encode() + b"\n" + hash1_event_line("9").encode() + b"\xff\n \n"
    phases = tmp_path / "in"
    phases.write_bytes(raw)
    status, summary = solve(phases, tmp_path / "out.csv")
    assert status == 3
    assert summary["set_aside"] == {
        "blank-angle": 1,
        "duplicate-pick": 1,
        "impossible-angle": 1,
        "not-utf-8": 1,
        "too-few-polarities": 1,
        "unreadable-event": 1,
    }
    assert summary["grades"]["F"] == 1
    assert {row.event_id for row in read_mechanisms(tmp_path / "out.csv").rows} == {"5001", "5008"}
    entries = {entry["reason"]: entry for entry in set_aside(tmp_path / "out.csv")}
    assert (entries["blank-angle"]["station"], entries["blank-angle"]["line"]) == ("BL", "26")
    assert entries["too-few-polarities"]["event_id"] == "5007"


def test_a_bad_file_or_option_ends_with_one_sentence(tmp_path: Path):
    from streamstress.errors import ConfigError, InputFileError

    phases = written(tmp_path / "in", "hello\n")
    for options, phase_format, expected in (
        ((), "hash1", InputFileError),
        ((), "hash9", ConfigError),
        (("--stations", str(phases)), "hash2", ConfigError),
        (("--method", "guess"), "hash1", ConfigError),
    ):
        arguments = ["solve", str(phases), "-o", str(tmp_path / "o.csv"), "--format", phase_format]
        result = CliRunner().invoke(app, [*arguments, *options])
        if phase_format == "hash1" and not options:
            assert result.exit_code == 3, "the one line is set aside"
        else:
            assert isinstance(result.exception, expected)


def interrupted_at(
    monkeypatch: pytest.MonkeyPatch, n_events: int, phases: Path, out: Path, *options: str
) -> None:
    """Run until a real SIGINT comes while the n-th event is solved."""
    count = 0
    plain = EventSolver.answer

    def answer(self: EventSolver, event: PickedEvent | RefusedEvent) -> Answer:
        nonlocal count
        count += 1
        if count == n_events:
            os.kill(os.getpid(), signal.SIGINT)
        return plain(self, event)

    with monkeypatch.context() as patch:
        patch.setattr(EventSolver, "answer", answer)
        status, summary = solve(phases, out, *options)
    assert (status, summary["interrupted"], summary["events"]) == (130, True, n_events)


def test_an_interrupted_run_goes_on_to_the_same_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    phases = written(tmp_path / "in", hash1_text([*EVENTS, MadeUp(6, n=5)]))
    whole, parts = tmp_path / "whole.csv", tmp_path / "parts.csv"
    solve(phases, whole)
    interrupted_at(monkeypatch, 2, phases, parts)
    with parts.open("a") as file:
        file.write("5003,half a li")
    status, summary = solve(phases, parts, "--resume")
    assert (status, summary["events"], summary["events_of_earlier_run"]) == (3, 4, 2)
    assert parts.read_bytes() == whole.read_bytes()
    assert set_aside(parts) == set_aside(whole)
    assert solve(phases, parts, "--resume") == (0, None), "nothing is left to do"


def test_a_run_with_other_options_does_not_go_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    phases, out = written(tmp_path / "in", hash1_text(EVENTS)), tmp_path / "out.csv"
    interrupted_at(monkeypatch, 2, phases, out)
    with pytest.raises(AssertionError) as raised:
        solve(phases, out, "--resume", "--seed", "5")
    assert "another seed" in str(raised.value.__cause__)


def test_the_order_of_picks_and_events_changes_nothing(tmp_path: Path):
    solve(written(tmp_path / "a", hash1_text(EVENTS)), tmp_path / "a.csv")
    blocks = [hash1_block(event) for event in reversed(EVENTS)]
    lines = [line for first, *picks, last in blocks for line in (first, *picks[::-1], last)]
    solve(written(tmp_path / "b", "\n".join(lines) + "\n"), tmp_path / "b.csv")
    first, second = ((tmp_path / name).read_text().splitlines() for name in ("a.csv", "b.csv"))
    assert sorted(first) == sorted(second)


def unnamed(text: str) -> list[list[str]]:
    """Rows but for the two columns of stations, which each format names in its own way."""
    return [line.split(",")[:-2] for line in text.splitlines()]


def test_rows_of_skhash_may_come_in_any_order_and_give_the_answers_of_hash1(tmp_path: Path):
    heading, rows = skhash_rows(EVENTS)
    shuffled = [*rows[::2], *rows[1::2]]
    answers = []
    for name, lines in (("plain", rows), ("shuffled", shuffled)):
        phases = written(tmp_path / name, "\n".join([heading, *lines]) + "\n")
        status, _ = solve(phases, tmp_path / f"{name}.csv", phase_format="skhash")
        assert status == 0
        answers.append((tmp_path / f"{name}.csv").read_text())
    assert answers[0] == answers[1]
    solve(written(tmp_path / "hash1", hash1_text(EVENTS)), tmp_path / "hash1.csv")
    assert unnamed(answers[0]) == unnamed((tmp_path / "hash1.csv").read_text())


def test_several_processes_write_the_same_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(solve_run, "CHUNK", 2)
    phases = written(tmp_path / "in", hash1_text(EVENTS))
    solve(phases, tmp_path / "one.csv")
    solve(phases, tmp_path / "two.csv", "--workers", "2")
    assert (tmp_path / "one.csv").read_bytes() == (tmp_path / "two.csv").read_bytes()


def test_figure_quakeml_and_acceptable_planes_of_each_event(tmp_path: Path):
    from obspy import read_events

    wrong = MadeUp(4)
    block = hash1_block(wrong)
    station, up, takeoff, azimuth = wrong.readings()[0]
    block[1] = hash1_pick(station, not up, takeoff, azimuth)
    phases = written(tmp_path / "in", "\n".join(block) + "\n")
    folders = {name: tmp_path / name for name in ("figures", "quakeml", "accepted")}
    options = [text for name, path in folders.items() for text in (f"--{name}", str(path))]
    solve(phases, tmp_path / "out.csv", *options)
    figure = (folders["figures"] / "5004.svg").read_text()
    assert figure.count("<circle cx") == 24
    assert figure.count('class="misfit"') >= 1
    (event,) = read_events(str(folders["quakeml"] / "5004.xml"))
    (row, *_) = read_mechanisms(tmp_path / "out.csv").rows
    planes = event.preferred_focal_mechanism().nodal_planes
    assert planes.nodal_plane_1.strike == pytest.approx(row.strike_deg, abs=0.1)
    assert planes.nodal_plane_2.dip == pytest.approx(float(row.extra["aux_dip"]), abs=0.1)
    planes_text = (folders["accepted"] / "5004.csv").read_text().splitlines()
    assert planes_text[0] == "strike,dip,rake"
    assert len(planes_text) > 100


def test_first_motions_that_are_all_up_are_doubted_in_the_csv_and_in_quakeml(tmp_path: Path):
    first, *_, last = hash1_block(MadeUp(1))
    picks = [hash1_pick(name, True, take, az) for name, _, take, az in MadeUp(1).readings()]
    phases = written(tmp_path / "in", "\n".join([first, *picks, last]) + "\n")
    solve(phases, tmp_path / "out.csv", "--quakeml", str(tmp_path / "quakeml"))
    rows = read_mechanisms(tmp_path / "out.csv").rows
    assert {row.grade for row in rows} == {"D"}
    doubt = "All 24 polarities are up."
    assert {row.extra["possibly_not_double_couple"] for row in rows} == {doubt}
    text = (tmp_path / "quakeml" / "5001.xml").read_text()
    assert f"possibly no double couple: {doubt}" in text


def test_what_is_wrong_with_a_field_is_said_in_words(tmp_path: Path):
    lines = [*hash1_block(MadeUp(1))[:-1], "SHRT IPU0", " " * 72, "rubbish", " " * 72]
    solve(written(tmp_path / "in", "\n".join(lines) + "\n"), tmp_path / "out.csv")
    details = {entry["reason"]: entry["detail"] for entry in set_aside(tmp_path / "out.csv")}
    assert details["unreadable-pick"] == "'U' stands where a whole number is expected"
    assert "'ru' stands where a whole number is expected" in details["unreadable-event"]


def test_the_posterior_answers_with_its_regions(tmp_path: Path):
    out = tmp_path / "out.csv"
    phases = written(tmp_path / "in", hash1_text(EVENTS))
    status, summary = solve(phases, out, "--method", "bayes")
    assert (status, summary["events"]) == (0, 5)
    best = [row for row in read_mechanisms(out).rows if row.extra["solution"] == "1"]
    assert len(best) == 5
    for row, event in zip(best, EVENTS, strict=True):
        error = kagan_angle_deg((row.strike_deg, row.dip_deg, row.rake_deg), event.plane)
        assert error < float(row.extra["region95_deg"])
        assert 0.0 < float(row.extra["region68_deg"]) < float(row.extra["region95_deg"])


def test_a_method_that_does_not_exist_is_refused_in_one_sentence(tmp_path: Path):
    phases = written(tmp_path / "in", hash1_text(EVENTS))
    arguments = ["solve", str(phases), "-o", str(tmp_path / "o"), "--format", "hash1"]
    result = CliRunner().invoke(app, [*arguments, "--method", "guess"])
    assert result.exit_code != 0
    assert "hash or bayes" in str(result.output) + str(result.exception)
