"""Channel codes: which sensor of a station, and which direction of it."""

import re

_KIK_NET = re.compile(r"(UD|NS|EW)(\d?)$")
"""Channels of K-NET and KiK-net (NIED): 1 in the borehole, 2 at the surface."""

_COMPONENT = {"UD": "Z", "NS": "N", "EW": "E"}


def split_channel(channel: str) -> tuple[str, str]:
    """Sensor and component letter of a channel: ``HHZ`` is HH and Z, ``UD2`` is sensor 2 and Z.

    SEED names end in the component (Z, N, E, or 1, 2, 3 where unoriented).
    """
    kik_net = _KIK_NET.match(channel)
    if kik_net:
        return f"UNE{kik_net[2]}", _COMPONENT[kik_net[1]]
    return channel[:-1], channel[-1:]
