"""What the polarity network is trained on: simulated onsets, batch after batch."""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from streamstress.polarity.labelled import BatchSource, LabelledOnsets
from streamstress.polarity.training import TrainingPlan
from streamstress.simulate.onsets import (
    OnsetSettings,
    SimulatedOnsets,
    draw_sampling_rate,
    simulate_onsets,
)

BATCH = 256
# The simulator's batches of one rate are cut into so many training batches.
_BATCHES_A_CALL = 8
NOISE_BANK_RATE_HZ = 100.0
# What the weights that come with the package were trained on. Scattering is harsher than expected:
# a network trained on it reads recordings better. Picks are worse than most: it is not to be surer
# than right where a pick is a tenth of a second off.
TRAINING_ONSETS = OnsetSettings(
    coda_pulse_s=0.0,
    wide_pick_share=0.4,
    wide_pick_s=0.13,
    accelerometer_share=0.2,
    defect_share=0.08,
)
# The second stage's: the same and, for half of the blocks, coda that sets in slowly and grows to
# more than the direct arrival, as near nodal planes.
NODAL_ONSETS = replace(
    TRAINING_ONSETS, coda_pulse_s=0.1, coda_rise_s=(0.02, 0.5), coda_amplitude=(0.05, 5.0)
)
# The third stage's third: still nearer, the direct arrival drowns in a few hundredths of a second.
FAINT_ONSETS = replace(
    TRAINING_ONSETS, coda_pulse_s=0.3, coda_rise_s=(0.005, 0.2), coda_amplitude=(0.3, 8.0)
)


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage of the training of the package's weights: kinds of crust, and how to go over them."""

    crusts: tuple[OnsetSettings, ...]
    learning_rate: float = 1e-3
    bfloat16: bool = True
    averaging: float = 0.0
    check_every: int = 250
    patience: int = 8

    def plan(self, steps: int) -> TrainingPlan:
        """So many steps of it."""
        return TrainingPlan(
            steps,
            self.learning_rate,
            check_every=self.check_every,
            patience=self.patience,
            bfloat16=self.bfloat16,
            averaging=self.averaging,
        )


STAGES = (
    Stage((TRAINING_ONSETS,), learning_rate=2e-3, bfloat16=False),
    Stage((TRAINING_ONSETS, NODAL_ONSETS)),
    # A long one: the loss rises first, with the rate, and falls to the end.
    Stage(
        (TRAINING_ONSETS, NODAL_ONSETS, FAINT_ONSETS),
        averaging=0.9995,
        check_every=1000,
        patience=1000,
    ),
)
# Lead that the caller's window may lack, of the 1.6 s simulated: the pipeline's windows have 1 s.
_LACKING_LEAD_S = 0.8


def simulated_batches(
    seed: int,
    noise_bank: NDArray[np.floating[Any]] | None = None,
    crusts: Sequence[OnsetSettings] = STAGES[0].crusts,
    rate_hz: float | None = None,
) -> BatchSource:
    """Batches of simulated onsets without end; each block of eight has a seed of its own.

    The crusts take turns. The rate is drawn anew for each block where None.
    """

    def source(step: int) -> Iterator[LabelledOnsets]:
        first, skip = divmod(step, _BATCHES_A_CALL)
        for block in itertools.count(first):
            rng = np.random.default_rng((seed, block))
            rate = rate_hz or draw_sampling_rate(rng)
            here = rate_hz or NOISE_BANK_RATE_HZ
            bank = noise_bank if rate == here else None
            yield from itertools.islice(
                _block(rng, rate, bank, crusts[block % len(crusts)]), skip, None
            )
            skip = 0

    return source


def labelled(onsets: SimulatedOnsets) -> LabelledOnsets:
    """Turn simulated onsets into what the trainer and the evaluation take."""
    return LabelledOnsets(onsets.waveform, onsets.sign, onsets.sampling_rate_hz, onsets.pick_index)


def _block(
    rng: np.random.Generator,
    rate: float,
    noise_bank: NDArray[np.floating[Any]] | None,
    settings: OnsetSettings,
) -> Iterator[LabelledOnsets]:
    """Batches of one rate."""
    onsets = simulate_onsets(
        BATCH * _BATCHES_A_CALL,
        rng,
        sampling_rate_hz=rate,
        settings=settings,
        noise_bank=noise_bank,
    )
    # Sources come ordered from the simulator; a batch shall hold every kind.
    for rows in rng.permutation(onsets.sign.size).reshape(_BATCHES_A_CALL, BATCH):
        lead = int(rng.uniform(0.0, _LACKING_LEAD_S) * rate)
        yield LabelledOnsets(
            onsets.waveform[rows, lead:], onsets.sign[rows], rate, onsets.pick_index - lead
        )


def held_out_onsets(
    rng: np.random.Generator,
    noise_bank: NDArray[np.floating[Any]] | None,
    crusts: Sequence[OnsetSettings],
) -> list[LabelledOnsets]:
    """8,000 onsets of each crust; those at 100 Hz have the bank's noise, where there is one."""
    counts = {50.0: 1000, 100.0: 4000, 200.0: 1000, 250.0: 1000, 500.0: 1000}
    return [
        labelled(
            simulate_onsets(
                count,
                rng,
                sampling_rate_hz=rate,
                settings=settings,
                noise_bank=noise_bank if rate == NOISE_BANK_RATE_HZ else None,
            )
        )
        for settings in crusts
        for rate, count in counts.items()
    ]
