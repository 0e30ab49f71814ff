import json
from pathlib import Path

import numpy as np
import pytest
import torch
from obspy import Stream, Trace, UTCDateTime
from seisbench.models import EQTransformer, PhaseNet

from streamstress.errors import ConfigError, WeightsError
from streamstress.picking.augmentation import LabelledRecord
from streamstress.picking.evaluation import pick_record, record_windows, score
from streamstress.picking.models import choose_device, load_picker
from streamstress.picking.picker_stage import PickerStage

DATA = (Path(__file__).parents[3] / "../shared/data").resolve()
NCEDC_WEIGHTS = DATA / "phasenet_ncedc" / "phasenet_ncedc"


def labelled_ncedc(every: int, pattern: str = "*.npz") -> list[LabelledRecord]:
    files = sorted((DATA / "ncedc_phasenet").glob(pattern))[::every]
    if not files or not NCEDC_WEIGHTS.with_suffix(".pt").exists():
        pytest.skip(f"no reference records and weights under {DATA}")
    records = []
    for file in files:
        with np.load(file) as content:
            east_north_up = content["data"].T.astype(np.float32)
            arrivals = float(content["itp"]), float(content["its"])
        records.append(LabelledRecord(east_north_up[::-1], arrivals[:1], arrivals[1:]))
    return records


def random_weights(tmp_path: Path, architecture: type, seed: int = 0, **arguments: object) -> Path:
    torch.manual_seed(seed)
    path = tmp_path / "random"
    architecture(**arguments).save(path)
    return path


def test_real_weights_find_real_arrivals():
    records = labelled_ncedc(every=7)
    p = score(PickerStage(load_picker(f"phasenet:{NCEDC_WEIGHTS}")), records)["P"]
    assert p.arrivals == len(records) == 22
    assert p.found >= 0.9
    assert p.within_100_ms >= 0.85


def test_probabilities_are_those_of_seisbench_itself():
    record = labelled_ncedc(every=60)[0]
    picker = load_picker(f"phasenet:{NCEDC_WEIGHTS}.pt")
    model = PhaseNet.load(NCEDC_WEIGHTS)
    waveform = np.ascontiguousarray(record.waveform[:, 2000:5001])
    start = UTCDateTime(2020, 1, 1)
    stream = Stream(
        Trace(row, header={"channel": f"HH{c}", "sampling_rate": 100.0, "starttime": start})
        for row, c in zip(waveform, "ZNE", strict=True)
    )
    annotated = model.annotate(stream)
    ours = picker.probabilities(waveform[None].astype(np.float32))[0]
    for column, phase in enumerate("PS"):
        theirs = annotated.select(channel=f"PhaseNet_{phase}")[0]
        first = round((theirs.stats.starttime - start) * 100)
        part = ours[first : first + len(theirs.data), column]
        np.testing.assert_allclose(part, theirs.data[: len(part)], atol=2e-4)


@pytest.mark.parametrize("count", [1, 5, 37])
def test_company_does_not_change_a_window(tmp_path: Path, count: int):
    path = random_weights(tmp_path, PhaseNet, component_order="ZNE")
    picker = load_picker(f"phasenet:{path}", batch_size=8)
    batch = np.random.default_rng(2).standard_normal((count, 3, 3001)).astype(np.float32)
    together = picker.probabilities(batch)
    assert together.shape == (count, 3001, 2)
    backwards = picker.probabilities(batch[::-1])[::-1]
    alone = picker.probabilities(batch[-1:])
    np.testing.assert_array_equal(together, backwards)
    np.testing.assert_array_equal(together[-1:], alone)


def test_the_model_orders_the_components(tmp_path: Path):
    batch = np.random.default_rng(2).standard_normal((1, 3, 3001)).astype(np.float32)
    path = random_weights(tmp_path, PhaseNet, component_order="ENZ", phases="NPS")
    model = PhaseNet.load(path).eval()
    with torch.inference_mode():
        ready = model.annotate_batch_pre(torch.from_numpy(batch[:, ::-1].copy()), {})
        expected = model(ready).numpy().transpose(0, 2, 1)[:, :, 1:]
    found = load_picker(f"phasenet:{path}").probabilities(batch)
    np.testing.assert_allclose(found, expected, atol=1e-4)


