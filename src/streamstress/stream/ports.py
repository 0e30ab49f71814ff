"""Free ports on loopback, for runs that must not meet another."""

import random
import socket
from contextlib import closing

from streamstress.errors import PortInUseError

FIRST, LAST = 20_000, 32_000
"""Below the range from which systems hand out ports for outgoing connections."""


def free_ports(count: int, run_of: int = 1) -> list[int]:
    """Ports with ``run_of`` free ones from each on.

    Raises
    ------
    PortInUseError
        None found in a thousand tries.
    """
    chooser = random.SystemRandom()
    found: list[int] = []
    for _ in range(1000):
        start = chooser.randrange(FIRST, LAST - run_of)
        wanted = range(start, start + run_of)
        if all(_is_free(port) for port in wanted) and not set(found) & set(wanted):
            found.append(start)
            if len(found) == count:
                return found
    raise PortInUseError(f"no {run_of} free ports in a row between {FIRST} and {LAST}")


def _is_free(port: int) -> bool:
    with closing(socket.socket(socket.AF_INET, socket.SOCK_STREAM)) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        return probe.connect_ex(("127.0.0.1", port)) != 0
