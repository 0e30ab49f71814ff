"""The page of metrics, written from the metrics themselves."""

from collections.abc import Iterator

from prometheus_client import Counter, Gauge, Histogram, Info

from streamstress.outputs.metrics import create_metrics


def metric_lines() -> Iterator[str]:
    """Markdown lines: a row a metric."""
    yield "# Metrics"
    yield ""
    yield "<!-- Written by: streamstress metrics > docs/metrics.md -->"
    yield ""
    yield (
        "Every worker but the page serves `/metrics` on its own port "
        "([operations.md](operations.md#ports) says more of how to read them). A counter counts "
        "from the worker's start; a histogram has `_bucket`, `_sum` and `_count`."
    )
    yield from ("", "| metric | type | labels | meaning |", "| --- | --- | --- | --- |")
    registry = create_metrics("0").registry
    # The one list of collectors that a registry has.
    for metric in registry._collector_to_names:
        if isinstance(metric, Counter | Gauge | Histogram | Info):
            (family,) = metric.describe()
            ending = {"counter": "_total", "info": "_info"}.get(family.type, "")
            labels = ", ".join(f"`{label}`" for label in metric._labelnames)
            yield f"| `{family.name}{ending}` | {family.type} | {labels} | {family.documentation} |"
    yield ""
    yield (
        "Beside these the process's own: `process_cpu_seconds_total`, "
        "`process_resident_memory_bytes`, `process_start_time_seconds` and others."
    )
