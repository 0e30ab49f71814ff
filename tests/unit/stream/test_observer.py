"""What a worker's metrics say of the records that pass."""

from sample_records import make_sample

from streamstress.outputs.metrics import create_metrics
from streamstress.records import Pick, Progress
from streamstress.stream.observer import Observer
from streamstress.stream.role import Outgoing
from streamstress.wire.topics import MECHANISMS, PICKS

MECHANISM = make_sample(3).mechanisms[0]
PICK = Pick(
    pick_id="XX.A..HH.P.7.0",
    network="XX",
    station="A",
    location="",
    channel="HH",
    phase="P",
    time_ns=1,
    sigma_s=0.1,
    probability=0.9,
    snr=10.0,
    model="m",
    sent_ns=0,
)


class StandingClock:
    """A clock that stands at ten seconds."""

    def now_ns(self) -> int:
        return 10_000_000_000


def value(observer: Observer, name: str, **labels: str) -> float | None:
    return observer.metrics.registry.get_sample_value(f"streamstress_{name}", labels)


def observer() -> Observer:
    return Observer("pick", create_metrics("0"))


def test_a_pick_sent_to_two_zones_is_counted_once():
    watched = observer()
    copies = [Outgoing(PICKS, "a", PICK, zone) for zone in (0, 1)]
    watched.sent([*copies, Outgoing(PICKS, "b", PICK, 0)])
    assert value(watched, "picks_total", phase="P") == 2
    assert value(watched, "records_sent_total", stage="pick") == 2


def test_progress_is_no_datum_but_moves_the_watermark():
    watched = observer()
    for source, second in (("waveforms/0", 7), ("waveforms/1", 4), ("waveforms/1", 6)):
        progress = Progress(source=source, done_until_ns=second * 10**9, sent_ns=0)
        watched.sent([Outgoing(PICKS, source, progress, 0)])
    assert value(watched, "records_sent_total", stage="pick") is None
    assert watched.watermark_age_s(StandingClock()) == 4.0


def test_what_was_read_counts_until_something_is_sent():
    watched = observer()
    watched.received(Progress(source="merge", done_until_ns=3 * 10**9, sent_ns=0))
    assert watched.watermark_age_s(StandingClock()) == 7.0
    assert watched.watermark_age_s(None) == 0.0


def test_a_rebalance_makes_no_jump_and_the_next_progress_alone_counts():
    watched = observer()
    watched.received(Progress(source="waveforms/0", done_until_ns=3 * 10**9, sent_ns=0))
    watched.forget()
    assert watched.watermark_age_s(StandingClock()) == 7.0
    watched.received(Progress(source="waveforms/1", done_until_ns=9 * 10**9, sent_ns=0))
    assert watched.watermark_age_s(StandingClock()) == 1.0


def test_a_worker_that_has_just_started_shows_no_watermark_of_nought():
    watched = observer()
    watched.show_watermark(StandingClock)
    assert value(watched, "watermark_age_seconds", stage="pick") is None
    watched.received(Progress(source="merge", done_until_ns=3 * 10**9, sent_ns=0))
    assert value(watched, "watermark_age_seconds", stage="pick") == 7.0


def test_an_unreadable_message_is_received_too():
    watched = observer()
    watched.received(None)
    assert value(watched, "records_received_total", stage="pick") == 1


def test_grades_are_counted():
    watched = observer()
    watched.sent([Outgoing(MECHANISMS, "e", MECHANISM, 0)])
    assert value(watched, "mechanisms_total", grade=MECHANISM.grade) == 1
