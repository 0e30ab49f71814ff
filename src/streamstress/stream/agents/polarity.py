"""Picks in, readings out: the first motion of each P; everything else is passed on."""

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
import numpy as np

from streamstress.polarity.classify import PolarityModel
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
        reading = self._classified(record) if isinstance(record, Pick) else record
        return [Outgoing(READINGS, message.key.decode(), reading, message.partition)]

    def _classified(self, pick: Pick) -> Pick:
        if pick.onset is None or pick.phase != "P":
            return pick
        samples = np.frombuffer(pick.onset.samples, dtype="<f4").astype(np.float64)
        result = self.model.classify(
            samples[None], pick.onset.sampling_rate_hz, pick.onset.pick_index
        )
        polarity = Polarity(
            up_probability=float(result.up_probability[0]),
            decision=str(result.decision[0]),  # type: ignore[arg-type]  # one of three words
            model=self.model.name,
        )
        return msgspec.structs.replace(pick, polarity=polarity)
