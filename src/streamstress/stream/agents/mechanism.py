"""Events in, focal mechanisms out."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from streamstress.mechanism.inputs import PolarityData
from streamstress.mechanism.results import MechanismResult, MechanismSolution
from streamstress.mechanism.settings import MechanismSettings
from streamstress.mechanism.solve import event_seed, solve_mechanism
from streamstress.records import Amplitude, Arrival, Event, Mechanism, Progress, Record
from streamstress.records import MechanismSolution as SolutionRecord
from streamstress.stream.role import Incoming, Outgoing, Stateless
from streamstress.wire.topics import EVENTS, MECHANISMS, Topic

HELD_EVENTS = 200
"""Answers that are kept for a later version of their event, about 10 kB each."""


@dataclass(slots=True)
class MechanismRole(Stateless):
    """The mechanism agent."""

    settings: MechanismSettings
    solve: Literal["final", "every"] = "final"
    use_sp: bool = True
    min_sp_snr: float = 3.0
    seed: int = 0
    name: str = "mechanism"
    inputs: tuple[Topic, ...] = (EVENTS,)
    outputs: tuple[Topic, ...] = (MECHANISMS,)
    _held: dict[str, tuple[bytes, MechanismResult]] = field(default_factory=dict)
    """Answers by event with a digest of their readings, the last used last."""

    def process(self, message: Incoming, record: Record | None) -> Sequence[Outgoing]:
        """Solve an event; pass on progress."""
        if isinstance(record, Progress):
            progress = msgspec.structs.replace(record, source=self.name)
            return [Outgoing(MECHANISMS, message.key.decode(), progress, message.partition)]
        if not isinstance(record, Event):
            return ()
        if record.status == "provisional" and self.solve == "final":
            return ()
        mechanism = self._mechanism(record)
        return [Outgoing(MECHANISMS, record.event_id, mechanism, message.partition)]

    def _mechanism(self, event: Event) -> Mechanism:
        data = polarity_data(event.arrivals if event.status != "tombstone" else (), self._sp_snr())
        result = self._result(event.event_id, data)
        model = next((a.polarity.model for a in event.arrivals if a.polarity), "no-polarity")
        return mechanism_record(event, result, f"hash/{model}")

    def _result(self, event_id: str, data: PolarityData) -> MechanismResult:
        """Solve, or take the answer to the same readings in an earlier version of the event.

        The seed is the event's own, so that both are the same to the last bit, in any order and
        company.
        """
        readings = readings_digest(data)
        held = self._held.pop(event_id, None)
        if held is None or held[0] != readings:
            seed = event_seed(event_id, self.seed)
            held = readings, solve_mechanism(data, self.settings, seed)
        self._held[event_id] = held
        while len(self._held) > HELD_EVENTS:
            del self._held[next(iter(self._held))]
        return held[1]

    def _sp_snr(self) -> float | None:
        return self.min_sp_snr if self.use_sp else None


def readings_digest(data: PolarityData) -> bytes:
    """A short sum of every reading; equal only where a solver would see the same."""
    digest = hashlib.sha256()
    for column in fields(data):
        values = getattr(data, column.name)
        digest.update(b"-" if values is None else np.ascontiguousarray(values).tobytes())
    return digest.digest()


def polarity_data(arrivals: Sequence[Arrival], sp_snr: float | None) -> PolarityData:
    """Rays, polarities and S/P ratios of an event's P arrivals."""
    first_p = {a.station: a for a in reversed(arrivals) if a.phase == "P" and a.polarity}
    s_amplitudes = {a.station: a.amplitude for a in reversed(arrivals) if a.phase == "S"}
    used = [first_p[station] for station in sorted(first_p)]

    def column(name: str) -> NDArray[np.float64]:
        return np.array([getattr(arrival, name) for arrival in used], dtype=np.float64)

    return PolarityData(
        azimuth_deg=column("azimuth_deg"),
        takeoff_deg=column("takeoff_deg"),
        azimuth_sigma_deg=column("azimuth_sigma_deg"),
        takeoff_sigma_deg=column("takeoff_sigma_deg"),
        up_probability=np.array([a.polarity.up_probability for a in used if a.polarity]),
        sp_log_ratio=None if sp_snr is None else log_ratios(used, s_amplitudes, sp_snr),
    )


def log_ratios(
    p_arrivals: Sequence[Arrival],
    s_amplitudes: Mapping[str, Amplitude | None],
    least_snr: float,
) -> NDArray[np.float64]:
    """log10 S/P of vector amplitudes, NaN where either is clipped or too near the noise."""
    ratios = np.full(len(p_arrivals), np.nan)
    for index, arrival in enumerate(p_arrivals):
        p, s = arrival.amplitude, s_amplitudes.get(arrival.station)
        if p is None or s is None or p.clipped or s.clipped:
            continue
        if min(p.value / max(p.noise, 1e-12), s.value / max(s.noise, 1e-12)) >= least_snr:
            ratios[index] = np.log10(s.value / p.value)
    return ratios


def mechanism_record(event: Event, result: MechanismResult, model: str) -> Mechanism:
    """The result as a record."""
    best = result.solutions[0] if result.solutions else None
    return Mechanism(
        event_id=event.event_id,
        version=event.version,
        model=model,
        status=event.status,
        region=event.region,
        grade=result.grade,  # type: ignore[arg-type]  # one of six letters
        grade_reason=result.grade_reason,
        origin_time_ns=event.origin.time_ns,
        latitude_deg=event.origin.latitude_deg,
        longitude_deg=event.origin.longitude_deg,
        depth_km=event.origin.depth_km,
        magnitude=event.magnitude.value if event.magnitude else None,
        solutions=tuple(_solution_record(solution) for solution in result.solutions),
        misfit=best.misfit if best else None,
        stdr=best.stdr if best else None,
        n_polarity=result.n_polarity,
        n_sp=result.n_sp,
        azimuth_gap_deg=result.azimuth_gap_deg,
        takeoff_gap_deg=result.takeoff_gap_deg,
        sp_misfit=best.sp_misfit if best else None,
        sent_ns=0,
    )


def _solution_record(solution: MechanismSolution) -> SolutionRecord:
    return SolutionRecord(
        strike_deg=solution.strike_deg,
        dip_deg=solution.dip_deg,
        rake_deg=solution.rake_deg,
        auxiliary_strike_deg=solution.aux_strike_deg,
        auxiliary_dip_deg=solution.aux_dip_deg,
        auxiliary_rake_deg=solution.aux_rake_deg,
        probability=solution.probability,
        plane_uncertainty_deg=solution.plane_uncertainty_deg,
        plane_uncertainty_aux_deg=solution.plane_uncertainty_aux_deg,
    )
