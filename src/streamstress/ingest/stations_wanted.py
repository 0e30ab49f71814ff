"""Which stations of a SeedLink server are wanted, from selectors as users write them."""

from collections.abc import Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

from streamstress.errors import ConfigError


def parse_selector(text: str) -> tuple[str, tuple[str, ...]]:
    """Split ``"NET.STA[:SELECT SELECT …]"`` into station pattern "NET_STA" and channel selectors.

    ``NET_STA`` is understood too; ``?`` and ``*`` are wildcards.

    Raises
    ------
    ConfigError
        There is no network or no station in it.
    """
    station, _, channels = text.strip().partition(":")
    network, _, name = station.replace("_", ".", 1).partition(".")
    if not network or not name:
        raise ConfigError(
            f"SeedLink selector '{text}': expected NET.STA or NET.STA:CHANNELS, such as 'JP.*:HH?'"
        )
    return f"{network}_{name}", tuple(channels.split())


def has_wildcard(station: str) -> bool:
    """Tell whether a station pattern may mean several stations."""
    return "*" in station or "?" in station


def is_wanted(selectors: Sequence[str], code: str) -> bool:
    """Tell whether selectors ask for a station ``NET.STA``."""
    name = code.replace(".", "_", 1)
    return any(fnmatchcase(name, parse_selector(text)[0]) for text in selectors)


def literal_stations(
    selectors: Sequence[str], offered: Iterable[str]
) -> dict[str, tuple[str, ...]]:
    """Resolve selectors to literal stations "NET_STA" with their channel selectors.

    A station with a wildcard cannot be resumed by sequence, so wildcards are matched here against
    what the server offers. Selectors of one station are joined; none means all channels.
    """
    wanted: dict[str, tuple[str, ...]] = {}
    names = sorted(offered)
    for text in selectors:
        pattern, channels = parse_selector(text)
        found = (
            [name for name in names if fnmatchcase(name, pattern)]
            if has_wildcard(pattern)
            else [pattern]
        )
        for name in found:
            before = wanted.get(name)
            everything = before == () or not channels
            wanted[name] = () if everything else tuple(dict.fromkeys((*(before or ()), *channels)))
    return wanted


def offered_stations(info: Mapping[str, Any]) -> tuple[str, ...]:
    """Stations "NET_STA" in a server's INFO STATIONS reply (version 3 or 4)."""
    stations = info.get("seedlink", info).get("station", [])
    return tuple(
        str(station["id"]) if "id" in station else f"{station['network']}_{station['name']}"
        for station in stations
    )
