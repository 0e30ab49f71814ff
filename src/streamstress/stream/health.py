"""What probes and Prometheus see of a worker: ``/healthz``, ``/readyz``, ``/metrics``."""

import errno
from collections.abc import Callable
from dataclasses import dataclass

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest

from streamstress.errors import ConfigError, PortInUseError


@dataclass(frozen=True, slots=True)
class Probes:
    """How a worker answers; each returns what is wrong, or None."""

    alive: Callable[[], str | None]
    ready: Callable[[], str | None]
    registry: CollectorRegistry


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
