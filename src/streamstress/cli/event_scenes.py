"""Simulated scenes through picker, first motions, association and location: labelled events.

Joins the simulator with the stages, as the live agents would see the scenes; the training of
``eventtype`` and its benchmark read the events.
"""

from collections.abc import Iterator, Mapping, Sequence
from copy import copy
from dataclasses import replace

import numpy as np
from msgspec.structs import replace as replace_record
from numpy.typing import NDArray

from streamstress.cli.located_scenes import (
    LocatedScene,
    finder_settings,
    located_scene,
    reading_of,
)
from streamstress.earth.velocity import VelocityModel
from streamstress.errors import UnusableDataError
from streamstress.event_type.model import KINDS, Kind
from streamstress.location.catalogue import located_group
from streamstress.location.finder import EventFinder, Found
from streamstress.location.gate import GateSettings, Rejection
from streamstress.location.readings import PhaseReading
from streamstress.picking.models import load_picker
from streamstress.picking.picker_stage import PickerSettings, PickerStage
from streamstress.picking.station_window import ComponentTrace, StationWindow
from streamstress.polarity.classify import load_polarity_model
from streamstress.records import Pick
from streamstress.simulate.continuous import World
from streamstress.simulate.kind_scenes import PICKED_S, Scene, scenes
from streamstress.simulate.metadata import COUNTS_PER_M_S
from streamstress.simulate.scenario import CRUST
from streamstress.stream.agents.polarity import PolarityRole
from streamstress.stream.pick_records import pick_record

STEP_S = 20.0
"""Longer than live, which moves no pick: half the windows."""
SAMPLING_HZ = 100.0

CHANCE_TRIALS = 12
"""Groups of unrelated picks that are offered to association, a network."""

WITHIN_S = 1.0
"""A pick so near to the true arrival is of the event."""

VELOCITY_ERROR = 0.02
"""Spread of the error of the crust that the location knows."""

_KINDS_OF_A_NETWORK = (
    ("earthquake",) * 9 + ("teleseism",) * 5 + ("tremor",) * 4 + ("blast",) * 4 + ("noise",) * 5
)

_FORCED = ("teleseism", "tremor", "noise")
"""Kinds that association seldom lets through: one that it did not take is located all the same, or
there would be too few to learn from. What passes live looks like the best located of them."""

_LOOSE_GATE = GateSettings(
    min_p=4,
    min_inliers=5,
    max_outlier_share=1.0,
    max_rms_s=3.0,
    max_horizontal_error_km=200.0,
    min_nearest_share=0.0,
)
_S_WITHIN_NS = 25_000_000_000

_DAY_NS = 1_700_006_400_000_000_000 // 86_400_000_000_000 * 86_400_000_000_000
_HOUR_NS = 3_600_000_000_000
_STEP_NS = round(STEP_S * 1e9)


