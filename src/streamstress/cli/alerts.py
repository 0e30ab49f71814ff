"""``streamstress alerts``: whether an alarm would reach anybody."""

import getpass
import json
from dataclasses import asdict
from enum import StrEnum
from typing import Annotated

import typer

from streamstress.outputs.alertmanager import Outcome, TestAlarm, send_test_alarm, wait_for_outcome

app = typer.Typer(help="Try the way of an alarm to those on shift.", no_args_is_help=True)


class Severity(StrEnum):
    """Of the test; the routes of Alertmanager choose by it."""

    critical = "critical"
    warning = "warning"
    info = "info"


@app.command("test")
def try_the_way(
    alertmanager: Annotated[
        str, typer.Option(help="address of Alertmanager")
    ] = "http://127.0.0.1:9093",
    severity: Annotated[
        Severity, typer.Option(help="takes the way of alerts of this severity")
    ] = Severity.critical,
    wait: Annotated[
        float, typer.Option(min=0, help="wait so long for a notification, s; group_wait is in it")
    ] = 60.0,
    as_json: Annotated[bool, typer.Option("--json", help="print JSON")] = False,
) -> None:
    """Send a test alarm through Alertmanager and say what came of it; status 1 if nothing did."""
    alarm = send_test_alarm(alertmanager, severity.value, getpass.getuser())
    found = wait_for_outcome(alertmanager, alarm, wait)
    went_out = bool(found.sent) and not found.failed
    if as_json:
        typer.echo(json.dumps({"labels": dict(alarm.labels), "ok": went_out, **asdict(found)}))
    else:
        typer.echo("\n".join(sentences(alarm, found)))
    if not went_out:
        raise typer.Exit(1)


def sentences(alarm: TestAlarm, found: Outcome) -> list[str]:
    """What became of a test alarm, and what to do."""
    told = [f"Alertmanager took the alarm {alarm.labels['region']} ({alarm.labels['severity']})."]
    if found.receivers:
        told.append(f"Receivers by its routes: {', '.join(found.receivers)}.")
    told += [f"Sent by {way}: {count:.0f}." for way, count in found.sent.items()]
    told += [
        f"FAILED by {way}: {count:.0f} attempts; the log of Alertmanager says why."
        for way, count in found.failed.items()
    ]
    return [*told, _what_now(found)]


def _what_now(found: Outcome) -> str:
    if found.silenced_by:
        return (
            f"A silence holds it back ({', '.join(found.silenced_by)}), and true alarms with it: "
            "amtool silence query; amtool silence expire ID."
        )
    if found.inhibited_by:
        return "Another alert inhibits it: look at the inhibit_rules of Alertmanager."
    if found.failed:
        return "Until that is repaired nobody is told of an alarm."
    if found.sent:
        return "Now ask those on shift whether it came: what they got begins with TEST."
    if found.state == "absent":
        return "Alertmanager no longer knows it: did it restart? Try again."
    return "Nothing has gone out: is group_wait longer than --wait, or is the receiver empty?"
