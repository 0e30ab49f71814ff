"""Where the programs of a configuration listen."""

from streamstress.config import Settings
from streamstress.errors import ConfigError
from streamstress.stream.roles import WORKERS

LOOPBACK_NAMES = ("localhost", "127.0.0.1", "::1")


def bootstrap_of(settings: Settings) -> str:
    """Address of the broker: the named cluster, or the embedded one."""
    return settings.kafka.bootstrap_servers or f"127.0.0.1:{settings.kafka.embedded_port}"


def metrics_port(settings: Settings, worker: str) -> int:
    """Port of a worker's probes and metrics."""
    return settings.metrics.base_port + WORKERS.index(worker)


def require_distinct_ports(settings: Settings) -> None:
    """Refuse a configuration that gives one port of this machine to two programs.

    Raises
    ------
    ConfigError
        It does; the message names both settings.
    """
    wanted = [(f"metrics ({name})", metrics_port(settings, name)) for name in WORKERS[:-1]]
    wanted.append(("web.port", settings.web.port))
    if settings.kafka.bootstrap_servers is None:
        wanted.append(("kafka.embedded_port", settings.kafka.embedded_port))
    if settings.ingest.host in LOOPBACK_NAMES:
        wanted.append(("ingest.port", settings.ingest.port))
    takers: dict[int, str] = {}
    for name, port in wanted:
        if port in takers:
            raise ConfigError(
                f"port {port} is taken by {takers[port]} and wanted for {name}; choose another "
                "(metrics.base_port gives the first of a run of ports, one a worker)"
            )
        takers[port] = name