@pytest.mark.parametrize(("told", "gain"), [(None, 3.0), (False, 1.0)])
def test_a_vertical_alone_reaches_phasenet_as_its_authors_trained_it(
    tmp_path: Path, told: bool | None, gain: float
):
    path = random_weights(tmp_path, PhaseNet, component_order="ZNE", phases="PSN")
    if told is not None:
        metadata = json.loads(path.with_suffix(".json").read_text())
        metadata["default_args"] = {"missing_gain": told}
        path.with_suffix(".json").write_text(json.dumps(metadata))
    batch = np.zeros((1, 3, 3001), dtype=np.float32)
    batch[:, 0] = np.random.default_rng(2).standard_normal(3001)
    model = PhaseNet.load(path).eval()
    with torch.inference_mode():
        ready = model.annotate_batch_pre(torch.from_numpy(batch), {})
        expected = model(gain * ready).numpy().transpose(0, 2, 1)[:, :, :2]
    found = load_picker(f"phasenet:{path}").probabilities(batch)
    np.testing.assert_allclose(found, expected, atol=1e-4)


def test_every_real_p_of_a_vertical_alone_is_found():
    records = [r for r in labelled_ncedc(every=1) if not r.waveform[1:].any()]
    p = score(PickerStage(load_picker(f"phasenet:{NCEDC_WEIGHTS}")), records[::3])["P"]
    assert p.found == 1.0


def test_real_p_of_short_records_are_found():
    records = [
        LabelledRecord(record.waveform[:, 2200:3800], (800.0,), (np.nan,))
        for record in labelled_ncedc(every=13)
    ]
    p = score(PickerStage(load_picker(f"phasenet:{NCEDC_WEIGHTS}")), records)["P"]
    assert p.found >= 0.9


def test_real_p_of_strong_motion_sensors_are_found():
    """Stations of the National Strong-Motion Project, HN."""
    records = labelled_ncedc(every=1, pattern="NP_*.npz")
    assert len(records) == 2
    p = score(PickerStage(load_picker(f"phasenet:{NCEDC_WEIGHTS}")), records)["P"]
    assert p.found == 1.0


def test_eqtransformer_fits_the_same_protocol(tmp_path: Path):
    path = random_weights(tmp_path, EQTransformer, component_order="ZNE")
    picker = load_picker(f"eqtransformer:{path}", batch_size=1)
    assert (picker.window_samples, picker.blinding_samples) == (6000, (500, 500))
    stage = PickerStage(picker)
    waveform = np.random.default_rng(2).standard_normal((3, 9000)).astype(np.float32)
    (window, *_) = record_windows(stage, waveform)
    assert len(stage.pick([window])) == 1


def test_a_file_of_eqtransformer_gives_the_probabilities_of_seisbench_itself(tmp_path: Path):
    path = random_weights(tmp_path, EQTransformer, component_order="ZNE")
    batch = np.random.default_rng(2).standard_normal((1, 3, 6000)).astype(np.float32)
    batch[:, :, 3000:] *= 5.0
    model = EQTransformer.load(path)
    with torch.no_grad():
        own = model.annotate_batch_pre(torch.from_numpy(batch), {})
        _, p, s = (one.numpy()[0] for one in model.eval()(own))
    found = load_picker(f"eqtransformer:{path}", batch_size=1).probabilities(batch)[0]
    assert np.ptp(p) > 1e-3
    np.testing.assert_allclose(found, np.stack([p, s], axis=1), atol=1e-4)


def test_weights_of_another_model_are_refused_as_such(tmp_path: Path):
    path = random_weights(tmp_path, EQTransformer)
    with pytest.raises(WeightsError, match=r"PhaseNet: the \.json is that of another model"):
        load_picker(f"phasenet:{path}")


