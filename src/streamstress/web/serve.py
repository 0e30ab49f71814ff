"""The web worker: page and API on one port."""

import signal
import socket
from collections.abc import Callable

import uvicorn

from streamstress.clock import Clock, WallClock, load_replay_clock
from streamstress.config import Settings
from streamstress.config.secrets import secret_in
from streamstress.earth.stations import read_stations
from streamstress.errors import PortInUseError
from streamstress.outputs.map_layers import MapLines
from streamstress.web.app import create_web
from streamstress.web.health import BrokerWatch
from streamstress.web.site import Operating, Send


def serve_web(settings: Settings, send: Send, broker: Callable[[], str]) -> None:
    """Serve until SIGTERM or SIGINT.

    Parameters
    ----------
    send
        How a control is said.
    broker
        Addresses of the broker, as ``host:port,host:port``.

    Raises
    ------
    PortInUseError
        Another program listens on ``web.port``.
    InputFileError
        The file of faults or of boundaries cannot be read.
    """
    _require_free(settings.web.host, settings.web.port)
    app = create_web(
        settings.store.url,
        stations=read_stations(settings.network.stations),
        title=", ".join(region.name for region in settings.network.regions),
        refresh_s=settings.web.refresh_s,
        min_events=settings.stress.min_events,
        clock=_clock(settings),
        operating=_operating(settings, send),
        broker_trouble=BrokerWatch(broker).trouble,
        map_lines=MapLines.read(settings.web.faults, settings.web.boundaries),
    )
    # uvicorn shuts down on a signal and then raises it again, which would end us by that signal.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)
    uvicorn.run(app, host=settings.web.host, port=settings.web.port, log_level="warning")


def _operating(settings: Settings, send: Send) -> Operating | None:
    file = settings.web.token_file
    return None if file is None else Operating(secret_in(file, "web.token_file"), send)


def _clock(settings: Settings) -> Clock:
    replay = settings.clock.replay
    return load_replay_clock(replay) if replay and replay.exists() else WallClock()


def _require_free(host: str, port: int) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise PortInUseError(
                f"port {port} on {host} is in use; choose another with web.port"
            ) from error
