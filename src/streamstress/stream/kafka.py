"""How this system reaches its Kafka: the one place where clients are made.

Every client of aiokafka takes the same words for address, TLS and login; faust wants the same
again as credentials of its own.
"""

import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient
from faust.auth import SASLCredentials, SSLCredentials
from faust.types.auth import CredentialsT

from streamstress.config import Settings
from streamstress.config.kafka import Kafka as KafkaSettings
from streamstress.config.secrets import secret_in
from streamstress.errors import ConfigError
from streamstress.stream.addresses import bootstrap_of


@dataclass(frozen=True, slots=True)
class Kafka:
    """The address of a Kafka, and how to get in.

    ``security`` is what aiokafka's clients take beside ``bootstrap_servers``; it holds a
    password, so it is not printed.
    """

    bootstrap: str
    security: Mapping[str, Any] = field(default_factory=dict, repr=False)

    def __str__(self) -> str:
        return self.bootstrap

    def producer(self, **options: Any) -> AIOKafkaProducer:  # noqa: ANN401 - aiokafka's own
        """Make a producer whose sends are acknowledged by all replicas and never doubled."""
        return AIOKafkaProducer(
            bootstrap_servers=self.bootstrap,
            acks="all",
            enable_idempotence=True,
            **self.security,
            **options,
        )

    def consumer(self) -> AIOKafkaConsumer:
        """Make a consumer without a group, which commits nothing."""
        return AIOKafkaConsumer(
            bootstrap_servers=self.bootstrap, enable_auto_commit=False, **self.security
        )

    def admin(self) -> AIOKafkaAdminClient:
        """Make a client for what is asked of the cluster itself."""
        return AIOKafkaAdminClient(bootstrap_servers=self.bootstrap, **self.security)

    def credentials(self) -> CredentialsT | None:
        """Say the same in faust's words."""
        context = self.security.get("ssl_context")
        if "sasl_mechanism" in self.security:
            return SASLCredentials(
                username=self.security["sasl_plain_username"],
                password=self.security["sasl_plain_password"],
                mechanism=self.security["sasl_mechanism"],
                ssl_context=context,
            )
        return SSLCredentials(context) if context is not None else None


def kafka_of(settings: Settings) -> Kafka:
    """Kafka of a configuration: the named cluster, or the embedded broker.

    Raises
    ------
    ConfigError
        A file of a password or of a certificate cannot be used.
    """
    kafka = settings.kafka
    security: dict[str, Any] = {}
    if kafka.security_protocol != "PLAINTEXT":
        security["security_protocol"] = kafka.security_protocol
    if kafka.security_protocol in ("SSL", "SASL_SSL"):
        security["ssl_context"] = _tls(kafka)
    if kafka.sasl_password_file is not None:
        security["sasl_mechanism"] = kafka.sasl_mechanism
        security["sasl_plain_username"] = kafka.sasl_username
        security["sasl_plain_password"] = secret_in(
            kafka.sasl_password_file, "kafka.sasl_password_file"
        )
    return Kafka(bootstrap_of(settings), security)


def _tls(kafka: KafkaSettings) -> ssl.SSLContext:
    """TLS that checks the certificate and its host; with this client's own where it has one."""
    try:
        context = ssl.create_default_context(cafile=kafka.ssl_ca_file)
    except (OSError, ssl.SSLError) as error:
        raise ConfigError(
            f"kafka.ssl_ca_file: {kafka.ssl_ca_file} holds no PEM certificates ({error})"
        ) from error
    if kafka.ssl_certificate_file is not None and kafka.ssl_key_file is not None:
        try:
            # Without a password given, an encrypted key would ask on the terminal.
            context.load_cert_chain(kafka.ssl_certificate_file, kafka.ssl_key_file, lambda: "")
        except (OSError, ssl.SSLError) as error:
            raise ConfigError(
                f"kafka.ssl_certificate_file: {kafka.ssl_certificate_file} with "
                f"{kafka.ssl_key_file} cannot be used ({error})"
            ) from error
    return context
