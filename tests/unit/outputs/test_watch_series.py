"""Columns of the watch's figure are axial: a turned catalogue gives a turned curve."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure
from sample_records import Sample
from synthetic_mechanisms import mechanisms, strike_slip_stress, turned

from streamstress.change import change_event
from streamstress.geometry.axes import axial_difference, shmax_azimuth
from streamstress.geometry.tensors import tensor_of
from streamstress.outputs.watch_plot import draw_watch
from streamstress.outputs.watch_series import RUN_EVENTS, WatchSeries, orientation, without_jumps

HOUR_NS = 3600 * 10**9


def series_of(turn_deg: float, learn: int = 80) -> WatchSeries:
    """A stress with SHmax of 10 degrees that turns by 20 after 100 events, all of it turned."""
    rng = np.random.default_rng(1)
    stress = strike_slip_stress(10.0)
    angles = np.concatenate(
        [mechanisms(stress, 100, rng), mechanisms(turned(stress, 20.0), 100, rng)]
    )
    series = WatchSeries(learn)
    for k, (strike, dip, rake) in enumerate(angles.tolist()):
        event = change_event(f"e{k}", k * HOUR_NS, strike + turn_deg, dip, rake)
        series.add(event, 1.0 + k, 30.0 if k >= learn else None)
    return series


@pytest.mark.parametrize("turn_deg", [45.0, 90.0, 165.0, 175.0, 180.0])
def test_a_turned_catalogue_gives_the_same_curve_about_a_turned_centre(turn_deg: float):
    one, two = orientation(series_of(0.0)), orientation(series_of(turn_deg))
    centre = axial_difference(two.shmax_reference_deg - one.shmax_reference_deg, turn_deg)
    assert abs(centre) < 1e-6
    for name in ("shmax_run_deg", "shmax_event_deg"):
        first = getattr(one, name) - one.shmax_reference_deg
        second = getattr(two, name) - two.shmax_reference_deg
        np.testing.assert_allclose(axial_difference(second, first), 0.0 * first, atol=1e-6)
    np.testing.assert_allclose(two.rotation_run_deg, one.rotation_run_deg, atol=1e-6)


def test_the_running_mean_starts_when_it_is_full_and_follows_the_turn():
    series = series_of(0.0)
    turns = orientation(series)
    assert np.isnan(turns.shmax_run_deg[: RUN_EVENTS - 1]).all()
    assert turns.shmax_run_deg[95] == pytest.approx(10.0, abs=6.0)
    latest = np.mean([event.five for event in series.events[-RUN_EVENTS:]], axis=0)
    assert turns.shmax_run_deg[-1] == pytest.approx(float(shmax_azimuth(tensor_of(latest))))
    assert 10.0 < turns.rotation_run_deg[-1] < 40.0


def test_a_curve_breaks_where_it_leaves_the_figure():
    curve = without_jumps(np.array([80.0, 85.0, -85.0, -80.0]))
    assert np.isnan(curve).tolist() == [False, False, True, False]


@pytest.fixture
def figures(monkeypatch: pytest.MonkeyPatch) -> list[Figure]:
    """Figures as they are saved."""
    saved: list[Figure] = []
    monkeypatch.setattr(Figure, "savefig", lambda figure, *_, **__: saved.append(figure))
    return saved


def test_panels_show_onset_decision_states_and_each_verdict(figures: list[Figure], sample: Sample):
    series = series_of(0.0)
    change = next(change for change in sample.changes if change.state == "open")
    change = type(change)(
        **{name: getattr(change, name) for name in change.__struct_fields__}
        | {
            "onset_time_ns": 100 * HOUR_NS,
            "time_ns": 130 * HOUR_NS,
            "guards": {"clusters": "pass", "place": "hold: moved"},
        }
    )
    draw_watch(Path("f.png"), series, [change])
    shmax, _, score, guards = figures[0].axes
    assert [text.get_text() for text in shmax.texts] == ["open"]
    assert [label.get_text() for label in guards.get_yticklabels()] == ["clusters", "place"]
    assert len(score.lines[0].get_xdata()) == 120
    assert shmax.get_ylim()[1] - shmax.get_ylim()[0] == pytest.approx(180.0)


def test_a_series_that_never_learned_can_be_drawn(figures: list[Figure]):
    short = WatchSeries(500)
    for event in series_of(0.0).events:
        short.add(replace(event), 0.0, None)
    draw_watch(Path("f.png"), short, [])
    assert len(figures[0].axes) == 3
