"""Panels of the stations, and their dashboard."""

from streamstress.outputs.dashboards.dashboard import Dashboard, Section
from streamstress.outputs.dashboards.panel import (
    Panel,
    Query,
    course,
    field_named,
    figure,
    rows,
    states,
    steps,
)
from streamstress.outputs.dashboards.promql import STATION

SILENT_S = 600
"""As in the alert StationFeedSilent."""
SILENCE = steps("green", (60, "yellow"), (SILENT_S, "red"))


def silent_stations() -> Panel:
    """How many stations send nothing."""
    return figure(
        "Silent stations",
        "Stations of which no record came for ten minutes. One that was never heard since the "
        "start of ingest does not count: 'streamstress doctor' names it.",
        Query(f"count(streamstress_feed_silence_seconds > {SILENT_S}) or vector(0)", "silent"),
        defaults=steps("green", (1, "orange"), (5, "red")),
        alert="StationsSilentMany",
    )


def heard_stations() -> Panel:
    """How many stations send."""
    return figure(
        "Stations heard",
        "Stations of which a record came within the last ten minutes.",
        Query(f"count(streamstress_feed_silence_seconds <= {SILENT_S}) or vector(0)", "heard"),
        defaults=steps("red", (1, "green")),
        alert="StationsSilentMany",
    )


def waiting_reversals() -> Panel:
    """How many stations wait for a person."""
    return figure(
        "Stations that seem reversed",
        "Their first motions contradict those of all others, and nobody has decided yet: "
        "'streamstress control list' has the command for each.",
        Query("count(streamstress_reversal_proposed) or vector(0)", "waiting"),
        defaults=steps("green", (1, "orange")),
        alert="ReversalProposed",
    )


def _table() -> Panel:
    return rows(
        "Stations",
        "Silence: wall time since the newest record came. Age: data clock less the end of that "
        "record; negative where the station's clock is ahead.",
        Query(f"streamstress_feed_silence_seconds{STATION}", now=True),
        Query(f"streamstress_data_age_seconds{STATION}", now=True),
        join="station",
        names={"station": "Station", "Value #A": "Silence", "Value #B": "Age of data"},
        overrides=[
            field_named(
                "Silence", unit="s", decimals=0, custom__cellOptions={"type": "color-background"}
            ),
            field_named("Age of data", unit="s", decimals=0),
        ],
        defaults=SILENCE,
        width=12,
        height=12,
        alert="StationFeedSilent",
    )


def stations_and_data() -> Dashboard:
    """What comes in, from whom, and how good it is."""
    silence = states(
        "Silence of each station",
        "Green: heard within a minute; yellow: within ten; red: longer.",
        Query(f"streamstress_feed_silence_seconds{STATION}", "{{station}}"),
        unit="s",
        defaults=SILENCE,
        width=12,
        height=12,
        alert="StationFeedSilent",
    )
    ages = course(
        "Age of the data",
        "Data clock less the end of each station's newest record: what telemetry adds.",
        Query(f"streamstress_data_age_seconds{STATION}", "{{station}}"),
        unit="s",
        alert="StationFeedSilent",
    )
    skew = course(
        "Data ahead of the clock",
        "How far the newest data end after now. Anything but 0 is a wrong clock.",
        Query("streamstress_clock_skew_seconds", "ahead"),
        unit="s",
        defaults={"min": 0},
        alert="ClockSkew",
    )
    clocks = rows(
        "Stations whose clock seems wrong",
        "How late their P picks come in most earthquakes; empty: none. Events are located without.",
        Query("streamstress_station_clock_offset_seconds", now=True),
        names={"station": "Station", "Value": "Late by, s"},
        hidden=("Time", "__name__", "instance", "job"),
        alert="StationClockWrong",
    )
    received = course(
        "Waveforms received",
        "Bytes a second from the SeedLink server.",
        Query("sum(rate(streamstress_feed_received_bytes_total[$__rate_interval]))", "received"),
        unit="Bps",
        alert="StationsSilentMany",
    )
    connections = course(
        "Connections begun",
        "Each is a line that broke, or a start of ingest.",
        Query("sum(increase(streamstress_feed_reconnects_total[$__rate_interval]))", "connections"),
        alert="StationsSilentMany",
    )
    reversed_stations = rows(
        "Stations that seem reversed",
        "Empty: none. Each is a proposal that no one has confirmed or refused.",
        Query("streamstress_reversal_proposed", now=True),
        names={"station": "Station"},
        hidden=("Time", "__name__", "instance", "job", "Value"),
        alert="ReversalProposed",
    )
    return Dashboard(
        "stations",
        "Stations and data quality",
        "Which stations send, how late, and whether their clocks and polarities can be trusted.",
        [
            Section("Now", [heard_stations(), silent_stations(), waiting_reversals()]),
            Section("Each station", [_table(), silence]),
            Section("Feed", [ages, skew, received, connections, clocks, reversed_stations]),
        ],
    )
