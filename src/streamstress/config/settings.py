"""The groups of settings, in the order of the flow."""

from pathlib import Path
from typing import Literal

from pydantic import Field, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from streamstress.config.group import Group
from streamstress.config.kafka import Kafka
from streamstress.config.places import Network
from streamstress.config.stages import (
    Change,
    EventType,
    Location,
    Mechanism,
    Picking,
    Polarity,
    Stress,
)


class Clock(Group):
    """What time it is."""

    replay: Path | None = Field(
        None,
        description="clock file that `streamstress replay --clock` writes, for old data; "
        "left out: wall time, for live data",
    )
    replay_wait_s: float = Field(
        60.0, ge=0, description="how long ingest waits for that file at its start, s"
    )


class Ingest(Group):
    """Where waveforms come from."""

    host: str = Field("127.0.0.1", description="SeedLink server, name or address")
    port: int = Field(18000, ge=1, le=65535, description="SeedLink port")
    tls: bool = Field(
        False,
        description="TLS, the certificate checked against the system's authorities, or those of "
        "the file that the environment variable SSL_CERT_FILE names",
    )
    username: str = Field("", description="login of SeedLink version 4; empty: none")
    password_file: Path | None = Field(
        None, description="file with the password of that login, and nothing else"
    )
    selectors: list[str] = Field(
        default_factory=lambda: ["*.*"],
        description="stations wanted: NET.STA, or NET.STA:CHA with channels; * and ? match any",
    )
    from_earliest: bool = Field(
        False,
        description="a station without resume point starts at the oldest data of the server, "
        "else at the newest",
    )
    resume_file: Path = Field(
        Path("seedlink-resume.json"),
        description="last acknowledged record of each station, relative to the run folder",
    )
    heartbeat_s: float = Field(
        5.0,
        gt=0,
        description="data time between the messages that move quiet stations' windows on, s",
    )
    future_tolerance_s: float = Field(
        10.0, ge=0, description="a record that ends later than now by more is rejected, s"
    )

    @model_validator(mode="after")
    def _whole_login(self) -> "Ingest":
        if bool(self.username) != (self.password_file is not None):
            raise ValueError("username and password_file are given together")
        return self


class Backfill(Group):
    """Where data that never came are fetched from afterwards."""

    source: str = Field(
        "",
        description="archive of miniSEED, a folder, or `fdsn:` and the address of a dataselect "
        "service; gaps of the whole feed are filled from it by themselves; empty: by hand alone",
    )
    channels: list[str] = Field(
        default_factory=lambda: ["EH?", "HH?", "BH?", "SH?", "HN?"],
        min_length=1,
        description="channels asked of such a service",
    )
    wait_s: float = Field(
        600.0,
        ge=0,
        description="a gap is filled so long after it was noticed, when the archive has the data, "
        "s",
    )
    longest_hours: float = Field(
        24.0, gt=0, description="a longer gap waits for a person and `streamstress backfill`"
    )


class Store(Group):
    """The database."""

    url: str = Field(
        "sqlite:///streamstress.db",
        description="SQLAlchemy URL; a relative SQLite file lies in the run folder; PostgreSQL as "
        "postgresql://user@host/name, its tables by `streamstress store upgrade`",
    )
    keep_versions_days: float | None = Field(
        None,
        gt=0,
        description="superseded versions of events, mechanisms and changes are kept so long, days; "
        "what was known when an alarm opened is told from them; left out: for ever",
    )
    keep_estimates_days: float | None = Field(
        None,
        gt=0,
        description="stress estimates but the newest of each cell are kept so long, days; left "
        "out: for ever",
    )
    keep_dead_letters_days: float | None = Field(
        None,
        gt=0,
        description="what is told of messages set aside is kept so long, days; left out: for ever",
    )
    keep_onsets_days: float = Field(
        7.0,
        ge=0,
        description="traces around P picks, for the pages of events, are kept so long, days; they "
        "take about 1 kB a pick, most of the bytes of the store; 0: none is kept",
    )


class Web(Group):
    """The page."""

    host: str = Field("127.0.0.1", description="address to listen on; everybody there may read")
    port: int = Field(8080, ge=1, le=65535, description="port of page and API")
    token_file: Path | None = Field(
        None,
        description="file with the token that mute, reversal and acknowledge ask for; left out: "
        "the page is read-only",
    )
    faults: Path | None = Field(
        None,
        description="fault traces on the map of stress: GeoJSON lines (with a dip: coloured by "
        "slip tendency), or CSV",
    )
    boundaries: Path | None = Field(
        None,
        description="lines on the map of stress, with the contrast of SHmax across them: GeoJSON "
        "or CSV",
    )
    refresh_s: float = Field(
        2.0, gt=0, le=60, description="how often the page looks for news in the store, seconds"
    )


class Metrics(Group):
    """Prometheus endpoints: one port a worker, counted up from the base."""

    host: str = Field("127.0.0.1", description="address to listen on")
    base_port: int = Field(
        9600,
        ge=1024,
        le=65000,
        description="port of ingest; the other workers count up in the order of the flow",
    )


class Logging(Group):
    """Logs."""

    level: Literal["debug", "info", "warning", "error"] = Field("info", description="least level")
    json_lines: bool = Field(True, description="workers log JSON lines; false: lines for people")


class Traces(Group):
    """One event's way through the stages as a trace of OpenTelemetry; needs the extra `traces`."""

    export: Literal["off", "log", "otlp"] = Field(
        "off",
        description="where spans go: nowhere, into the log (`streamstress trace` reads them "
        "there), or to a collector",
    )
    otlp_endpoint: str = Field(
        "http://127.0.0.1:4318/v1/traces",
        pattern="^https?://",
        description="address of that collector: OTLP over HTTP, in JSON",
    )


class Settings(BaseSettings):
    """All settings of a system."""

    model_config = SettingsConfigDict(
        env_prefix="STREAMSTRESS_", env_nested_delimiter="__", extra="forbid", frozen=True
    )

    run_folder: Path = Field(
        Path("run"),
        description="where logs, database, resume file and embedded Kafka live",
    )
    seed: int = Field(
        0, description="of all that draws random numbers; same data and seed, same results"
    )
    network: Network
    clock: Clock = Clock()
    kafka: Kafka = Kafka()
    ingest: Ingest = Ingest()
    backfill: Backfill = Backfill()
    picking: Picking = Picking()
    polarity: Polarity = Polarity()
    location: Location = Location()
    event_type: EventType = EventType()
    mechanism: Mechanism = Mechanism()
    stress: Stress = Stress()
    change: Change = Change()
    store: Store = Store()
    web: Web = Web()
    metrics: Metrics = Metrics()
    logging: Logging = Logging()
    traces: Traces = Traces()
