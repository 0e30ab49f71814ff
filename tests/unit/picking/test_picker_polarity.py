"""First motions straight from a picker that reads them."""

from pathlib import Path

import numpy as np
import pytest
import torch
from seisbench.models import EQTP

from streamstress.picking.models import load_picker
from streamstress.picking.picker_stage import PickerSettings, PickerStage
from streamstress.picking.station_window import ComponentTrace, StationWindow
from streamstress.polarity import load_polarity_model
from streamstress.records import Pick
from streamstress.stream.agents.polarity import PolarityRole
from streamstress.stream.pick_records import pick_record
from streamstress.stream.role import Incoming
from streamstress.wire.codec import encode
from streamstress.wire.topics import PICKS

N_SAMPLES, RATE_HZ = 3001, 100.0


class ReadingPicker:
    """Sees a P where the vertical is largest, and reads its sign there."""

    name = "reads-first-motions"
    sampling_rate_hz = RATE_HZ
    window_samples = N_SAMPLES
    blinding_samples = (0, 0)

    def probabilities(self, batch: np.ndarray) -> np.ndarray:
        found = np.zeros((len(batch), N_SAMPLES, 3), np.float32)
        found[:, :, 2] = 0.5
        for row, window in zip(found, batch, strict=True):
            at = int(np.abs(window[0]).argmax())
            row[at, 0] = 0.9
            row[at - 2 : at + 3, 2] = 0.97 if window[0, at] > 0 else 0.03
        return found


def readings(sign: float) -> list[Pick]:
    """A spike on the vertical, through pick and polarity agents."""
    stage = PickerStage(ReadingPicker(), PickerSettings(step_s=10.0))
    k = 172_800_000
    start_ns, end_ns = stage.grid.data(k)
    own_ns = stage.grid.own(k)[0] + 4_000_000_000
    n = round((end_ns - start_ns) * RATE_HZ / 1e9) + 1
    samples = np.random.default_rng(2).normal(0, 1, (3, n)).astype(np.float32)
    samples[0, round((own_ns - start_ns) * RATE_HZ / 1e9)] = 80.0 * sign
    valid = np.ones(n, bool)
    components = tuple(
        ComponentTrace(f"HH{c}", start_ns, RATE_HZ, row, valid)
        for c, row in zip("ZNE", samples, strict=True)
    )
    (picks,) = stage.pick([StationWindow("XX.A", "", k, components)])
    role = PolarityRole(load_polarity_model())
    records = [pick_record(picks, pick, "reads-first-motions") for pick in picks.picks]
    found = []
    for record in records:
        message = Incoming(PICKS.name, 0, 0, record.pick_id.encode(), encode(record))
        found += [out.record for out in role.process(message, message.record())]
    return [record for record in found if isinstance(record, Pick)]


@pytest.mark.parametrize(("sign", "decision"), [(1.0, "up"), (-1.0, "down")])
def test_the_first_motion_that_a_picker_reads_comes_in_by_the_same_record(
    sign: float, decision: str
):
    (reading,) = readings(sign)
    assert reading.polarity is not None
    assert reading.polarity.decision == decision
    assert reading.polarity.up_probability == pytest.approx(0.97 if sign > 0 else 0.03)
    assert reading.polarity.model == "reads-first-motions"


def test_eqtp_of_seisbench_gives_an_up_probability_at_every_sample(tmp_path: Path):
    torch.manual_seed(0)
    EQTP().save(tmp_path / "random")
    picker = load_picker(f"eqtp:{tmp_path / 'random'}", batch_size=2)
    batch = np.random.default_rng(1).normal(0, 1, (1, 3, picker.window_samples))
    found = picker.probabilities(batch.astype(np.float32))
    assert found.shape == (1, picker.window_samples, 3)
    assert found[:, :, 2].min() >= 0.0
    assert found[:, :, 2].max() <= 1.0
    model = EQTP.load(tmp_path / "random")
    ready = model.annotate_batch_pre(
        torch.from_numpy((batch / np.abs(batch).max()).astype(np.float32)),
        {**model.default_args, "blinding": (0, 0)},
    )
    with torch.inference_mode():
        up, down, *_ = (part.numpy()[0] for part in model.eval()(ready))
    at = 6000
    expected = 0.5 + 0.5 * (up[at - 3 : at + 4].max() - down[at - 3 : at + 4].max())
    assert found[0, at, 2] == pytest.approx(expected, abs=2e-4)
