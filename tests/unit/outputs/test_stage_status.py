"""How far workers have come, read from the text that they export."""

import http.server
import threading

import pytest
from prometheus_client import generate_latest

from streamstress.outputs.metrics import Metrics, create_metrics
from streamstress.outputs.stage_status import (
    feeds_of_text,
    fetch_feeds,
    fetch_status,
    quantile,
    status_of_text,
)

INF = float("inf")


@pytest.mark.parametrize(
    ("share", "expected"),
    [(0.1, 0.2), (0.5, 1.0), (0.75, 2.0), (0.9, 3.2), (0.95, 3.6), (1.0, 4.0)],
)
def test_quantiles_lie_straight_inside_their_bucket(share: float, expected: float):
    # 50 below 1 s, 25 from 1 to 2 s, 25 from 2 to 4 s.
    buckets = [(1.0, 50.0), (2.0, 75.0), (4.0, 100.0), (INF, 100.0)]
    assert quantile(buckets, share) == pytest.approx(expected)


def test_a_quantile_beyond_the_last_bound_is_that_bound():
    assert quantile([(1.0, 10.0), (2.0, 20.0), (INF, 100.0)], 0.95) == 2.0


def test_empty_buckets_are_passed_over():
    assert quantile([(1.0, 0.0), (2.0, 0.0), (4.0, 10.0), (INF, 10.0)], 0.5) == pytest.approx(3.0)


@pytest.mark.parametrize("buckets", [[], [(1.0, 0.0), (INF, 0.0)]])
def test_there_is_no_quantile_of_nothing(buckets: list[tuple[float, float]]):
    assert quantile(buckets, 0.5) is None


def exported() -> str:
    metrics = create_metrics("1")
    count = metrics.stage
    for stage, number in (("pick", 3), ("polarity", 100)):
        count.received.labels(stage).inc(number)
        count.sent.labels(stage).inc(2 * number)
        count.rejected.labels(stage, "corrupt-record").inc(1)
        count.rejected.labels(stage, "unknown-station").inc(number)
    for _ in range(10):
        count.latency.labels("pick").observe(0.7)
        count.latency.labels("polarity").observe(100.0)
    return generate_latest(metrics.registry).decode()


def test_a_stage_is_told_by_its_own_numbers_alone():
    status = status_of_text("pick", exported(), 17)
    assert (status.received, status.sent, status.rejected) == (3, 6, 4)
    assert (status.stage, status.worker, status.updated_ns) == ("pick", "pick", 17)
    assert 0.5 < status.p50_s < status.p95_s <= 1.0


def test_a_stage_that_has_done_nothing_yet_has_zeros_and_no_latency():
    status = status_of_text("locate", exported(), 17)
    assert (status.received, status.sent, status.rejected) == (0, 0, 0)
    assert (status.p50_s, status.p95_s) == (None, None)


class _Worker(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        known = self.path == "/metrics"
        self.send_response(200 if known else 404)
        self.end_headers()
        self.wfile.write(exported().encode() if known else b"")

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def test_a_worker_is_asked_over_http_and_one_that_does_not_answer_is_none():
    with http.server.HTTPServer(("127.0.0.1", 0), _Worker) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        address = f"http://127.0.0.1:{server.server_port}"
        found = fetch_status("polarity", f"{address}/metrics")
        missing = fetch_status("polarity", f"{address}/nothing")
        server.shutdown()
        thread.join()
    assert found is not None
    assert found.received == 100
    assert missing is None
    assert fetch_status("polarity", f"{address}/metrics") is None


def test_feeds_tell_age_and_silence_of_each_station():
    metrics = create_metrics("1")
    for station, age_s, silence_s in (("XS.A", 4.5, 0.5), ("XS.B", 700.0, 650.0)):
        metrics.feed.data_age.labels(station).set(age_s)
        metrics.feed.silence.labels(station).set(silence_s)
    feeds = {feed.station: feed for feed in feeds_of_text(exported_by(metrics), 17)}
    assert (feeds["XS.A"].data_age_s, feeds["XS.A"].silence_s) == (4.5, 0.5)
    assert (feeds["XS.B"].data_age_s, feeds["XS.B"].updated_ns) == (700.0, 17)
    assert fetch_feeds("http://127.0.0.1:1/metrics") == []


def exported_by(metrics: Metrics) -> str:
    return generate_latest(metrics.registry).decode()
