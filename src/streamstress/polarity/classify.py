"""Onsets to first motions, as a pipeline calls it."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from streamstress.polarity.calibration import UNCALIBRATED, Calibration
from streamstress.polarity.grids import HIGHEST_GRID_HZ, check_highest_grid
from streamstress.polarity.inference import network_logits
from streamstress.polarity.preparation import READING_FLOOR, onset_features
from streamstress.polarity.weights_file import TrainedNetwork, load_weights

Floats = NDArray[np.float64]

# |2p - 1| that a decision needs: p(up) above .9 or below .1.
DEFAULT_THRESHOLD = 0.8
# Probabilities are rounded to this before any decision, so that machines agree.
DECIMALS = 4


@dataclass(frozen=True, slots=True)
class PolarityResult:
    """``up_probability`` (n,) and ``decision`` (n,): "up", "down" or "unknown"."""

    up_probability: Floats
    decision: NDArray[np.str_]


@dataclass(frozen=True, slots=True)
class PolarityModel:
    """A trained network with its decision threshold on ``|2p - 1|``.

    Recordings above ``highest_grid_hz``, 500 to 4000, are decimated by a whole factor to below it.
    """

    trained: TrainedNetwork
    threshold: float = DEFAULT_THRESHOLD
    highest_grid_hz: float = HIGHEST_GRID_HZ

    @property
    def name(self) -> str:
        """Model id, with the start of the weights' hash."""
        return f"first-motion-{self.trained.fingerprint}"

    def classify(
        self,
        onsets: ArrayLike | Sequence[ArrayLike],
        sampling_rate_hz: ArrayLike,
        pick_index: ArrayLike,
    ) -> PolarityResult:
        """First motions of P onsets on vertical components, up positive.

        Parameters
        ----------
        onsets
            (n, samples), or n arrays of any length; any unit. Best is 1.6 s before the pick and
            0.8 s after it; needed are 0.72 s and 0.56 s at 100 Hz, 0.29 s and 0.23 s at 500 Hz
            (see ``grids.samples_needed``).
        sampling_rate_hz
            One rate or (n,), at least 20 Hz.
        pick_index
            Sample of the pick, one or (n,), counted from 0; a fraction is rounded.

        Returns
        -------
        PolarityResult
            NaN, flat and short windows are "unknown" at probability .5.

        Raises
        ------
        ValueError
            The three arguments do not match in length.
        """
        features, readable = onset_features(
            onsets, sampling_rate_hz, pick_index, self.highest_grid_hz, READING_FLOOR
        )
        logits = np.zeros(readable.size)
        logits[readable] = network_logits(self.trained.network, features[readable])
        probability = up_probability(logits, self.trained.temperature, self.trained.calibration)
        return PolarityResult(probability, decide(probability, self.threshold))


def load_polarity_model(
    path: Path | None = None,
    threshold: float = DEFAULT_THRESHOLD,
    highest_grid_hz: float = HIGHEST_GRID_HZ,
) -> PolarityModel:
    """Model of a weight file, or of the weights that come with the package.

    Parameters
    ----------
    path
        A file of ``weights_file.save_weights``; None for the package's own.
    threshold
        Least ``|2p - 1|`` for a decision, 0 to 1.
    highest_grid_hz
        Recordings up to this rate are read at their own, 500 to 4000: 4000 for borehole sensors
        whose picks are right to a few milliseconds.

    Raises
    ------
    WeightsError
        The file is missing, unreadable, or of another architecture.
    ValueError
        The threshold or the rate is out of bounds.
    """
    if not 0.0 <= threshold <= 1.0:
        raise ValueError(f"polarity threshold {threshold}: it must lie between 0 and 1")
    check_highest_grid(highest_grid_hz)
    return PolarityModel(load_weights(path), threshold, highest_grid_hz)


def up_probability(
    logits: Floats, temperature: float, calibration: Calibration = UNCALIBRATED
) -> Floats:
    """Calibrated p(up), rounded; p(up) of the turned-over waveform is 1 - p(up)."""
    # Rounding the part above one half keeps the two answers opposite.
    probability: Floats = 0.5 + np.round(calibration.above_half(logits / temperature), DECIMALS)
    return probability


def decide(probability: Floats, threshold: float) -> NDArray[np.str_]:
    """Decisions (n,) by the threshold on ``|2p - 1|``; exactly one half is never decided."""
    certainty = np.round(np.abs(2.0 * probability - 1.0), DECIMALS)
    decided = (certainty >= threshold) & (certainty > 0.0)
    direction = np.where(probability > 0.5, "up", "down")
    decision: NDArray[np.str_] = np.where(decided, direction, "unknown")
    return decision