def test_filters_of_the_weights_are_applied(tmp_path: Path):
    plain = random_weights(tmp_path, PhaseNet, component_order="ZNE")
    metadata_file = tmp_path / "random.json"
    batch = np.random.default_rng(2).standard_normal((1, 3, 3001)).astype(np.float32).cumsum(-1)
    unfiltered = load_picker(f"phasenet:{plain}").probabilities(batch)
    metadata = json.loads(metadata_file.read_text())
    metadata["model_args"] |= {"filter_args": ["highpass"], "filter_kwargs": {"freq": 5.0}}
    metadata_file.write_text(json.dumps(metadata))
    filtered = load_picker(f"phasenet:{plain}").probabilities(batch)
    assert np.abs(filtered - unfiltered).max() > 0.001


@pytest.mark.parametrize("broken", ["pt missing", "pt garbage", "json garbage", "other model"])
def test_unreadable_weights_are_refused_with_file_and_reason(tmp_path: Path, broken: str):
    path = random_weights(tmp_path, PhaseNet, component_order="ZNE")
    if broken == "pt missing":
        path.with_suffix(".pt").unlink()
    elif broken == "pt garbage":
        path.with_suffix(".pt").write_bytes(b"\x80no weights")
    elif broken == "json garbage":
        path.with_suffix(".json").write_text("{")
    kind = "eqtransformer" if broken == "other model" else "phasenet"
    with pytest.raises(WeightsError, match=r"random.*not readable") as caught:
        load_picker(f"{kind}:{path}")
    if broken == "pt missing":
        assert "random.pt missing" in str(caught.value)


@pytest.mark.parametrize("spec", ["", "phasenet", "phasenet:", "magic:stead"])
def test_an_unknown_picker_is_refused_with_what_is_possible(spec: str):
    with pytest.raises(WeightsError, match="expected demo, sta-lta, phasenet:"):
        load_picker(spec)


def test_a_model_without_three_components_is_refused(tmp_path: Path):
    path = random_weights(tmp_path, PhaseNet, component_order="ZNEH", in_channels=4)
    with pytest.raises(WeightsError, match="needs components Z, N, E"):
        load_picker(f"phasenet:{path}")


def test_real_picks_survive_a_shift_of_the_windows():
    record = labelled_ncedc(every=60)[1]
    stage = PickerStage(load_picker(f"phasenet:{NCEDC_WEIGHTS}"))
    start_ns = 1_600_000_000_000_000_000
    times = [
        [(pick.phase, (pick.time_ns - start) / 1e9) for pick in picks]
        for start in (start_ns, start_ns + 3_330_000_000)
        for picks in [pick_record(stage, record.waveform, start_ns=start)]
    ]
    assert [phase for phase, _ in times[0]] == [phase for phase, _ in times[1]]
    np.testing.assert_allclose([t for _, t in times[0]], [t for _, t in times[1]], atol=0.05)


def test_the_unit_of_the_samples_does_not_matter(tmp_path: Path):
    picker = load_picker(f"phasenet:{random_weights(tmp_path, PhaseNet, component_order='ZNE')}")
    counts = np.random.default_rng(2).standard_normal((1, 3, 3001)).astype(np.float32) * 1000
    metres_per_second = counts * np.float32(1e-12)
    found = picker.probabilities(metres_per_second)
    np.testing.assert_allclose(found, picker.probabilities(counts), atol=2e-4)


def test_without_a_gpu_the_processor_is_taken(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert choose_device("auto") == torch.device("cpu")
    assert load_picker("demo").device == torch.device("cpu")


@pytest.mark.parametrize("name", ["cuda", "cuda:7", "mps", "gpu"])
def test_a_device_that_torch_does_not_see_is_refused_with_what_to_do(
    name: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(ConfigError, match=f"device '{name}'.*auto"):
        load_picker("demo", device=name)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="torch sees no GPU")
def test_a_gpu_gives_the_probabilities_of_the_processor():
    batch = np.random.default_rng(2).standard_normal((5, 3, 3001)).astype(np.float32)
    found = load_picker("demo", device="cuda").probabilities(batch)
    np.testing.assert_allclose(
        found, load_picker("demo", device="cpu").probabilities(batch), atol=2e-4
    )


def test_a_gpu_that_torch_sees_is_taken(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    assert choose_device("auto") == torch.device("cuda")
    assert choose_device("cuda:1") == torch.device("cuda:1")
    with pytest.raises(ConfigError, match="sees 2 GPUs"):
        choose_device("cuda:2")
