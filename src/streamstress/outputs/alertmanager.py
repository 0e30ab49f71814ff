"""A test alarm through Alertmanager's API (version 2), and what became of it."""

import json
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from prometheus_client.parser import text_string_to_metric_families

from streamstress.errors import AlertmanagerError

TIMEOUT_S = 5.0
PAUSE_S = 0.5
"""Between two looks at what Alertmanager has counted."""
LASTS_S = 120.0
"""The alarm ends by itself after so long."""
NAME = "StreamstressTest"

Counts = Mapping[str, float]
"""Notifications by way out, as ``webhook`` or ``email``."""


@dataclass(frozen=True, slots=True)
class TestAlarm:
    """A test alarm as it was sent."""

    __test__ = False

    labels: Mapping[str, str]
    sent_before: Counts
    failed_before: Counts


@dataclass(frozen=True, slots=True)
class Outcome:
    """What Alertmanager made of it; counts are of the time since it was sent."""

    state: str
    """``active``, ``suppressed``, or ``unprocessed``; ``absent`` where Alertmanager lost it."""
    receivers: tuple[str, ...] = ()
    silenced_by: tuple[str, ...] = ()
    inhibited_by: tuple[str, ...] = ()
    sent: Counts = field(default_factory=dict)
    """Also of other alarms of that time: Alertmanager counts by way out only."""
    failed: Counts = field(default_factory=dict)


def send_test_alarm(url: str, severity: str, person: str) -> TestAlarm:
    """Send an alarm that is plainly a test and ends by itself.

    Raises
    ------
    AlertmanagerError
        Alertmanager does not answer or refuses.
    """
    now = datetime.now(UTC)
    sent, failed = _counts(url)
    # Alarms are grouped by region: each test is a group of its own and waits for no other.
    moment = now.isoformat(timespec="milliseconds")
    labels = {"alertname": NAME, "severity": severity, "region": f"TEST {moment}"}
    alarm = {
        "labels": labels,
        "annotations": {
            "summary": "TEST of the alarm path of streamstress: nothing has happened",
            "description": f"Sent by {person} with 'streamstress alerts test'. No action needed.",
        },
        "startsAt": now.isoformat(),
        "endsAt": (now + timedelta(seconds=LASTS_S)).isoformat(),
    }
    _ask(url, "/api/v2/alerts", [alarm])
    return TestAlarm(labels, sent, failed)


def outcome(url: str, alarm: TestAlarm) -> Outcome:
    """What has become of a test alarm by now."""
    sent, failed = _counts(url)
    sent, failed = _more(sent, alarm.sent_before), _more(failed, alarm.failed_before)
    filters = [f'{name}="{value}"' for name, value in alarm.labels.items()]
    query = urllib.parse.urlencode({"filter": filters}, doseq=True)
    found = json.loads(_ask(url, f"/api/v2/alerts?{query}"))
    if not found:
        return Outcome("absent", sent=sent, failed=failed)
    status = found[0]["status"]
    return Outcome(
        status["state"],
        tuple(receiver["name"] for receiver in found[0]["receivers"]),
        tuple(status["silencedBy"]),
        tuple(status["inhibitedBy"]),
        sent,
        failed,
    )


def wait_for_outcome(url: str, alarm: TestAlarm, at_most_s: float) -> Outcome:
    """Outcome as soon as something was sent, failed or held the alarm back; or after a time."""
    give_up_at = time.monotonic() + at_most_s
    while True:
        found = outcome(url, alarm)
        told = found.sent or found.failed or found.state == "suppressed"
        if told:
            # Requests are counted before failures: a look between the two takes one for the other.
            time.sleep(PAUSE_S)
            return outcome(url, alarm)
        if time.monotonic() > give_up_at:
            return found
        time.sleep(PAUSE_S)


def _more(now: Counts, before: Counts) -> dict[str, float]:
    return {
        way: count - before.get(way, 0) for way, count in now.items() if count > before.get(way, 0)
    }


def _counts(url: str) -> tuple[Counts, Counts]:
    """Requests that got through by way out, and those that failed, since Alertmanager started.

    Its count of notifications is of no use here: it rises before the first try.
    """
    text = _ask(url, "/metrics").decode()
    tried: dict[str, float] = {}
    failed: dict[str, float] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            way = sample.labels.get("integration", "")
            if sample.name == "alertmanager_notification_requests_total":
                tried[way] = tried.get(way, 0) + sample.value
            elif sample.name == "alertmanager_notification_requests_failed_total":
                failed[way] = failed.get(way, 0) + sample.value
    return {way: count - failed.get(way, 0) for way, count in tried.items()}, failed


def _ask(url: str, path: str, body: Any = None) -> bytes:  # noqa: ANN401 - any JSON
    request = urllib.request.Request(  # noqa: S310 - the address is the operator's
        url.rstrip("/") + path,
        None if body is None else json.dumps(body).encode(),
        {"Content-Type": "application/json"},
    )
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT_S) as answer:  # noqa: S310
            return bytes(answer.read())
    except urllib.error.HTTPError as error:
        detail = error.read().decode(errors="replace").strip()
        raise AlertmanagerError(f"{url}{path} answers {error.code}: {detail}") from error
    except (OSError, ValueError) as error:
        raise AlertmanagerError(
            f"no Alertmanager answers at {url} ({error}); give its address with --alertmanager"
        ) from error
