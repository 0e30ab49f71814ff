"""Events with S/P amplitudes at stations of known offsets, as records."""

from collections.abc import Sequence

import msgspec
import numpy as np
from sample_records import make_sample
from synthetic_amplitudes import Network, event_at

from streamstress.mechanism import PolarityData
from streamstress.records import Amplitude, Arrival, Event, Polarity


def events_of(network: Network, n_events: int, seed: int) -> list[Event]:
    """Final events of a network, in turn."""
    rng = np.random.default_rng(seed)
    events = []
    for number in range(n_events):
        data, stations, _ = event_at(network, rng)
        events.append(event_of(f"e{number:03d}", data, [f"N.S{i:03d}" for i in stations]))
    return events


def event_of(event_id: str, data: PolarityData, stations: Sequence[str]) -> Event:
    """A final event with the readings as P and S arrivals."""
    sample = make_sample(2).events[0]
    like = next(arrival for arrival in sample.arrivals if arrival.phase == "P")
    arrivals: list[Arrival] = []
    for index, station in enumerate(stations):
        arrivals += _pair(like, station, data, index)
    return msgspec.structs.replace(
        sample, event_id=event_id, version=1, status="final", arrivals=tuple(arrivals)
    )


def _pair(like: Arrival, station: str, data: PolarityData, index: int) -> list[Arrival]:
    up = float(data.up_probability[index])
    ratio = float(np.asarray(data.sp_log_ratio)[index])
    p = msgspec.structs.replace(
        like,
        pick_id=f"{station}.P",
        station=station,
        azimuth_deg=float(data.azimuth_deg[index] % 360.0),
        takeoff_deg=float(data.takeoff_deg[index]),
        azimuth_sigma_deg=float(data.azimuth_sigma_deg[index]),
        takeoff_sigma_deg=float(data.takeoff_sigma_deg[index]),
        polarity=Polarity(up_probability=up, decision="up" if up > 0.5 else "down", model="net"),
        amplitude=_amplitude(1.0),
    )
    s = msgspec.structs.replace(
        p,
        pick_id=f"{station}.S",
        phase="S",
        time_ns=p.time_ns + 2_000_000_000,
        polarity=None,
        amplitude=_amplitude(10.0**ratio),
    )
    return [p, s]


def _amplitude(value: float) -> Amplitude:
    return Amplitude(value=value, noise=1e-6, band_hz=(1.0, 15.0), component="ZNE", clipped=False)
