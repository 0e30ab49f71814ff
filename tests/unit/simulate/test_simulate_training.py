"""Training records are labelled where the waves are."""

import numpy as np

from streamstress.simulate.training import training_record


def test_labels_lie_in_the_record_in_order_and_kinds_have_their_shares():
    rng = np.random.default_rng(1)
    records = [training_record(rng) for _ in range(150)]
    counts = np.bincount([len(record.snr) for record in records], minlength=3)
    assert np.all(counts > 3)
    assert counts[1] > counts[0] + counts[2]
    for record in records:
        assert record.waveform.shape == (3, 3001)
        assert record.waveform.dtype == np.float32
        assert np.all(np.isfinite(record.waveform))
        assert len(record.p_sample) == len(record.s_sample) == len(record.snr)
        for p, s, snr in zip(record.p_sample, record.s_sample, record.snr, strict=True):
            assert np.isnan(p) or 0 <= p < 3000
            assert np.isnan(s) or 0 <= s < 3000
            assert not p >= s
            assert np.isnan(p) == np.isnan(snr)


def test_the_signal_begins_at_the_label():
    rng = np.random.default_rng(2)
    checked = 0
    while checked < 25:
        record = training_record(rng, noise_share=0.0, pair_share=0.0)
        p = record.p_sample[0]
        if not (p > 300 and p < 2900 and record.snr[0] > 100):
            continue
        quick = np.abs(np.diff(record.waveform[0].astype(float)))
        onset = int(np.ceil(p))
        quiet = np.median(quick[onset - 250 : onset - 3])
        assert quick[onset - 1 : onset + 40].max() > 8 * quiet
        assert np.median(quick[onset - 20 : onset - 3]) < 3 * quiet
        checked += 1


def test_noise_alone_has_no_label():
    record = training_record(np.random.default_rng(3), noise_share=1.0)
    assert record.p_sample == record.s_sample == record.snr == ()


def test_snr_covers_hard_and_easy_records():
    rng = np.random.default_rng(4)
    snr = np.concatenate([training_record(rng, noise_share=0.0).snr for _ in range(150)])
    assert np.nanpercentile(snr, 5) < 5 < 50 < np.nanpercentile(snr, 90)


def test_a_seed_gives_one_record_and_another_another():
    a, b, c = (training_record(np.random.default_rng(seed), noise_share=0.0) for seed in (5, 5, 6))
    assert np.array_equal(a.waveform, b.waveform)
    assert a.p_sample == b.p_sample
    assert not np.array_equal(a.waveform, c.waveform)


def test_the_length_is_free():
    assert training_record(np.random.default_rng(7), n_samples=6000).waveform.shape == (3, 6000)
