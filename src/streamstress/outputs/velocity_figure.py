"""Velocity models as a figure: velocity against depth, first P against distance, take-off."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from streamstress.earth.velocity import VelocityModel
from streamstress.earth.velocity_checks import takeoffs_deg

REACH_KM = 120.0


def draw_velocity(path: Path, models: Sequence[VelocityModel], depth_km: float) -> None:
    """Draw models beside one another, rays from a source at ``depth_km``."""
    figure = Figure(figsize=(11.0, 4.2), layout="constrained")
    profile, travel, angle = figure.subplots(1, 3)
    distance = np.linspace(0.5, REACH_KM, 400)
    time, takeoff = takeoffs_deg(models, distance, depth_km)
    bottom = max(2.5 * depth_km, 30.0)
    for model, seconds, degrees in zip(models, time, takeoff, strict=True):
        fine = np.linspace(0.0, bottom, 1200)
        (line,) = profile.plot(model.at("P", fine), fine, label=model.name)
        profile.plot(model.at("S", fine), fine, color=line.get_color(), linestyle="--")
        travel.plot(distance, seconds - distance / 6.0, color=line.get_color())
        angle.plot(distance, degrees, color=line.get_color())
    profile.invert_yaxis()
    profile.set(xlabel="P (full), S (dashed), km/s", ylabel="depth, km")
    profile.legend(frameon=False, loc="best")
    travel.set(xlabel="distance, km", ylabel="first P less distance / 6 km/s, s")
    angle.set(xlabel="distance, km", ylabel="take-off, degrees (0 down, 180 up)", ylim=(0, 180))
    angle.axhline(90.0, color="0.7", linewidth=0.8)
    figure.suptitle(f"source at {depth_km:g} km")
    figure.savefig(path)
