"""Uchide's two steps between two simulated regions, for calibrate_finetuning.

The first region has larger earthquakes (M 1.5 to 3.5) at 100 Hz under weak attenuation; the second
has small ones (M -0.5 to 1.5) at 250 Hz under strong attenuation and strong scattering, read from
geophones, with later picks and other noise. Each has 40 stations' noise of its own.
"""

import numpy as np
from document import markdown_table

from streamstress.cli.simulated_batches import labelled, simulated_batches
from streamstress.polarity import PolarityModel, load_polarity_model
from streamstress.polarity.evaluation import PolarityScore, evaluate
from streamstress.polarity.finetuning import finetune
from streamstress.polarity.labelled import LabelledOnsets, shuffled_batches, split_onsets
from streamstress.polarity.training import TrainingPlan, train
from streamstress.simulate.onset_noise import station_noise
from streamstress.simulate.onsets import OnsetSettings, simulate_onsets

# Corner frequencies by Brune (1970) with 2 MPa.
FIRST = OnsetSettings(
    corner_hz=(4.0, 25.0), t_star_s=(0.003, 0.03), coda_pulse_s=0.1, accelerometer_share=0.0,
)  # fmt: skip
SECOND = OnsetSettings(
    corner_hz=(25.0, 100.0), t_star_s=(0.02, 0.06), coda_pulse_s=0.0, coda_amplitude=(0.3, 2.0),
    pick_bias_s=0.03, snr_range=(1.5, 20.0), accelerometer_share=0.3,
)  # fmt: skip
FIRST_HZ, SECOND_HZ = 100.0, 250.0
LOCAL_COUNTS = (500, 4000)
TESTED = 3000


def two_steps(seed: int, steps: int) -> str:
    """Markdown table of scores on a held-back set of the second region."""
    banks = [_bank(rate, (seed, i)) for i, rate in enumerate((FIRST_HZ, SECOND_HZ))]
    local = _onsets(max(LOCAL_COUNTS), SECOND_HZ, SECOND, banks[1], (seed, 2))
    test = _onsets(TESTED, SECOND_HZ, SECOND, banks[1], (seed, 3))
    held_out = _onsets(3000, FIRST_HZ, FIRST, banks[0], (seed, 4))
    first = train(
        simulated_batches(seed, banks[0], [FIRST], FIRST_HZ), [held_out], TrainingPlan(steps), seed
    )
    rows = [_row("first region only", evaluate(PolarityModel(first), test))]
    shipped = load_polarity_model()
    rows.append(_row("package's weights", evaluate(shipped, test)))
    for count in LOCAL_COUNTS:
        few = local.rows(np.arange(count))
        rows.append(_row(f"{count} local onsets only", evaluate(_local_only(few, seed), test)))
        for name, start in (("first region", first), ("package's weights", shipped.trained)):
            tuned = PolarityModel(finetune(start, [few], seed).trained)
            rows.append(_row(f"{name}, then {count} local onsets", evaluate(tuned, test)))
    heading = ["trained on", "accuracy", "kept", "kept right", "ECE"]
    return f"{_TEXT.format(steps=steps, tested=TESTED)}\n\n{markdown_table(heading, rows)}"


_TEXT = (
    "Two steps (Uchide 2020): a first region of M 1.5 to 3.5 at 100 Hz ({steps} steps of 256 "
    "onsets), then a second of M -0.5 to 1.5 at 250 Hz with stronger attenuation and scattering, "
    "later picks and other noise. Scores on {tested} onsets of the second that nothing was trained "
    "or calibrated on; of the local onsets a fifth is kept to stop and calibrate by, a fifth to "
    "report the gain."
)


def _local_only(local: LabelledOnsets, seed: int) -> PolarityModel:
    learning, stopping = split_onsets([local], (0.8, 0.2), seed)
    plan = TrainingPlan(steps=300, check_every=25)
    return PolarityModel(train(shuffled_batches(learning, 128, seed, 0.02), stopping, plan, seed))


def _bank(rate: float, seed: tuple[int, ...]) -> np.ndarray:
    """Ten seconds of 40 stations' noise."""
    samples = round(10 * rate)
    frequency = np.fft.rfftfreq(samples, 1 / rate)
    return station_noise(40, np.random.default_rng(seed), frequency, samples, rate)


def _onsets(
    count: int, rate: float, settings: OnsetSettings, bank: np.ndarray, seed: tuple[int, ...]
) -> LabelledOnsets:
    rng = np.random.default_rng(seed)
    made = simulate_onsets(count, rng, sampling_rate_hz=rate, settings=settings, noise_bank=bank)
    # Sources come ordered from the simulator.
    return labelled(made).rows(rng.permutation(count))


def _row(name: str, score: PolarityScore) -> list[str]:
    figures = (score.accuracy, score.kept, score.accuracy_of_kept, score.calibration_error)
    return [name, *(f"{value:.3f}" for value in figures)]
