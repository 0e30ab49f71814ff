"""How far each worker has come, read from the metrics that it exports."""

import time
import urllib.error
import urllib.request
from collections.abc import Sequence

from prometheus_client.parser import text_string_to_metric_families

from streamstress.outputs.rows import StageStatus

TIMEOUT_S = 1.0

Buckets = Sequence[tuple[float, float]]
"""Upper bound and cumulative count, ascending."""


def fetch_status(stage: str, url: str) -> StageStatus | None:
    """Status of one worker by its metrics' address; None where it does not answer."""
    try:
        with urllib.request.urlopen(url, timeout=TIMEOUT_S) as answer:  # noqa: S310 - http by caller
            text = answer.read().decode()
    except (urllib.error.URLError, OSError):
        return None
    return status_of_text(stage, text, time.time_ns())


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
