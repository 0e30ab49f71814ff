"""The settings of Kafka."""

from pathlib import Path
from typing import Literal

from pydantic import Field, model_validator

from streamstress.config.group import Group


class Kafka(Group):
    """The broker, and how to get in."""

    bootstrap_servers: str | None = Field(
        None,
        description="host:port of your Kafka, several with commas; "
        "left out: the embedded broker is used",
    )
    embedded_port: int = Field(
        19092, ge=1024, le=65535, description="port of the embedded broker, on loopback"
    )
    embedded_folder: Path = Field(
        Path("kafka"),
        description="folder of the embedded broker's data and log, relative to the run folder",
    )
    waveform_partitions: int = Field(
        4,
        ge=1,
        le=256,
        description="most pick workers at once; stations are spread over them by hash; "
        "fixed when the topics are made",
    )
    region_partitions: int = Field(
        24,
        ge=1,
        le=256,
        description="most regions that can ever be; fixed when the topics are made",
    )
    zone_partitions: int = Field(
        24, ge=1, le=256, description="most zones that can ever be; fixed when the topics are made"
    )
    replication: int = Field(
        1, ge=1, le=5, description="copies of each topic; 1 with the embedded broker"
    )
    waveform_retention_bytes: int = Field(
        4 * 1024**3,
        ge=1024**2,
        description="waveforms kept, bytes a partition; at most 24 hours in any case",
    )
    session_timeout_s: float = Field(
        10.0, ge=6, description="Kafka gives a dead worker's partitions to another after so long, s"
    )
    start_wait_s: float = Field(
        60.0, ge=0, description="a starting worker waits so long for the broker, then ends, s"
    )
    commit_interval_s: float = Field(
        0.5, gt=0, le=10, description="how often read offsets are committed, s"
    )
    topic_prefix: str = Field(
        "",
        description="put before the name of each topic and consumer group, so that several "
        "systems can share one Kafka",
    )
    security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = Field(
        "PLAINTEXT", description="Kafka's own word for TLS and login, of your Kafka"
    )
    sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = Field(
        "SCRAM-SHA-512", description="how the password is proven; PLAIN only with SASL_SSL"
    )
    sasl_username: str = Field("", description="login, with SASL_PLAINTEXT and SASL_SSL")
    sasl_password_file: Path | None = Field(
        None, description="file with the login's password, and nothing else"
    )
    ssl_ca_file: Path | None = Field(
        None,
        description="PEM certificates of the authorities that may sign the brokers'; left out: "
        "the system's",
    )
    ssl_certificate_file: Path | None = Field(
        None, description="PEM certificate of this client, where the brokers ask for one"
    )
    ssl_key_file: Path | None = Field(
        None, description="PEM key of that certificate, without a password"
    )

    @model_validator(mode="after")
    def _one_way_in(self) -> "Kafka":
        """Refuse what cannot work or would be passed over in silence."""
        by_login, by_tls = "SASL" in self.security_protocol, "SSL" in self.security_protocol
        has_login = bool(self.sasl_username), self.sasl_password_file is not None
        has_pair = self.ssl_certificate_file is not None, self.ssl_key_file is not None
        if self.bootstrap_servers is None and self.security_protocol != "PLAINTEXT":
            raise ValueError("security_protocol is for your Kafka: give bootstrap_servers too")
        if any(has_login) is not by_login or all(has_login) is not by_login:
            raise ValueError(
                "sasl_username and sasl_password_file are needed with SASL_PLAINTEXT and SASL_SSL, "
                "and only then"
            )
        if self.security_protocol == "SASL_PLAINTEXT" and self.sasl_mechanism == "PLAIN":
            raise ValueError("PLAIN would send the password readable: use SASL_SSL or SCRAM")
        if (any(has_pair) or self.ssl_ca_file) and not by_tls:
            raise ValueError("ssl_… files are used with SSL and SASL_SSL only")
        if any(has_pair) is not all(has_pair):
            raise ValueError("ssl_certificate_file and ssl_key_file are given together")
        return self
