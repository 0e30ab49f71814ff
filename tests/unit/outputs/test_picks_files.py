"""Picks of other programs come in as ours do."""

import pytest
from obspy import UTCDateTime
from obspy.core import event as qml

from streamstress.errors import InputFileError
from streamstress.outputs.json_view import iso_time
from streamstress.outputs.picks_cards import read_hypoinverse, read_scedc_phases
from streamstress.outputs.picks_catalogue import read_catalogue_picks
from streamstress.outputs.picks_csv import read_picks, write_picks

OURS = """network,station,location,channel,phase,time,probability
CX,PB01,,HH,P,2024-05-01T10:00:12.340000Z,0.91
CX,PB02,00,HH,S,2024-05-01T10:00:19.100000Z,0.55
"""
SEISBENCH = """trace_id,peak_time,peak_value,phase
CX.PB01..HH,2024-05-01T10:00:12.340000Z,0.91,P
CX.PB02.00.HH,2024-05-01T10:00:19.100000Z,0.55,S
"""
PHASENET = """station_id,phase_time,phase_score,phase_type
CX.PB01..HH,2024-05-01T10:00:12.340,0.91,P
CX.PB02.00.HH,2024-05-01T10:00:19.100,0.55,S
"""
GAMMA = """id,timestamp,prob,type
CX.PB01..HH,1714557612.34,0.91,p
CX.PB02.00.HH,1714557619.1,0.55,s
"""
PYOCTO = """station,time,probability,phase
CX.PB01..HH,1714557612.34,0.91,P
CX.PB02.00.HH,1714557619.10,0.55,S
"""


def lines(path, text):
    path.write_text(text)
    return [
        (r.station_code, r.location, r.channel, r.phase, r.time_ns, r.probability)
        for r in read_picks(path).rows
    ]


@pytest.mark.parametrize("theirs", [SEISBENCH, PHASENET, GAMMA, PYOCTO])
def test_other_pickers_columns_mean_the_same(tmp_path, theirs):
    assert lines(tmp_path / "theirs.csv", theirs) == lines(tmp_path / "ours.csv", OURS)


def test_a_file_without_stations_is_refused_with_what_was_expected(tmp_path):
    path = tmp_path / "picks.csv"
    path.write_text("time,phase\n2024-05-01T10:00:12Z,P\n")
    with pytest.raises(InputFileError, match="line 1: no column network, station"):
        read_picks(path)


def station_card(site, net, p_second, s_second="", motion=" ", weight="0"):
    """A Y2000 station card, built by the columns of the manual."""
    card = [" "] * 120

    def put(first_column, text):
        card[first_column - 1 : first_column - 1 + len(text)] = text

    put(1, f"{site:<5}{net}")
    put(10, "HHZ")
    put(14, f"IP{motion}{weight}")
    put(18, "202405011000")
    put(30, f"{p_second:>5}")
    if s_second:
        put(42, f"{s_second:>5}ES ")
        put(50, "1")
    put(112, "--")
    return "".join(card)


def test_hypoinverse_cards_give_both_phases_with_weight_and_first_motion(tmp_path):
    header = "2024050110000912" + " " * 120 + f"{71234567:>10}" + " " * 20
    cards = [
        header,
        station_card("PB01", "CX", " 1234", " 1910", motion="D"),
        "$" + " " * 40,
        station_card("PB02", "CX", "6101", weight="4"),
        station_card("PB03", "CX", ""),
        " " * 62 + "  71234567",
    ]
    path = tmp_path / "events.arc"
    path.write_text("\n".join(cards) + "\n")
    table = read_hypoinverse(path)
    found = [(r.station, r.phase, iso_time(r.time_ns)[11:23], r.probability) for r in table.rows]
    assert found == [
        ("PB01", "P", "10:00:12.340", 1.0),
        ("PB01", "S", "10:00:19.100", 0.75),
        ("PB02", "P", "10:01:01.010", 0.0),
    ]
    assert {row.event_id for row in table.rows} == {"71234567"}
    assert [row.label for row in table.rows] == [-1, None, None]
    assert table.rejected == ((5, "station card 'PB03 CX  HHZ IP 0202405011000': no seconds"),)


