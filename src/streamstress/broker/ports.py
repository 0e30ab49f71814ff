"""Free ports of the loopback interface."""

import socket

from streamstress.errors import PortInUseError

LOOPBACK = "127.0.0.1"


def require_free_port(port: int, wanted_for: str) -> None:
    """Fail if another program listens on a loopback port.

    Raises
    ------
    PortInUseError
        The port is taken; the message names it and what it was wanted for.
    """
    if not is_free(port):
        raise PortInUseError(
            f"port {port} on {LOOPBACK} is in use by another program; it was wanted for "
            f"{wanted_for}: choose another port, or 0 for any free one"
        )


def is_free(port: int) -> bool:
    """Tell whether a server could listen on this loopback port."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # As servers do: a connection that lingers in TIME_WAIT does not occupy the port.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
            probe.listen(1)
        except OSError:
            return False
    return True


def free_ports(count: int) -> list[int]:
    """Return ``count`` different loopback ports that nobody listens on now."""
    probes = [socket.socket(socket.AF_INET, socket.SOCK_STREAM) for _ in range(count)]
    try:
        for probe in probes:
            probe.bind((LOOPBACK, 0))
        return [int(probe.getsockname()[1]) for probe in probes]
    finally:
        for probe in probes:
            probe.close()
