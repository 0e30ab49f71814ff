"""Picks in, readings out: the first motion of each P; everything else is passed on."""

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
import numpy as np
from numpy.typing import NDArray

from streamstress.polarity.classify import PolarityModel, decide
from streamstress.records import Pick, Polarity, Progress, Record
from streamstress.stream.role import Incoming, Outgoing, Stateless
from streamstress.wire.topics import PICKS, READINGS, Topic


@dataclass(slots=True)
class PolarityRole(Stateless):
    """The polarity agent."""

    model: PolarityModel
    name: str = "polarity"
    inputs: tuple[Topic, ...] = (PICKS,)
    outputs: tuple[Topic, ...] = (READINGS,)

    def process(self, message: Incoming, record: Record | None) -> Sequence[Outgoing]:
        """Classify a pick that has an onset; pass on the rest, in order."""
        if not isinstance(record, Pick | Progress):
            return ()
        reading = self.classified(record) if isinstance(record, Pick) else record
        return [Outgoing(READINGS, message.key.decode(), reading, message.partition)]

    def classified(self, pick: Pick) -> Pick:
        """The pick with its first motion, where it has an onset to read it from."""
        if pick.polarity is not None:
            # The picker reads first motions itself.
            read = np.array([pick.polarity.up_probability])
            return _with_polarity(pick, read, decide(read, self.model.threshold), pick.model)
        if pick.onset is None or pick.phase != "P":
            return pick
        samples = np.frombuffer(pick.onset.samples, dtype="<f4").astype(np.float64)
        result = self.model.classify(
            samples[None], pick.onset.sampling_rate_hz, pick.onset.pick_index
        )
        return _with_polarity(pick, result.up_probability, result.decision, self.model.name)


def _with_polarity(
    pick: Pick, up_probability: NDArray[np.float64], decision: NDArray[np.str_], model: str
) -> Pick:
    polarity = Polarity(
        up_probability=float(up_probability[0]),
        decision=str(decision[0]),  # type: ignore[arg-type]  # one of three words
        model=model,
    )
    return msgspec.structs.replace(pick, polarity=polarity)