def test_scedc_phases_count_from_the_origin_time(tmp_path):
    path = tmp_path / "38443095.phase"
    path.write_text(
        "38443095 eq  l 2019/07/04,17:02:55.070  35.8243 -117.5050 2.18 3.98 w 1.0\n"
        "  CI   CCC HHZ --   35.5249  -117.3645   670.0 P c. i  1.0   35.20    6.650\n"
        "  CI   CCC HHE --   35.5249  -117.3645   670.0 S .. e  0.5   35.20   11.500\n"
        "  CI   CLC HHZ --   35.8157  -117.5975   775.0 P\n"
    )
    table = read_scedc_phases(path)
    found = [(r.phase, iso_time(r.time_ns)[17:23], r.probability, r.label) for r in table.rows]
    assert found == [("P", "01.720", 1.0, 1), ("S", "06.570", 0.5, None)]
    assert table.rejected == ((4, "8 words; expected 13, as 'CI CCC HHZ -- ...'"),)


def catalogue_file(path, *, with_origin):
    def pick(station, phase, second, polarity=None):
        return qml.Pick(
            time=UTCDateTime(2024, 5, 1, 10, 0, second),
            phase_hint=phase,
            polarity=polarity,
            waveform_id=qml.WaveformStreamID("CX", station, channel_code="HHZ"),
        )

    picks = [pick("PB01", "Pg", 12, "positive"), pick("PB02", "Sn", 19), pick("PB03", "AML", 30)]
    made = qml.Event(resource_id=qml.ResourceIdentifier("smi:test/event/ev7"), picks=picks)
    if with_origin:
        origin = qml.Origin(time=UTCDateTime(2024, 5, 1, 10), latitude=1.0, longitude=2.0)
        origin.arrivals = [qml.Arrival(pick_id=picks[0].resource_id, phase="P")]
        made.origins = [origin]
    qml.Catalog(events=[made]).write(str(path), format="QUAKEML")


def test_picks_of_a_quakeml_event_belong_to_it(tmp_path):
    path = tmp_path / "picks.xml"
    catalogue_file(path, with_origin=False)
    table = read_catalogue_picks(path)
    found = [(r.station_code, r.phase, r.event_id, r.label) for r in table.rows]
    assert found == [("CX.PB01", "P", "ev7", 1), ("CX.PB02", "S", "ev7", None)]
    assert len(table.rejected) == 1
    assert "neither P nor S" in table.rejected[0][1]


def test_picks_that_an_origin_does_not_name_are_free(tmp_path):
    path = tmp_path / "picks.xml"
    catalogue_file(path, with_origin=True)
    found = [(r.station, r.event_id) for r in read_catalogue_picks(path).rows]
    assert found == [("PB01", "ev7"), ("PB02", None)]


@pytest.mark.parametrize("reader", [read_catalogue_picks, read_hypoinverse, read_scedc_phases])
@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00"])
def test_a_wrong_file_is_refused_by_name(tmp_path, reader, content):
    path = tmp_path / "wrong.xml"
    path.write_bytes(content)
    with pytest.raises(InputFileError, match=r"wrong\.xml"):
        reader(path)


@pytest.mark.parametrize(
    ("reader", "kind"),
    [(read_hypoinverse, "no HYPOINVERSE archive"), (read_scedc_phases, "no SCEDC phase file")],
)
def test_a_file_of_another_format_is_refused_in_one_sentence(tmp_path, reader, kind):
    path = tmp_path / "picks.csv"
    path.write_text(OURS)
    with pytest.raises(InputFileError, match=rf"picks\.csv: {kind}.*: none of its 3 lines"):
        reader(path)


def test_errors_of_times_are_read_as_any_number_and_bad_ones_set_aside(tmp_path):
    cells = ["0.02", "1e-2", ".5", "", "nan", "about 0.1", "-0.1", "0", "900"]
    path = tmp_path / "picks.csv"
    rows = [f"CX,PB01,2024-05-01T10:00:{n:02}Z,{cell}\r\n" for n, cell in enumerate(cells)]
    path.write_text("network,station,time,sigma_s\r\n" + "".join(rows), encoding="utf-8-sig")
    table = read_picks(path)
    assert [row.sigma_s for row in table.rows] == [0.02, 0.01, 0.5, None, None]
    assert table.rejected == (
        (7, "sigma_s 'about 0.1' is not a number"),
        (8, "sigma_s -0.1 is not between 1e-06 and 60"),
        (9, "sigma_s 0 is not between 1e-06 and 60"),
        (10, "sigma_s 900 is not between 1e-06 and 60"),
    )


