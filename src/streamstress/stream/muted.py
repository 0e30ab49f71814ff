"""Stations, sensors and channels that an operator has muted."""

from collections.abc import Iterable, Sequence

from streamstress.earth.channels import split_channel
from streamstress.picking.picker_stage import StationPick, StationPicks
from streamstress.picking.station_window import ComponentTrace
from streamstress.records import Control


def heard_components(
    station: str,
    location: str,
    components: Iterable[ComponentTrace],
    mutes: Sequence[Control],
    time_ns: int,
) -> tuple[ComponentTrace, ...]:
    """The components that no mute of a single channel silences at a time."""
    silent = {control.target for control in mutes if control.holds_at(time_ns)}
    return tuple(
        trace for trace in components if f"{station}.{location}.{trace.channel}" not in silent
    )


def is_muted(picks: StationPicks, pick: StationPick, mutes: Sequence[Control]) -> bool:
    """Whether a pick's station or sensor is muted at its time."""
    sensor = f"{picks.station}.{picks.location}.{split_channel(pick.channel)[0]}"
    return any(
        control.target in (picks.station, sensor) and control.holds_at(pick.time_ns)
        for control in mutes
    )
