"""What the exporter shows of controls: proposals that wait for a person, and none that do not."""

from control_messages import reversal
from msgspec.structs import replace

from streamstress.outputs.control_words import proposals
from streamstress.outputs.metrics import create_metrics
from streamstress.records import Control
from streamstress.stream.agents.export import ExportRole
from streamstress.stream.controls import ControlTable, stations_verdict
from streamstress.stream.role import Incoming
from streamstress.wire.codec import encode
from streamstress.wire.topics import CONTROLS

STATION, START_NS = "XX.A", 1_772_600_000 * 10**9

PROPOSED = replace(
    reversal(STATION, START_NS, state="proposed"),
    control_id=f"reverse-polarity/{STATION}/north/0",
    author="streamstress",
    sent_ns=10,
)
CONFIRMED = replace(reversal(STATION, START_NS), author="li", sent_ns=20)
REFUSED = replace(CONFIRMED, state="withdrawn")


def shown(*controls: Control) -> float | None:
    """The gauge of the station after these messages on ``controls``."""
    metrics = create_metrics("0")
    role = ExportRole(metrics.cell)
    for offset, control in enumerate(controls):
        message = Incoming(CONTROLS.name, 0, offset, b"", encode(control))
        role.absorb(message, message.record())
    return metrics.registry.get_sample_value("streamstress_reversal_proposed", {"station": STATION})


def test_a_proposal_shows_until_it_is_dropped():
    assert shown(PROPOSED) == 1
    assert shown(PROPOSED, replace(PROPOSED, state="dropped")) is None


def test_a_proposal_that_a_person_confirmed_or_refused_no_longer_waits():
    assert shown(PROPOSED, CONFIRMED) is None
    assert shown(PROPOSED, REFUSED) is None


def test_what_was_said_before_of_another_time_or_of_another_station_decides_nothing():
    assert shown(replace(REFUSED, sent_ns=5), PROPOSED) == 1
    assert shown(PROPOSED, replace(REFUSED, valid_from_ns=1, valid_until_ns=START_NS)) == 1
    assert shown(PROPOSED, replace(REFUSED, target="XX.B")) == 1


def test_a_refused_proposal_holds_a_change_until_its_events_are_solved_with_that_known():
    table = ControlTable()
    table.take(0, PROPOSED)
    assert stations_verdict(table, START_NS, START_NS + 1).startswith("hold")
    table.take(1, REFUSED)
    assert stations_verdict(table, START_NS, START_NS + 1, solved_revision=1).startswith("hold")
    assert stations_verdict(table, START_NS, START_NS + 1, solved_revision=2).startswith("pass")


def test_the_words_of_a_proposal_name_both_ways_out():
    (words,) = proposals([PROPOSED])
    assert "To confirm: streamstress control reversal XX.A" in words
    assert words.endswith("to refuse: the same with --withdraw")
    assert proposals([PROPOSED, REFUSED]) == []
