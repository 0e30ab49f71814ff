import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamstress.errors import ConfigError, InputFileError
from streamstress.ingest.resume import ResumePoint, ResumePoints
from streamstress.ingest.stations_wanted import literal_stations, offered_stations, parse_selector


@given(st.permutations(range(1, 9)), st.integers(0, 8))
def test_a_point_never_passes_a_record_that_is_not_acknowledged(order: list[int], n_acks: int):
    points = ResumePoints(None, "h:1")
    for sequence in range(1, 9):
        points.opened("XX.A", sequence)
    acknowledged = order[:n_acks]
    for sequence in acknowledged:
        points.acknowledged("XX.A", sequence, sequence * 10)
    reached = next(n for n in range(9) if n + 1 not in acknowledged)
    expected = ResumePoint(reached, reached * 10) if reached else None
    assert points.point("XX.A") == expected
    assert points.open_count() == 8 - reached


def test_stations_move_on_independently_and_survive_a_restart(tmp_path: Path):
    path = tmp_path / "state" / "resume.json"
    points = ResumePoints(path, "host:18000")
    for station, sequence in (("XX.A", 5), ("XX.B", 6), ("XX.B", 7)):
        points.opened(station, sequence)
    points.acknowledged("XX.B", 6, 60)
    points.save()
    again = ResumePoints(path, "host:18000")
    assert again.point("XX.A") is None
    assert again.point("XX.B") == ResumePoint(6, 60)
    assert [entry.name for entry in path.parent.iterdir()] == ["resume.json"]


def test_sequences_of_another_server_are_not_used(tmp_path: Path):
    path = tmp_path / "resume.json"
    points = ResumePoints(path, "host:18000")
    points.opened("XX.A", 5)
    points.acknowledged("XX.A", 5, 50)
    points.save()
    assert ResumePoints(path, "other:18000").point("XX.A") is None


def test_sequences_may_wrap():
    points = ResumePoints(None, "h:1")
    for sequence in (0xFFFFFF, 0, 1):
        points.opened("XX.A", sequence)
        points.acknowledged("XX.A", sequence, 1)
    assert points.point("XX.A") == ResumePoint(1, 1)


@pytest.mark.parametrize("content", ["", "[]", json.dumps({"stations": {"XX.A": 3}})])
def test_a_file_that_is_no_resume_file_is_named(tmp_path: Path, content: str):
    path = tmp_path / "resume.json"
    path.write_text(content)
    with pytest.raises(InputFileError, match=r"resume\.json"):
        ResumePoints(path, "h:1")


def test_an_acknowledgement_out_of_nowhere_is_an_error():
    with pytest.raises(ValueError, match=r"XX\.A"):
        ResumePoints(None, "h:1").acknowledged("XX.A", 1, 0)


def test_wildcards_become_literal_stations_with_joined_channels():
    offered = ("XX_AA1", "XX_AB2", "YY_CC3")
    wanted = literal_stations(("XX.A?1:HHZ", "XX.*:HHN HHZ", "YY_CC3:HHZ", "YY.CC3"), offered)
    assert wanted == {"XX_AA1": ("HHZ", "HHN"), "XX_AB2": ("HHN", "HHZ"), "YY_CC3": ()}
    assert literal_stations(("ZZ.NEW",), ()) == {"ZZ_NEW": ()}
    assert literal_stations(("ZZ.*",), offered) == {}


def test_stations_are_found_in_both_kinds_of_info():
    v3 = {"seedlink": {"station": [{"network": "XX", "name": "AA1"}]}}
    assert offered_stations(v3) == ("XX_AA1",)
    assert offered_stations({"station": [{"id": "XX_AA1"}]}) == ("XX_AA1",)
    assert offered_stations({"seedlink": {}}) == ()


@pytest.mark.parametrize("text", ["", "AA1", "XX.", ".AA1", ":HHZ"])
def test_a_selector_without_network_or_station_is_refused(text: str):
    with pytest.raises(ConfigError, match="NET"):
        parse_selector(text)
