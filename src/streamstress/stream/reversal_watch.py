"""Proposals that a station's polarity is reversed, from the events of one region as they come."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import msgspec
import numpy as np
from numpy.typing import NDArray

from streamstress.mechanism.event_families import EventFamilies
from streamstress.mechanism.inputs import PolarityData
from streamstress.mechanism.leave_one_out import predict_left_out
from streamstress.mechanism.reversals import Reversal, StationTest, reversal_evidence
from streamstress.records import Arrival, Control
from streamstress.records.controls import ControlState
from streamstress.stream.controls import ControlTable

AUTHOR = "streamstress"
FEWEST = 6
"""Fewer first motions cannot tell one of them from the others."""


@dataclass(slots=True)
class ReversalWatch:
    """The tests of all stations by the events of a region.

    A test reads the polarities as recorded, whatever is confirmed, so that it also sees the end of
    a reversal; what the other stations say of a station is corrected by what is confirmed.

    Attributes
    ----------
    region
        Part of the id of its controls.
    state
        "proposed", or "confirmed" where the settings say that found reversals are to be obeyed.
    """

    region: str
    state: ControlState = "proposed"
    _tests: dict[str, StationTest] = field(default_factory=dict)
    _families: EventFamilies = field(default_factory=EventFamilies)

    def learn(self, event_id: str, arrivals: Sequence[Arrival], table: ControlTable) -> list[str]:
        """Take an event in; the stations whose reading speaks for a reversal."""
        self.remove(event_id)
        used = {a.station: a for a in reversed(arrivals) if a.phase == "P" and a.polarity}
        if len(used) < FEWEST:
            return []
        read = np.array([a.polarity.up_probability for a in used.values() if a.polarity])
        turned = [table.is_reversed(a.station, a.time_ns) for a in used.values()]
        predicted = predict_left_out(_data(list(used.values()), np.where(turned, 1.0 - read, read)))
        evidence = reversal_evidence(read, predicted.up_probability)
        family = self._families.join(
            event_id, dict(zip(used, predicted.up_probability.tolist(), strict=True))
        )
        for (station, arrival), value in zip(used.items(), evidence, strict=True):
            test = self._tests.setdefault(station, StationTest(station))
            test.update(event_id, arrival.time_ns, float(value), family)
        return [station for station, value in zip(used, evidence, strict=True) if value > 0.0]

    def remove(self, event_id: str) -> None:
        """Take an event out."""
        self._families.remove(event_id)
        for test in self._tests.values():
            test.remove(event_id)

    def controls(self, stations: Sequence[str], table: ControlTable) -> list[Control]:
        """What is new to be said of stations: proposals, and proposals that no longer hold."""
        said: list[Control] = []
        for station in stations:
            reversals = self._tests[station].reversals()
            for number, found in enumerate(reversals):
                said += self._said(number, found, table)
            said += self._dropped(station, len(reversals), table)
        return said

    def open_stations(self, table: ControlTable) -> list[str]:
        """Stations with a reversal that this watch told and that goes on."""
        return [
            station
            for station in self._tests
            if any(
                control.valid_until_ns is None and control.state in ("proposed", "confirmed")
                for control in table.of_target(station, "reverse-polarity")
            )
        ]

    def _said(self, number: int, found: Reversal, table: ControlTable) -> list[Control]:
        control_id = self._id(found.station, number)
        held = table.get(control_id)
        state: ControlState = (
            "dropped" if self._is_covered(control_id, found, table) else "proposed"
        )
        if state == "proposed":
            state = self.state
        span = (found.from_ns, found.until_ns)
        if held is None and state == "dropped":
            return []
        if held and (held.state, held.valid_from_ns, held.valid_until_ns) == (state, *span):
            return []
        # Whatever a person said of this very control stands.
        if held and held.author != AUTHOR:
            return []
        return [_control(control_id, found, state)]

    def _dropped(self, station: str, n_found: int, table: ControlTable) -> list[Control]:
        """Former proposals beyond those found now."""
        own = self._id(station, 0).removesuffix("0")
        return [
            _ended(control)
            for control in table.of_target(station, "reverse-polarity")
            if control.control_id.startswith(own)
            and control.author == AUTHOR
            and int(control.control_id.removeprefix(own)) >= n_found
            and control.state in ("proposed", "confirmed")
        ]

    def _is_covered(self, control_id: str, found: Reversal, table: ControlTable) -> bool:
        """Whether a person has confirmed a reversal that explains what was found."""
        return any(
            control.is_obeyed
            and control.control_id != control_id
            and control.author != AUTHOR
            and (found.until_ns is None or control.valid_from_ns < found.until_ns)
            and (control.valid_until_ns is None or found.from_ns < control.valid_until_ns)
            and (found.until_ns is None or control.valid_until_ns is not None)
            for control in table.of_target(found.station, "reverse-polarity")
        )

    def _id(self, station: str, number: int) -> str:
        return f"reverse-polarity/{station}/{self.region}/{number}"


def _data(arrivals: Sequence[Arrival], up_probability: NDArray[np.float64]) -> PolarityData:
    return PolarityData(
        azimuth_deg=np.array([a.azimuth_deg for a in arrivals]),
        takeoff_deg=np.array([a.takeoff_deg for a in arrivals]),
        azimuth_sigma_deg=np.array([a.azimuth_sigma_deg for a in arrivals]),
        takeoff_sigma_deg=np.array([a.takeoff_sigma_deg for a in arrivals]),
        up_probability=up_probability,
    )


def _control(control_id: str, found: Reversal, state: ControlState) -> Control:
    return Control(
        control_id=control_id,
        target=found.station,
        action="reverse-polarity",
        valid_from_ns=found.from_ns,
        valid_until_ns=found.until_ns,
        reason=f"{found.n_against} of {found.n_readings} clear first motions against the other "
        f"stations, odds 10^{found.log10_odds:.0f}",
        author=AUTHOR,
        sent_ns=0,
        state=state,
        log10_odds=found.log10_odds,
        n_readings=found.n_readings,
        n_against=found.n_against,
    )


def _ended(control: Control) -> Control:
    """The control, no longer held: dropped if it was proposed, withdrawn if it was obeyed."""
    state: ControlState = "withdrawn" if control.state == "confirmed" else "dropped"
    return msgspec.structs.replace(control, state=state)
