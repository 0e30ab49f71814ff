"""Panels of the workers and of Kafka, and their dashboard."""

from streamstress.outputs.dashboards.dashboard import Dashboard, Section
from streamstress.outputs.dashboards.panel import Panel, Query, course, figure, rows, states, steps
from streamstress.outputs.dashboards.panel import words as worded
from streamstress.outputs.dashboards.promql import quantile

UP = worded({0: ("down", "red"), 1: ("up", "green")})
RATE = "rate({}[$__rate_interval])"


def workers_down() -> Panel:
    """How many workers do not answer."""
    return figure(
        "Workers down",
        "Workers that Prometheus cannot scrape. The scrape job must be named 'streamstress'.",
        Query('count(up{job="streamstress"} == 0) or vector(0)', "down"),
        defaults=steps("green", (1, "red")),
        alert="WorkerDown",
    )


def alerts_firing() -> Panel:
    """How many alerts want somebody."""
    return figure(
        "Alerts that fire",
        "Critical ones wake somebody, warnings are for the working day.",
        Query(
            'count(ALERTS{alertstate="firing",severity=~"critical|warning"}) or vector(0)', "fire"
        ),
        defaults=steps("green", (1, "orange")),
        alert="Watchdog",
    )


def queued() -> Panel:
    """How far each stage is behind."""
    return course(
        "Messages that wait, by stage",
        "On the stage's topics and not acknowledged, as the broker says. Picker and locator "
        "keep what a window still needs: some hundreds stand always.",
        Query("sum by (stage) (streamstress_queued_messages)", "{{stage}}"),
        defaults={"min": 0},
        alert="ConsumerLagGrowing",
    )


def _flow() -> list[Panel]:
    return [
        course(
            "Records received a second",
            "Without Progress; what is read again after a restart counts again.",
            Query(_sum(RATE, "streamstress_records_received_total"), "{{stage}}"),
            alert="ConsumerNotFetching",
        ),
        course(
            "Records sent a second",
            "Written and acknowledged by the broker.",
            Query(_sum(RATE, "streamstress_records_sent_total"), "{{stage}}"),
            alert="ConsumerNotFetching",
        ),
        course(
            "Records set aside an hour",
            "By stage and reason; duplicates after a restart of ingest are as they should be.",
            Query(
                "sum by (stage, reason) (increase(streamstress_records_rejected_total[1h]))",
                "{{stage}}: {{reason}}",
            ),
            defaults={"min": 0},
            alert="DeadLetterGrowing",
        ),
    ]


def _sum(what: str, metric: str) -> str:
    return f"sum by (stage) ({what.format(metric)})"


def _delay() -> list[Panel]:
    latency = "streamstress_stage_latency_seconds"
    return [
        queued(),
        course(
            "Open messages",
            "Read and not yet acknowledged.",
            Query("sum by (stage) (streamstress_open_messages)", "{{stage}}"),
            defaults={"min": 0},
        ),
        course(
            "Age of the watermark",
            "Data clock less the time up to which a stage has handed everything on. The first "
            "stage that is high is the one to look at.",
            Query("max by (stage) (streamstress_watermark_age_seconds)", "{{stage}}"),
            unit="s",
            alert="EndToEndLatencyHigh",
        ),
        course(
            "From sending to done, by stage",
            "Median and 95th percentile of the wall time that a record takes, waiting included.",
            Query(quantile(0.5, latency, "10m"), "{{stage}} median"),
            Query(quantile(0.95, latency, "10m"), "{{stage}} 95 %"),
            unit="s",
            alert="EndToEndLatencyHigh",
        ),
        course(
            "Work on a record, by stage",
            "95th percentile of the time that one record keeps the worker busy.",
            Query(quantile(0.95, "streamstress_stage_work_seconds", "10m"), "{{stage}}"),
            unit="s",
            alert="ConsumerLagGrowing",
        ),
        course(
            "Since a stage last went on",
            "Time since it took messages, or none waited for it.",
            Query(
                "time() - max by (stage) (streamstress_last_poll_timestamp_seconds)", "{{stage}}"
            ),
            unit="s",
            defaults={"min": 0},
            alert="ConsumerNotFetching",
        ),
    ]


def _processes() -> list[Panel]:
    return [
        states(
            "Workers",
            "Whether Prometheus could scrape each.",
            Query('up{job="streamstress"}', "{{instance}}"),
            defaults=UP,
            alert="WorkerDown",
        ),
        course(
            "Starts in the last hour",
            "More than three in half an hour: a model that does not load, a broker that refuses.",
            Query('changes(process_start_time_seconds{job="streamstress"}[1h])', "{{instance}}"),
            defaults={"min": 0},
            alert="ModelLoadFailed",
        ),
        states(
            "Models loaded",
            "1 once a worker has loaded what it works with.",
            Query("min by (stage) (streamstress_model_loaded)", "{{stage}}"),
            defaults=worded({0: ("loading", "orange"), 1: ("loaded", "green")}),
            alert="ModelLoadFailed",
        ),
        course(
            "Processor",
            "Cores that each worker uses.",
            Query(RATE.format('process_cpu_seconds_total{job="streamstress"}'), "{{instance}}"),
            stacked=True,
            defaults={"min": 0},
        ),
        course(
            "Memory",
            "Resident memory of each worker.",
            Query('process_resident_memory_bytes{job="streamstress"}', "{{instance}}"),
            unit="bytes",
            stacked=True,
            defaults={"min": 0},
        ),
        rows(
            "Versions that run",
            "All workers of a system should be of one version.",
            Query("count by (version) (streamstress_build_info)", now=True),
            names={"Value": "Workers", "version": "Version"},
        ),
    ]


def pipeline_and_kafka() -> Dashboard:
    """Whether the workers keep up."""
    return Dashboard(
        "pipeline",
        "Pipeline and Kafka",
        "Workers, topics and delays: whether every stage keeps up and what holds it.",
        [
            Section("Now", [workers_down(), alerts_firing()]),
            Section("Flow", _flow()),
            Section("Delay", _delay()),
            Section("Processes", _processes()),
        ],
        shown="now-6h",
    )
