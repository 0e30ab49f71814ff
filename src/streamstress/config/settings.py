"""The groups of settings, in the order of the flow."""

from pathlib import Path
from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from streamstress.config.group import Group
from streamstress.config.places import Network


class Clock(Group):
    """What time it is."""

    replay: Path | None = Field(
        None, description="clock file of a replay server; left out: wall time"
    )
    replay_wait_s: float = Field(60.0, ge=0, description="how long to wait for that file, s")


class Kafka(Group):
    """The broker."""

    bootstrap_servers: str | None = Field(
        None, description="host:port of a cluster; left out: the embedded broker is used"
    )
    embedded_port: int = Field(19092, ge=1024, le=65535)
    embedded_folder: Path = Field(
        Path("kafka"), description="data folder, relative to the run folder"
    )
    waveform_partitions: int = Field(4, ge=1, le=256, description="fixed when the topics are made")
    region_partitions: int = Field(24, ge=1, le=256, description="fixed when the topics are made")
    zone_partitions: int = Field(24, ge=1, le=256, description="fixed when the topics are made")
    replication: int = Field(1, ge=1, le=5)
    waveform_retention_bytes: int = Field(4 * 1024**3, ge=1024**2, description="a partition, bytes")
    session_timeout_s: float = Field(10.0, ge=6, description="a dead worker is noticed after, s")
    commit_interval_s: float = Field(0.5, gt=0, le=10, description="s")
    topic_prefix: str = Field("", description="put before each topic's name")


class Ingest(Group):
    """Where waveforms come from."""

    host: str = "127.0.0.1"
    port: int = Field(18000, ge=1, le=65535)
    selectors: list[str] = Field(
        default_factory=lambda: ["*.*"], description="NET.STA or NET.STA:CHA, with * and ?"
    )
    from_earliest: bool = Field(
        False, description="a station without resume point starts at the oldest data of the server"
    )
    resume_file: Path = Path("seedlink-resume.json")
    heartbeat_s: float = Field(5.0, gt=0, description="data time between heartbeats, s")
    future_tolerance_s: float = Field(10.0, ge=0, description="a record this far ahead is rejected")


class Picking(Group):
    """The picker."""

    picker: str = Field(
        "demo", description="'demo', 'phasenet:FILE or NAME', 'eqtransformer:FILE or NAME'"
    )
    step_s: float = Field(5.0, gt=0, le=60, description="windows are aligned to multiples of it, s")
    p_threshold: float = Field(0.3, gt=0, lt=1)
    s_threshold: float = Field(0.3, gt=0, lt=1)
    batch_size: int = Field(32, ge=1, le=256, description="stations a forward pass")
    threads: int = Field(1, ge=1, le=64)
    after_s: float = Field(
        5.0, ge=0, le=30, description="data behind its own part that a window sees, s"
    )
    max_wait_s: float = Field(
        20.0, ge=0, description="data time that a window waits for a late station, s"
    )
    silent_after_s: float = Field(
        60.0, gt=0, description="a station without data this long is not waited for, s"
    )


class Polarity(Group):
    """First motions."""

    weights: Path | None = Field(None, description="left out: the committed weights")
    threshold: float = Field(0.8, ge=0, lt=1, description="least |2p - 1| of a decision")


class Location(Group):
    """Association and location."""

    hop_s: float = Field(5.0, gt=0, le=60, description="association windows end at multiples of it")
    min_picks: int = Field(6, ge=4)
    min_p: int = Field(4, ge=3)
    max_depth_km: float = Field(30.0, gt=0, le=700)
    max_rms_s: float = Field(0.7, gt=0)


class Mechanism(Group):
    """Focal mechanisms."""

    solve: Literal["final", "every"] = Field("final", description="which event versions are solved")
    grid_deg: float = Field(5.0, ge=2, le=10)
    trials: int = Field(30, ge=1, le=200, description="perturbed trials an event")
    min_polarities: int = Field(8, ge=4)
    max_azimuth_gap_deg: float = Field(90.0, gt=0, le=360)
    max_takeoff_gap_deg: float = Field(60.0, gt=0, le=180)
    use_sp: bool = Field(True, description="use S/P amplitude ratios")
    min_probability_c: float = Field(0.5, ge=0, le=1, description="least probability of a C")


class Stress(Group):
    """The rolling estimate."""

    grades: str = Field("ABC", pattern="^[A-D]+$")
    window_events: int = Field(60, ge=10, description="newest events in the estimate")
    min_events: int = Field(20, ge=8)
    bootstrap: int = Field(500, ge=100, le=10_000)
    friction: float = Field(0.6, ge=0, le=1.5)


class Change(Group):
    """The detector."""

    grades: str = Field("ABC", pattern="^[A-D]+$")
    learn_events: int = Field(500, ge=40, description="events of the reference")
    false_alarms_per_1e4: float = Field(1.0, gt=0, le=100, description="alarms per 10,000 events")


class Store(Group):
    """The database."""

    url: str = Field(
        "sqlite:///streamstress.db", description="SQLAlchemy URL, relative to the run folder"
    )


class Web(Group):
    """The page."""

    host: str = "127.0.0.1"
    port: int = Field(8080, ge=1, le=65535)


class Metrics(Group):
    """Prometheus endpoints: one port a worker, counted up from the base."""

    host: str = "127.0.0.1"
    base_port: int = Field(9600, ge=1024, le=65000)


class Logging(Group):
    """Logs."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    json_lines: bool = Field(True, description="JSON lines; false: for people")


class Settings(BaseSettings):
    """All settings of a system."""

    model_config = SettingsConfigDict(
        env_prefix="STREAMSTRESS_", env_nested_delimiter="__", extra="forbid", frozen=True
    )

    run_folder: Path = Field(Path("run"), description="where state, logs and the database live")
    seed: int = 0
    network: Network
    clock: Clock = Clock()
    kafka: Kafka = Kafka()
    ingest: Ingest = Ingest()
    picking: Picking = Picking()
    polarity: Polarity = Polarity()
    location: Location = Location()
    mechanism: Mechanism = Mechanism()
    stress: Stress = Stress()
    change: Change = Change()
    store: Store = Store()
    web: Web = Web()
    metrics: Metrics = Metrics()
    logging: Logging = Logging()
