"""How far each worker has come and how old each feed is, read from the metrics they export."""

import time
import urllib.error
import urllib.request
from collections.abc import Sequence

from prometheus_client.parser import text_string_to_metric_families

from streamstress.outputs.rows import FeedStatus, StageStatus

TIMEOUT_S = 1.0

Buckets = Sequence[tuple[float, float]]
"""Upper bound and cumulative count, ascending."""


def fetch_status(stage: str, url: str) -> StageStatus | None:
    """Status of one worker by its metrics' address; None where it does not answer."""
    text = _fetched(url)
    return None if text is None else status_of_text(stage, text, time.time_ns())


def fetch_feeds(url: str) -> list[FeedStatus]:
    """Feeds by the address of the ingest's metrics; none where it does not answer."""
    text = _fetched(url)
    return [] if text is None else feeds_of_text(text, time.time_ns())


def _fetched(url: str) -> str | None:
    try:
        with urllib.request.urlopen(url, timeout=TIMEOUT_S) as answer:  # noqa: S310 - http by caller
            text: str = answer.read().decode()
            return text
    except (urllib.error.URLError, OSError):
        return None


def feeds_of_text(text: str, now_ns: int) -> list[FeedStatus]:
    """Data age and feed silence of each station from the text of a ``/metrics`` answer."""
    found: dict[str, dict[str, float]] = {"data_age": {}, "feed_silence": {}}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            name = sample.name.removeprefix("streamstress_").removesuffix("_seconds")
            if name in found and "station" in sample.labels:
                found[name][sample.labels["station"]] = sample.value
    return [
        FeedStatus(
            station=station,
            data_age_s=age_s,
            silence_s=found["feed_silence"][station],
            updated_ns=now_ns,
        )
        for station, age_s in found["data_age"].items()
        if station in found["feed_silence"]
    ]


def status_of_text(stage: str, text: str, now_ns: int) -> StageStatus:
    """Status of one stage from the text of a ``/metrics`` answer, which may hold several."""
    totals = {"received": 0.0, "sent": 0.0, "rejected": 0.0}
    buckets: list[tuple[float, float]] = []
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            if sample.labels.get("stage") != stage:
                continue
            for name in totals:
                if sample.name == f"streamstress_records_{name}_total":
                    totals[name] += sample.value
            if sample.name == "streamstress_stage_latency_seconds_bucket":
                buckets.append((float(sample.labels["le"]), sample.value))
    buckets.sort()
    return StageStatus(
        stage=stage,
        worker=stage,
        received=int(totals["received"]),
        sent=int(totals["sent"]),
        rejected=int(totals["rejected"]),
        p50_s=quantile(buckets, 0.5),
        p95_s=quantile(buckets, 0.95),
        updated_ns=now_ns,
    )


def quantile(buckets: Buckets, share: float) -> float | None:
    """Quantile of a histogram, straight inside a bucket as PromQL's ``histogram_quantile``."""
    if not buckets or buckets[-1][1] <= 0:
        return None
    wanted = share * buckets[-1][1]
    low_s, below = 0.0, 0.0
    for bound_s, count in buckets:
        if count >= wanted:
            if bound_s == float("inf"):
                return low_s
            inside = count - below
            return low_s + (bound_s - low_s) * ((wanted - below) / inside if inside else 1.0)
        low_s, below = bound_s, count
    return low_s
