"""What really was: the stresses, events and arrivals behind a simulated archive."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from streamstress.errors import InputFileError
from streamstress.geometry.axes import shmax_azimuth
from streamstress.simulate.continuous import World
from streamstress.simulate.noise import SAMPLING_HZ

TRUTH_FILE = "truth.json"


@dataclass(frozen=True, slots=True)
class TrueArrival:
    """P and S of one event at one station (``NET.STA``); angles as in `geometry`.

    ``polarity`` is that of the ground, +1 up and -1 down; a reversed station shows the opposite.
    """

    station: str
    p_time_ns: int
    s_time_ns: int
    azimuth_deg: float
    takeoff_deg: float
    takeoff_s_deg: float
    distance_km: float
    polarity: int
    p_radiation: float


@dataclass(frozen=True, slots=True)
class TrueEvent:
    """One simulated earthquake; ``fault`` is shared by the events of a burst."""

    event_id: str
    origin_time_ns: int
    latitude_deg: float
    longitude_deg: float
    depth_km: float
    magnitude: float
    strike_deg: float
    dip_deg: float
    rake_deg: float
    fault: int
    arrivals: tuple[TrueArrival, ...]


@dataclass(frozen=True, slots=True)
class Truth:
    """The truth of an archive.

    Stresses are (3, 3) rows east, north, up, tension positive, unit norm. ``change_time_ns`` is
    the origin time of the first event under the new stress; none without a change.
    """

    scenario: str
    seed: int
    start_ns: int
    end_ns: int
    stress_before: tuple[tuple[float, ...], ...]
    stress_after: tuple[tuple[float, ...], ...]
    shmax_before_deg: float
    shmax_after_deg: float
    phi: float
    rotation_deg: float
    change_time_ns: int | None
    change_event_id: str | None
    reversed_stations: tuple[str, ...]
    events: tuple[TrueEvent, ...]


def truth_of(world: World) -> Truth:
    """Gather the truth of a scenario."""
    scenario = world.scenario
    before, after = scenario.stress_before(), scenario.stress_after()
    events = tuple(_event(world, number) for number in range(scenario.n_events))
    changes = scenario.turn_deg != 0 and scenario.n_before < scenario.n_events
    first = events[scenario.n_before] if changes else None
    return Truth(
        scenario=scenario.name,
        seed=scenario.seed,
        start_ns=scenario.start_ns,
        end_ns=scenario.start_ns + round(world.n_samples / SAMPLING_HZ * 1e9),
        stress_before=tuple(map(tuple, before.tolist())),
        stress_after=tuple(map(tuple, after.tolist())),
        shmax_before_deg=float(shmax_azimuth(before)),
        shmax_after_deg=float(shmax_azimuth(after)),
        phi=scenario.phi,
        rotation_deg=scenario.turn_deg,
        change_time_ns=first.origin_time_ns if first else None,
        change_event_id=first.event_id if first else None,
        reversed_stations=scenario.reversed_stations,
        events=events,
    )


def _event(world: World, number: int) -> TrueEvent:
    catalogue, rays = world.catalogue, world.rays
    origin_ns = world.scenario.start_ns + round(float(catalogue.origin_s[number]) * 1e9)
    arrivals = tuple(
        TrueArrival(
            station=station.code,
            p_time_ns=origin_ns + round(float(rays.travel_p_s[number, index]) * 1e9),
            s_time_ns=origin_ns + round(float(rays.travel_s_s[number, index]) * 1e9),
            azimuth_deg=round(float(rays.azimuth_deg[number, index]), 4),
            takeoff_deg=round(float(rays.takeoff_p_deg[number, index]), 4),
            takeoff_s_deg=round(float(rays.takeoff_s_deg[number, index]), 4),
            distance_km=round(float(rays.distance_km[number, index]), 4),
            polarity=int(np.sign(rays.p_radiation[number, index])),
            p_radiation=round(float(rays.p_radiation[number, index]), 5),
        )
        for index, station in enumerate(world.stations)
    )
    return TrueEvent(
        event_id=f"{world.scenario.name}-{world.scenario.seed}-{number + 1:04d}",
        origin_time_ns=origin_ns,
        latitude_deg=float(catalogue.latitude_deg[number]),
        longitude_deg=float(catalogue.longitude_deg[number]),
        depth_km=float(catalogue.depth_km[number]),
        magnitude=float(catalogue.magnitude[number]),
        strike_deg=float(catalogue.strike_deg[number]),
        dip_deg=float(catalogue.dip_deg[number]),
        rake_deg=float(catalogue.rake_deg[number]),
        fault=int(catalogue.fault[number]),
        arrivals=arrivals,
    )


def write_truth(truth: Truth, folder: Path) -> Path:
    """Write ``truth.json``; times become ISO strings, ``*_ns`` keys lose their unit."""
    path = folder / TRUTH_FILE
    path.write_text(json.dumps(_to_iso(asdict(truth)), indent=1))
    return path


def read_truth(folder: Path) -> Truth:
    """Read the truth of an archive back.

    Parameters
    ----------
    folder
        The archive, or its ``truth`` folder.

    Raises
    ------
    InputFileError
        There is no truth in the folder, or it is damaged.
    """
    path = folder / TRUTH_FILE
    if not path.exists():
        path = folder / "truth" / TRUTH_FILE
    try:
        content = _from_iso(json.loads(path.read_text()))
        for event in content["events"]:
            event["arrivals"] = tuple(TrueArrival(**arrival) for arrival in event["arrivals"])
        content["events"] = tuple(TrueEvent(**event) for event in content["events"])
        for name in ("stress_before", "stress_after"):
            content[name] = tuple(tuple(row) for row in content[name])
        content["reversed_stations"] = tuple(content["reversed_stations"])
        return Truth(**content)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputFileError(
            f"{path}: not the truth of a simulated archive ({error}); "
            "'streamstress simulate' writes one"
        ) from error


def iso_time(time_ns: int) -> str:
    """ISO 8601 string in UTC, to the nanosecond."""
    return f"{np.datetime64(time_ns, 'ns')}Z"


def _to_iso(content: object) -> object:
    if isinstance(content, dict):
        return {
            key.removesuffix("_ns"): iso_time(value)
            if key.endswith("_ns") and value is not None
            else _to_iso(value)
            for key, value in content.items()
        }
    if isinstance(content, list | tuple):
        return [_to_iso(item) for item in content]
    return content


_TIMES = frozenset({"p_time", "s_time", "origin_time", "start", "end", "change_time"})


def _from_iso(content: dict[str, Any]) -> dict[str, Any]:
    read: dict[str, Any] = {}
    for key, value in content.items():
        if key in _TIMES:
            read[f"{key}_ns"] = None if value is None else _time_ns(str(value))
        elif isinstance(value, list) and value and isinstance(value[0], dict):
            read[key] = [_from_iso(item) for item in value]
        else:
            read[key] = value
    return read


def _time_ns(text: str) -> int:
    return int(np.datetime64(text.removesuffix("Z"), "ns").astype(np.int64))
