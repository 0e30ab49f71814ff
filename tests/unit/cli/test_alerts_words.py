"""What 'alerts test' says of what became of its alarm."""

import pytest

from streamstress.cli.alerts import sentences
from streamstress.outputs.alertmanager import Outcome, TestAlarm

ALARM = TestAlarm({"region": "TEST 2026-03-04T05:06:07", "severity": "critical"}, {}, {})


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [
        (Outcome("active", ("duty",), sent={"email": 1.0}), "ask those on shift whether it came"),
        (Outcome("active", ("duty",), sent={"email": 1.0}, failed={"slack": 2.0}), "repaired"),
        (Outcome("suppressed", silenced_by=("7f3a",)), "A silence holds it back (7f3a)"),
        (Outcome("suppressed", inhibited_by=("9c",)), "Another alert inhibits it"),
        (Outcome("absent"), "did it restart?"),
        (Outcome("active", ("duty",)), "is group_wait longer than --wait"),
    ],
    ids=["sent", "half failed", "silenced", "inhibited", "lost", "nothing"],
)
def test_the_last_sentence_says_what_to_do(outcome: Outcome, expected: str):
    told = sentences(ALARM, outcome)
    assert told[0] == "Alertmanager took the alarm TEST 2026-03-04T05:06:07 (critical)."
    assert expected in told[-1]


def test_every_way_out_is_named_with_what_failed():
    told = sentences(ALARM, Outcome("active", sent={"email": 1.0}, failed={"slack": 2.0}))
    assert "Sent by email: 1." in told
    assert any(line.startswith("FAILED by slack: 2 attempts") for line in told)
