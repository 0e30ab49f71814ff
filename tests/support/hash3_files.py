"""Files of HASH driver 3 with made-up events: phases, stations, amplitudes, corrections."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from streamstress.earth.projection import distance_azimuth
from streamstress.geometry.planes import strike_dip_rake
from streamstress.geometry.radiation import radiation_pattern
from streamstress.geometry.tensors import double_couple
from streamstress.mechanism.kernels import AMPLITUDE_FACTOR
from streamstress.mechanism.traced_rays import ray_tables

LATITUDE, LONGITUDE, DEPTH_KM = 34.2425, -118.61767, 12.0
N_STATIONS = 26
REVERSED = "S03"
"""Station whose polarities stand upside down in the phase file."""

VELOCITY = "0.0 5.0\n6.0 5.8\n16.0 6.3\n32.0 7.8\n60.0 8.0\n"


@dataclass(frozen=True)
class Hash3Files:
    """Paths; planes by event; offset of log10 S/P by station."""

    phases: Path
    stations: Path
    amplitudes: Path
    statcor: Path
    reversals: Path
    velocity: Path
    planes: dict[str, tuple[float, float, float]]
    offsets: dict[str, float]

    @property
    def options(self) -> list[str]:
        """Options of ``solve`` but for the corrections."""
        pairs = {
            "--stations": self.stations,
            "--amplitudes": self.amplitudes,
            "--reversals": self.reversals,
            "--velocity": self.velocity,
        }
        return [text for name, path in pairs.items() for text in (name, str(path))]


def hash3_files(folder: Path, n_events: int, spread: float, noise: float, seed: int) -> Hash3Files:
    """Write a catalogue whose stations add offsets of this spread to log10 S/P."""
    rng = np.random.default_rng(seed)
    names = [f"S{i:02d}" for i in range(N_STATIONS)]
    bearing = 2.0 * np.pi * np.arange(N_STATIONS) * 0.381966
    reach = np.linspace(0.03, 0.62, N_STATIONS)
    places = LATITUDE + reach * np.cos(bearing), LONGITUDE + 1.2 * reach * np.sin(bearing)
    (folder / "vz").write_text(VELOCITY)
    distance, azimuth = distance_azimuth(LATITUDE, LONGITUDE, *places)
    _, takeoff = ray_tables([folder / "vz"], 120.0).tables[0].rays(distance, DEPTH_KM)
    offset = spread * rng.standard_normal(N_STATIONS)
    phases, amplitudes, planes = [], [], {}
    for number in range(n_events):
        event_id = str(7000 + number)
        plane = _random_plane(rng)
        planes[event_id] = plane
        p, sv, sh = radiation_pattern(np.sqrt(2.0) * double_couple(*plane), azimuth, takeoff)
        ratio = np.log10(AMPLITUDE_FACTOR * np.hypot(sv, sh) / np.maximum(np.abs(p), 1e-4))
        ratio = np.clip(ratio, -1.5, 3.0) + offset + noise * rng.standard_normal(N_STATIONS)
        phases += [_event_line(event_id), *_picks(names, p > 0), " " * 72]
        amplitudes += [f"{event_id} {N_STATIONS}", *_amplitudes(names, ratio)]
    tables = {
        "phase": phases,
        "amp": amplitudes,
        "stations": [_station(*row) for row in zip(names, *places, strict=True)],
        "statcor": [f"{n:<4} HHZ CI {v:8.4f}" for n, v in zip(names, offset, strict=True)],
        "reverse": [f"{REVERSED:<4} 19000101 0"],
    }
    for name, lines in tables.items():
        (folder / name).write_text("\n".join(lines) + "\n")
    return Hash3Files(
        *(folder / name for name in ("phase", "stations", "amp", "statcor", "reverse", "vz")),
        planes,
        {f"CI.{n}.HHZ": float(v) for n, v in zip(names, offset, strict=True)},
    )


def _random_plane(rng: np.random.Generator) -> tuple[float, float, float]:
    frame, _ = np.linalg.qr(rng.standard_normal((3, 3)))
    strike, dip, rake = strike_dip_rake(frame[:, 0], frame[:, 1])
    return float(strike), float(dip), float(rake)


def _event_line(event_id: str) -> str:
    head = f"1994 12111 415.5034 14.55118 37.06{DEPTH_KM:5.2f}".ljust(88)
    return (head + " 0.07  0.20").ljust(139) + "2.30" + " " * 6 + event_id


def _picks(names: list[str], up: np.ndarray) -> list[str]:
    read = {n: bool(u) != (n == REVERSED) for n, u in zip(names, up, strict=True)}
    return [f"{name:<4} CI  HHZ I {'U' if u else 'D'}" for name, u in read.items()]


def _amplitudes(names: list[str], ratio: np.ndarray) -> list[str]:
    numbers = [(0.001, 0.001, 100.0, 100.0 * 10.0**value) for value in ratio]
    return [
        f"{name:<4} HHZ CI".ljust(11)
        + f"{10.0:8.2f}{20.0:8.2f} "
        + " ".join(f"{number:10.3f}" for number in row)
        for name, row in zip(names, numbers, strict=True)
    ]


def _station(name: str, latitude: float, longitude: float) -> str:
    head = f"{name:<4} HHZ".ljust(41)
    return f"{head}{latitude:9.5f} {longitude:10.5f} {100:5d}".ljust(90) + "CI"
