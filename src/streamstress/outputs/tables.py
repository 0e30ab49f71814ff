"""The schema of the store; ``migrations`` makes it and brings earlier ones up to it.

``events``, ``mechanisms`` and ``changes`` hold the newest version of each record with the columns
that queries need and the whole record as bytes; ``history`` holds every version with its times and
the model that made it; ``stress`` keeps every estimate, since its versions are the time series,
and ``cells`` says where each cell lies. ``number`` is what spatial indexes point at. ``onsets`` are
the traces around P picks, by far the most bytes and kept for some days only; ``feeds`` is the
newest word on each station's waveforms.

Three times a version: ``time_ns`` of the data, ``sent_ns`` when it was known to all, ``stored_ns``
when it was written here.
"""

from sqlalchemy import (
    BigInteger,
    Column,
    Float,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    text,
)

METADATA = MetaData()

DEAD = text("status = 'tombstone'")
"""Few events are withdrawn; an index of them alone tells quickly that one is not."""

ROW_NUMBER = BigInteger().with_variant(Integer, "sqlite")
"""SQLite numbers its rows only under the type INTEGER."""

HISTORY = Table(
    "history",
    METADATA,
    Column("kind", String, primary_key=True),
    Column("record_id", String, primary_key=True),
    Column("version", BigInteger, primary_key=True),
    Column("model", String, primary_key=True),
    Column("region", String, nullable=False),
    Column("status", String, nullable=False),
    Column("time_ns", BigInteger, nullable=False),
    Column("sent_ns", BigInteger, nullable=False),
    Column("stored_ns", BigInteger, nullable=False),
    Column("record", LargeBinary, nullable=False),
    Index("history_time", "kind", "region", "time_ns"),
    Index("history_stored", "stored_ns"),
)

