"""Every record that crosses a topic or the store, as msgspec structs: the only definition.

Times are integer nanoseconds UTC, angles degrees, lengths kilometres, uncertainties one sigma
unless named. No record holds a NaN: what is unknown is None. A record names its own type
(``type`` on the wire), so one topic may carry several.

``picking``    `Pick`, `Amplitude`, `Levels`, `Onset`, `Polarity`
``progress``   `Progress`, the watermark that travels between the data
``events``     `Candidate`, `Event`, `Arrival`, `Origin`, `Relocation`, `Magnitude`, `EventType`
``mechanisms`` `Mechanism`, `MechanismSolution`
``stress``     `StressEstimate`, `Axis`
``changes``    `StressChange`
``controls``   `Control`, `DeadLetter`
"""

from streamstress.records.changes import StressChange
from streamstress.records.controls import Control, DeadLetter
from streamstress.records.events import (
    Arrival,
    Candidate,
    Event,
    EventType,
    Magnitude,
    Origin,
    Relocation,
)
from streamstress.records.mechanisms import Mechanism, MechanismSolution
from streamstress.records.picking import Amplitude, Levels, Onset, Pick, Polarity
from streamstress.records.progress import Progress
from streamstress.records.stress import Axis, StressEstimate

Record = (
    Pick
    | Progress
    | Candidate
    | Event
    | Mechanism
    | StressEstimate
    | StressChange
    | Control
    | DeadLetter
)
"""Whatever may be the value of a topic other than ``waveforms``."""

__all__ = [
    "Amplitude",
    "Arrival",
    "Axis",
    "Candidate",
    "Control",
    "DeadLetter",
    "Event",
    "EventType",
    "Levels",
    "Magnitude",
    "Mechanism",
    "MechanismSolution",
    "Onset",
    "Origin",
    "Pick",
    "Polarity",
    "Progress",
    "Record",
    "Relocation",
    "StressChange",
    "StressEstimate",
]
