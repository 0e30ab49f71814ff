"""What probes and Prometheus see of a worker: ``/healthz``, ``/readyz``, ``/metrics``."""

import errno
from collections.abc import Callable
from dataclasses import dataclass, field

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest

from streamstress.errors import ConfigError, PortInUseError
from streamstress.stream.liveness import Liveness


@dataclass(frozen=True, slots=True)
class Probes:
    """How a worker answers; each returns what is wrong, or None."""

    alive: Callable[[], str | None]
    ready: Callable[[], str | None]
    registry: CollectorRegistry
    measured: Callable[[], str | None] = lambda: None
    """What metrics wait for: half of what is known must not be taken for all of it."""


@dataclass(slots=True)
class Standing:
    """How far a worker has come with its start, and what it was last seen to do."""

    waits_for: str | None = "loading what it works with"
    joined: Callable[[], bool] = lambda: False
    """Whether it gets what it is to work on."""
    not_joined: str = "not yet in the consumer group"
    liveness: Liveness = field(default_factory=Liveness)

    def ready(self) -> str | None:
        """What the worker still waits for, or None."""
        return self.waits_for or (None if self.joined() else self.not_joined)

    def probes(self, registry: CollectorRegistry, *, measured_at_once: bool = True) -> Probes:
        """Alive from the start on, ready at its end."""
        measured = (lambda: None) if measured_at_once else (lambda: self.waits_for)
        return Probes(self.liveness.problem, self.ready, registry, measured)


async def serve_health(probes: Probes, host: str, port: int) -> web.AppRunner:
    """Serve the three paths until the runner's ``cleanup``.

    Raises
    ------
    PortInUseError
        Another program listens on the port.
    ConfigError
        The host is no address of this machine.
    """

    def answer(probe: Callable[[], str | None]) -> web.Response:
        problem = probe()
        return web.Response(text=(problem or "ok") + "\n", status=503 if problem else 200)

    async def healthz(_: web.Request) -> web.Response:
        return answer(probes.alive)

    async def readyz(_: web.Request) -> web.Response:
        return answer(probes.ready)

    async def metrics(_: web.Request) -> web.Response:
        if probes.measured() is not None:
            return answer(probes.measured)
        body = generate_latest(probes.registry)
        return web.Response(body=body, headers={"Content-Type": CONTENT_TYPE_LATEST})

    app = web.Application()
    app.router.add_get("/healthz", healthz)
    app.router.add_get("/readyz", readyz)
    app.router.add_get("/metrics", metrics)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port).start()
    except OSError as error:
        await runner.cleanup()
        if error.errno != errno.EADDRINUSE:
            raise ConfigError(
                f"metrics.host {host}: cannot listen there on port {port} ({error.strerror}); give "
                "an address of this machine, or 0.0.0.0 for all"
            ) from error
        raise PortInUseError(
            f"port {port} on {host} is in use; choose another with metrics.base_port"
        ) from error
    return runner