EVENTS = Table(
    "events",
    METADATA,
    Column("number", ROW_NUMBER, primary_key=True),
    Column("event_id", String, nullable=False, unique=True),
    Column("version", BigInteger, nullable=False),
    Column("status", String, nullable=False),
    Column("region", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("time_ns", BigInteger, nullable=False),
    Column("latitude_deg", Float, nullable=False),
    Column("longitude_deg", Float, nullable=False),
    Column("depth_km", Float, nullable=False),
    Column("horizontal_error_km", Float, nullable=False),
    Column("depth_error_km", Float, nullable=False),
    Column("rms_s", Float, nullable=False),
    Column("gap_deg", Float, nullable=False),
    Column("n_p", Integer, nullable=False),
    Column("n_s", Integer, nullable=False),
    Column("n_polarity", Integer, nullable=False),
    Column("magnitude", Float),
    Column("magnitude_kind", String),
    Column("sent_ns", BigInteger, nullable=False),
    Column("record", LargeBinary, nullable=False),
    Index("events_time", "time_ns"),
    Index("events_dead", "event_id", sqlite_where=DEAD, postgresql_where=DEAD),
)

ARRIVALS = Table(
    "arrivals",
    METADATA,
    Column("event_id", String, primary_key=True),
    Column("pick_id", String, primary_key=True),
    Column("station", String, nullable=False),
    Column("phase", String, nullable=False),
    Column("time_ns", BigInteger, nullable=False),
    Column("residual_s", Float, nullable=False),
    Column("weight", Float, nullable=False),
    Column("distance_km", Float, nullable=False),
    Column("azimuth_deg", Float, nullable=False),
    Column("takeoff_deg", Float, nullable=False),
    Column("decision", String),
    Column("up_probability", Float),
    Index("arrivals_station", "station", "time_ns"),
)

MECHANISMS = Table(
    "mechanisms",
    METADATA,
    Column("number", ROW_NUMBER, primary_key=True),
    Column("event_id", String, nullable=False, unique=True),
    Column("version", BigInteger, nullable=False),
    Column("model", String, nullable=False),
    Column("status", String, nullable=False),
    Column("region", String, nullable=False),
    Column("grade", String, nullable=False),
    Column("time_ns", BigInteger, nullable=False),
    Column("latitude_deg", Float, nullable=False),
    Column("longitude_deg", Float, nullable=False),
    Column("depth_km", Float, nullable=False),
    Column("magnitude", Float),
    Column("strike_deg", Float),
    Column("dip_deg", Float),
    Column("rake_deg", Float),
    Column("plane_uncertainty_deg", Float),
    Column("probability", Float),
    Column("misfit", Float),
    Column("n_polarity", Integer, nullable=False),
    Column("sent_ns", BigInteger, nullable=False),
    Column("record", LargeBinary, nullable=False),
    Index("mechanisms_time", "time_ns"),
    Index("mechanisms_grade", "grade", "time_ns"),
    Index("mechanisms_dead", "number", sqlite_where=DEAD, postgresql_where=DEAD),
)

STRESS = Table(
    "stress",
    METADATA,
    Column("cell", String, primary_key=True),
    Column("version", BigInteger, primary_key=True),
    Column("region", String, nullable=False),
    Column("method", String, nullable=False),
    Column("data_time_ns", BigInteger, nullable=False),
    Column("sent_ns", BigInteger, nullable=False),
    Column("stored_ns", BigInteger, nullable=False),
    Column("record", LargeBinary, nullable=False),
    Index("stress_time", "cell", "data_time_ns"),
    Index("stress_sent", "cell", "sent_ns"),
    Index("stress_stored", "stored_ns"),
)

CELLS = Table(
    "cells",
    METADATA,
    Column("cell", String, primary_key=True),
    Column("region", String, nullable=False),
    Column("latitude_deg", Float, nullable=False),
    Column("longitude_deg", Float, nullable=False),
    Column("version", BigInteger, nullable=False),
)

CHANGES = Table(
    "changes",
    METADATA,
    Column("change_id", String, primary_key=True),
    Column("version", BigInteger, nullable=False),
    Column("region", String, nullable=False),
    Column("state", String, nullable=False),
    Column("time_ns", BigInteger, nullable=False),
    Column("onset_time_ns", BigInteger, nullable=False),
    Column("sent_ns", BigInteger, nullable=False),
    Column("record", LargeBinary, nullable=False),
)

CONTROLS = Table(
    "controls",
    METADATA,
    Column("control_id", String, primary_key=True),
    Column("target", String, nullable=False),
    Column("state", String, nullable=False),
    Column("sent_ns", BigInteger, nullable=False),
    Column("record", LargeBinary, nullable=False),
)

PROGRESS = Table(
    "progress",
    METADATA,
    Column("source", String, primary_key=True),
    Column("done_until_ns", BigInteger, nullable=False),
    Column("sent_ns", BigInteger, nullable=False),
)

STAGES = Table(
    "stages",
    METADATA,
    Column("stage", String, primary_key=True),
    Column("worker", String, primary_key=True),
    Column("received", BigInteger, nullable=False),
    Column("sent", BigInteger, nullable=False),
    Column("rejected", BigInteger, nullable=False),
    Column("p50_s", Float),
    Column("p95_s", Float),
    Column("updated_ns", BigInteger, nullable=False),
)

FEEDS = Table(
    "feeds",
    METADATA,
    Column("station", String, primary_key=True),
    Column("data_age_s", Float, nullable=False),
    Column("silence_s", Float, nullable=False),
    Column("updated_ns", BigInteger, nullable=False),
)

ONSETS = Table(
    "onsets",
    METADATA,
    Column("pick_id", String, primary_key=True),
    Column("sampling_rate_hz", Float, nullable=False),
    Column("pick_index", Float, nullable=False),
    Column("samples", LargeBinary, nullable=False),
    Column("stored_ns", BigInteger, nullable=False),
    Index("onsets_stored", "stored_ns"),
)

DEAD_LETTERS = Table(
    "dead_letters",
    METADATA,
    Column("topic", String, primary_key=True),
    Column("partition", Integer, primary_key=True),
    Column("offset", BigInteger, primary_key=True),
    Column("stage", String, primary_key=True),
    Column("reason", String, nullable=False),
    Column("detail", String, nullable=False),
    Column("sent_ns", BigInteger, nullable=False),
)
