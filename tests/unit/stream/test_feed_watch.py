"""Data age and silence grow by themselves, and a station that left takes its series along."""

from dataclasses import dataclass

from streamstress.outputs.metrics import create_metrics
from streamstress.stream.feed_watch import LEAVES_AFTER_S, FeedWatch


@dataclass
class Hands:
    """Both clocks, moved by hand."""

    seconds: float = 100.0

    def now_ns(self) -> int:
        return round(self.seconds * 1e9)

    def monotonic_s(self) -> float:
        return self.seconds


def watch(hands: Hands) -> FeedWatch:
    return FeedWatch(create_metrics("0"), hands, hands.monotonic_s)


def gauge(feeds: FeedWatch, name: str) -> float | None:
    labels = {"station": "XX.A"}
    return feeds.metrics.registry.get_sample_value(f"streamstress_{name}_seconds", labels)


def test_age_and_silence_grow_while_a_station_says_nothing():
    hands = Hands()
    feeds = watch(hands)
    feeds.heard("XX.A", 97_000_000_000)
    assert (gauge(feeds, "data_age"), gauge(feeds, "feed_silence")) == (3.0, 0.0)
    hands.seconds += 60
    assert (gauge(feeds, "data_age"), gauge(feeds, "feed_silence")) == (63.0, 60.0)
    feeds.heard("XX.A", 90_000_000_000)
    assert (gauge(feeds, "data_age"), gauge(feeds, "feed_silence")) == (63.0, 0.0)


def test_a_station_that_left_leaves_no_series():
    hands = Hands()
    feeds = watch(hands)
    feeds.heard("XX.A", 97_000_000_000)
    hands.seconds += LEAVES_AFTER_S + 1
    feeds.drop_gone()
    assert gauge(feeds, "data_age") is None
    feeds.heard("XX.A", hands.now_ns())
    assert gauge(feeds, "data_age") == 0.0


def test_a_station_that_was_silent_before_a_restart_still_is():
    hands = Hands(seconds=10_000.0)
    feeds = watch(hands)
    feeds.expect("XX.A", 8_800_000_000_000)
    assert (gauge(feeds, "data_age"), gauge(feeds, "feed_silence")) == (1200.0, 1200.0)
    feeds.heard("XX.A", 9_999_000_000_000)
    assert (gauge(feeds, "data_age"), gauge(feeds, "feed_silence")) == (1.0, 0.0)


def test_a_station_that_left_before_a_restart_does_not_come_back():
    hands = Hands(seconds=LEAVES_AFTER_S + 100)
    feeds = watch(hands)
    feeds.expect("XX.A", 0)
    assert gauge(feeds, "feed_silence") is None


def test_data_ahead_of_the_clock_show_as_skew():
    feeds = watch(Hands())
    name = "streamstress_clock_skew_seconds"
    assert feeds.metrics.registry.get_sample_value(name) == 0.0
    feeds.heard("XX.A", 102_500_000_000)
    assert feeds.metrics.registry.get_sample_value(name) == 2.5