class SceneReader:
    """Reads scenes as the live agents read a network, with the models that come along.

    Every third network has the picker without a model: what it takes for phases is other noise.
    """

    def __init__(self) -> None:
        self._stages: dict[str, PickerStage] = {}
        self._polarity = PolarityRole(load_polarity_model(None))

    def located(
        self, seed: int, number: int, crust: VelocityModel = CRUST
    ) -> Iterator[LocatedScene]:
        """All events located in the scenes of one random network."""
        world, recorded = scenes(seed, number, _KINDS_OF_A_NETWORK, crust)
        rng = np.random.default_rng([seed, number, 1])
        finder = _finder(world, rng)
        picker = "sta-lta" if number % 3 == 2 else "demo"
        pool: list[Pick] = []
        for event, scene in enumerate(recorded):
            start_ns = _start_ns(scene, world.scenario.longitude_deg)
            codes = (station.code for station in world.stations)
            records = dict(zip(codes, _counts(scene.records), strict=True))
            read = self.picks(picker, records, start_ns, PICKED_S)
            picks = {pick.pick_id: pick for pick in read}
            pool += picks.values()
            readings = [reading_of(pick) for pick in picks.values()]
            passed = [f for f in finder.find(readings) if f.rejection is None]
            if not passed and scene.kind in _FORCED:
                passed = _forced(finder, readings)
            for found in passed:
                kind = _true_kind(world, event, scene, found, start_ns)
                yield located_scene(kind, found, picks, COUNTS_PER_M_S)
        yield from _chance_alignments(finder, pool, rng)

    def picks(
        self,
        picker: str,
        records: Mapping[str, NDArray[np.float64]],
        start_ns: int,
        span_s: tuple[float, float],
    ) -> Iterator[Pick]:
        """Picks in part of a network's records, with first motions.

        Parameters
        ----------
        records
            Counts (3, n) at 100 Hz by ``NET.STA``, rows Z, N, E, the first sample at ``start_ns``.
        span_s
            Seconds after it, multiples of `STEP_S` on the grid of the windows.
        """
        if picker not in self._stages:
            self._stages[picker] = _stage(picker)
        first, last = (start_ns + round(second * 1e9) for second in span_s)
        windows = [
            _window(code, counts, start_ns, k)
            for k in range(first // _STEP_NS, last // _STEP_NS)
            for code, counts in records.items()
        ]
        for picks in self._stages[picker].pick(windows):
            for pick in picks.picks:
                yield self._polarity.classified(pick_record(picks, pick, picker))


def _stage(picker: str) -> PickerStage:
    model = load_picker(picker, 1, 32)
    p, s = model.default_thresholds
    return PickerStage(model, PickerSettings(step_s=STEP_S, p_threshold=p, s_threshold=s))


def _chance_alignments(
    finder: EventFinder, pool: Sequence[Pick], rng: np.random.Generator
) -> Iterator[LocatedScene]:
    """Located groups of picks of sources that have nothing to do with each other."""
    of_station: dict[str, list[Pick]] = {}
    for pick in pool:
        of_station.setdefault(pick.station_code, []).append(pick)
    for number in range(CHANCE_TRIALS):
        width_s = rng.uniform(2.0, 8.0)
        picks: dict[str, Pick] = {}
        for own in of_station.values():
            for _ in range(rng.integers(0, 4)):
                pick = own[rng.integers(len(own))]
                time_ns = _DAY_NS + round((number * 60.0 + width_s * rng.standard_normal()) * 1e9)
                name = f"{pick.pick_id}.{len(picks)}"
                picks[name] = replace_record(pick, pick_id=name, time_ns=time_ns)
        for found in finder.find([reading_of(pick) for pick in picks.values()]):
            if found.rejection is None:
                yield located_scene("noise", found, picks, COUNTS_PER_M_S)


def _window(code: str, counts: NDArray[np.float64], start_ns: int, k: int) -> StationWindow:
    """Window k of a record (3, n) at 100 Hz: all of it, of which the stage takes its part."""
    traces = tuple(
        ComponentTrace(f"HH{c}", start_ns, SAMPLING_HZ, row, np.ones(len(row), bool))
        for c, row in zip("ZNE", counts, strict=True)
    )
    return StationWindow(code, "", k, traces)


def _counts(records: NDArray[np.float32]) -> NDArray[np.float64]:
    return np.rint(records.astype(np.float64) * COUNTS_PER_M_S)


def _start_ns(scene: Scene, longitude_deg: float) -> int:
    """Time of the first sample: at the scene's solar hour, on the grid of the windows."""
    hour = (scene.hour - longitude_deg / 15.0) % 24.0
    return _DAY_NS + round(hour * _HOUR_NS / _STEP_NS) * _STEP_NS


def _finder(world: World, rng: np.random.Generator) -> EventFinder:
    """The network's finder, whose crust is not quite the true one."""
    true = world.scenario.velocity
    factor = 1.0 + VELOCITY_ERROR * rng.standard_normal(len(true.depth_km))
    known = VelocityModel(
        "known",
        true.depth_km,
        tuple(float(v) for v in np.array(true.vp_km_s) * factor),
        tuple(float(v) for v in np.array(true.vs_km_s) * factor),
    )
    stations = {station.code: station for station in world.stations}
    return EventFinder(stations, known, finder_settings())


def _forced(finder: EventFinder, readings: Sequence[PhaseReading]) -> list[Found]:
    """One event of the P that come nearest to each other in time, and the S after them."""
    middle_ns = np.median([r.time_ns for r in readings if r.phase == "P"] or [0])
    group: dict[tuple[str, str], PhaseReading] = {}
    for reading in sorted(readings, key=lambda r: (abs(r.time_ns - middle_ns), r.reading_id)):
        p = group.get((reading.station, "P"))
        is_late = p is not None and 0 < reading.time_ns - p.time_ns < _S_WITHIN_NS
        if reading.phase == "P" or is_late:
            group.setdefault((reading.station, reading.phase), reading)
    loose = copy(finder)
    loose.settings = replace(finder.settings, gate=_LOOSE_GATE)
    try:
        located = located_group(loose, "forced", list(group.values()))
    except UnusableDataError:
        return []
    if isinstance(located, Rejection):
        return []
    return [Found(located.hypocentre, located.readings, None)]


def _true_kind(world: World, event: int, scene: Scene, found: Found, start_ns: int) -> Kind:
    """Of an earthquake's scene an earthquake, where half of the picks are its own; else noise."""
    if scene.kind != "earthquake" or scene.origin_s is None:
        return KINDS[KINDS.index(scene.kind)]
    numbers = {station.code: n for n, station in enumerate(world.stations)}
    travel = {"P": world.rays.travel_p_s[event], "S": world.rays.travel_s_s[event]}
    late = [
        (r.time_ns - start_ns) / 1e9 - scene.origin_s - travel[r.phase][numbers[r.station]]
        for r in found.readings
    ]
    return "earthquake" if np.mean(np.abs(late) < WITHIN_S) >= 0.5 else "noise"
