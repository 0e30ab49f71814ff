"""One side of an onset."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from streamstress.change.events import ChangeEvent

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Epoch:
    """Events of one side of the onset, and what each counts."""

    events: Sequence[ChangeEvent]
    weight: Array
