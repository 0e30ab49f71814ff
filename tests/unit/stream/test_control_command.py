"""What operators say of stations: the command, the store, and the words."""

from pathlib import Path

import msgspec
import pytest
from control_messages import reversal

from streamstress.cli.control import said_control
from streamstress.errors import InputFileError
from streamstress.outputs.control_words import proposals, sentence
from streamstress.outputs.store import Store
from streamstress.records import Control
from streamstress.web.site import Site
from streamstress.web.status import build_status
from streamstress.wire.codec import decode, encode

FROM, UNTIL = "2026-03-04T05:06:07Z", "2026-04-01T00:00:00Z"


def test_the_command_makes_the_control_of_its_dates():
    control = said_control(
        "reverse-polarity", "XX.A", FROM, UNTIL, "turned at the visit", withdraw=False
    )
    assert (control.target, control.action, control.state) == (
        "XX.A", "reverse-polarity", "confirmed",
    )  # fmt: skip
    assert control.holds_at(control.valid_from_ns)
    assert control.valid_until_ns is not None
    assert not control.holds_at(control.valid_until_ns)


def test_said_again_with_an_end_it_is_the_same_control():
    first = said_control("reverse-polarity", "XX.A", FROM, None, "", withdraw=False)
    later = said_control("reverse-polarity", "XX.A", FROM, UNTIL, "", withdraw=False)
    back = said_control("reverse-polarity", "XX.A", FROM, None, "", withdraw=True)
    assert first.control_id == later.control_id == back.control_id
    assert not back.is_obeyed


@pytest.mark.parametrize(
    ("start", "until", "expected"),
    [("yesterday", None, "ISO 8601"), (FROM, FROM, "does not come after")],
)
def test_wrong_dates_are_said_in_a_sentence(start: str, until: str | None, expected: str):
    with pytest.raises(InputFileError, match=expected):
        said_control("reverse-polarity", "XX.A", start, until, "", withdraw=False)


def test_controls_of_a_system_without_these_fields_still_decode():
    old = msgspec.msgpack.encode({
        "type": "control", "control_id": "c", "target": "XX.A", "action": "reverse-polarity",
        "valid_from_ns": 1, "valid_until_ns": None, "reason": "", "author": "a", "sent_ns": 1,
    })  # fmt: skip
    record = decode(old)
    assert isinstance(record, Control)
    assert record.is_obeyed
    assert decode(encode(record)) == record


def test_the_store_keeps_the_newest_word_on_each_control(store: Store):
    control = reversal("XX.A", 5)
    store.save(msgspec.structs.replace(control, sent_ns=1))
    withdrawn = msgspec.structs.replace(control, sent_ns=2, state="withdrawn")
    store.save(withdrawn)
    store.save(msgspec.structs.replace(control, sent_ns=1))
    assert store.reader.system.controls() == [withdrawn]


def test_the_page_shows_what_waits_for_an_operator_with_the_command(store: Store):
    store.save(reversal("XX.A", 1_772_600_000 * 10**9, state="proposed"))
    store.save(reversal("XX.B", 1_772_600_000 * 10**9))
    status = build_status(Site(store.reader))
    (words,) = status.proposals
    assert words.startswith("XX.A seems reversed from 2026-03-04T04:53:20")
    assert "streamstress control reversal XX.A --from 2026-03-04T04:53:20.000000Z -c" in words


def test_every_state_has_its_words(tmp_path: Path):
    control = reversal("XX.A", 10**18, 2 * 10**18)
    for state in ("proposed", "confirmed", "withdrawn", "dropped"):
        words = sentence(msgspec.structs.replace(control, state=state))
        assert words.startswith("XX.A ")
        assert "until 2033-05-18" in words
    assert proposals([control]) == []