def test_what_the_rays_of_an_event_share_is_written_and_read(tmp_path):
    path, again = tmp_path / "picks.csv", tmp_path / "again.csv"
    path.write_text(
        "network,station,time,azimuth_turn_deg,takeoff_turn_deg\n"
        "CX,PB01,2024-05-01T10:00:00Z,0.5 -1.25 0,3 -4 1e-1\n"
        "CX,PB02,2024-05-01T10:00:00Z,0.5 one 0,3 -4 1\n"
    )
    table = read_picks(path)
    assert table.rejected == ((3, "azimuth_turn_deg 'one' is not a number"),)
    write_picks(again, table.rows)
    (row,) = read_picks(again).rows
    assert (row.azimuth_turn_deg, row.takeoff_turn_deg) == ((0.5, -1.25, 0.0), (3.0, -4.0, 0.1))


def scedc_event(number, time, second):
    """An event line and one pick."""
    return (
        f"{number} le eq {time} 35.0 139.0 8 4 l 1.0\n"
        f"XX S01 HHZ -- 35.0 139.0 10 P u. i 1.0 10.0 {second}\n"
    )


def test_picks_of_a_scedc_event_without_a_time_do_not_join_the_event_before(tmp_path):
    path = tmp_path / "picks.phase"
    good = scedc_event(1, "2019/07/06,03:19:53.040", 3.0)
    path.write_text(good + scedc_event(2, "yesterday", 4.0))
    table = read_scedc_phases(path)
    assert [row.event_id for row in table.rows] == ["1"]
    assert [line for line, _ in table.rejected] == [3, 4]


@pytest.mark.parametrize("second", ["inf", "nan", "-"])
def test_a_scedc_time_that_is_no_number_is_set_aside_with_its_line(tmp_path, second):
    path = tmp_path / "picks.phase"
    good = scedc_event(1, "2019/07/06,03:19:53.040", 3.0)
    path.write_text(good + scedc_event(2, "2019/07/06,03:20:53.040", second))
    assert [line for line, _ in read_scedc_phases(path).rejected] == [4]


def test_cards_behind_a_hypoinverse_header_that_is_torn_do_not_join_the_event_before(tmp_path):
    header = "2024050110001234".ljust(136) + "      4711"
    cards = [station_card("PB01", "CX", " 1234"), " " * 62 + "4711"]
    path = tmp_path / "picks.arc"
    path.write_text("\n".join([header, *cards, "2024", *cards]) + "\n")
    table = read_hypoinverse(path)
    assert [row.event_id for row in table.rows] == ["4711"]
    assert [line for line, _ in table.rejected] == [4, 5]


def test_quakeml_picks_without_time_or_station_are_named_and_the_rest_is_read(tmp_path):
    path = tmp_path / "picks.xml"
    whole = "<time><value>2024-05-01T10:00:00Z</value></time>"
    station = '<waveformID networkCode="XX" stationCode="S01"/>'
    unsure = whole.replace("</time>", "<uncertainty>-1</uncertainty></time>")
    parts = [whole + station, whole, station, unsure + station]
    picks = "".join(
        f'<pick publicID="smi:a/p{n}">{part}<phaseHint>P</phaseHint></pick>'
        for n, part in enumerate(parts)
    )
    path.write_text(
        '<?xml version="1.0"?><q:quakeml xmlns:q="http://quakeml.org/xmlns/quakeml/1.2" '
        'xmlns="http://quakeml.org/xmlns/bed/1.2"><eventParameters publicID="smi:a/b">'
        f'<event publicID="smi:a/e1">{picks}</event></eventParameters></q:quakeml>'
    )
    table = read_catalogue_picks(path)
    assert [row.station_code for row in table.rows] == ["XX.S01"]
    said = " | ".join(reason for _, reason in table.rejected)
    assert "p1 has no station" in said
    assert "p2 has no time" in said
    assert "p3 has a time uncertainty of -1 s" in said
