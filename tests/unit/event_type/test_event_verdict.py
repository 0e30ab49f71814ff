"""An event is an earthquake unless something else is nearly sure."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from observed_events import NOON_NS, observation, unknown

from streamstress.event_type.model import KINDS, load_model, probabilities
from streamstress.event_type.verdict import (
    BlastSite,
    Judgement,
    chosen_kind,
    judge_type,
    log_prior,
    solar_hour,
)

HOUR_NS = 3_600_000_000_000
BLAST = KINDS.index("blast")
AT_ANY_HOUR = Judgement(blast_hours=(0.0, 0.0))


def test_an_event_of_which_nothing_is_known_passes_with_the_shares_known_beforehand():
    verdict = judge_type(load_model(), unknown(), AT_ANY_HOUR)
    assert verdict.kind == "earthquake"
    assert verdict.probability["earthquake"] == pytest.approx(0.95)
    assert verdict.probability["noise"] == pytest.approx(0.0125)


@given(st.integers(0, 1000), st.floats(0.0, 1.0))
def test_less_knowledge_of_an_event_leaves_a_valid_probability(seed: int, share: float):
    event = observation(seed)
    lost = np.random.default_rng(seed).random(event.p.signal.shape) < share
    signal = np.where(lost, np.nan, event.p.signal)
    verdict = judge_type(
        load_model(), replace(event, p=replace(event.p, signal=signal)), Judgement()
    )
    assert sum(verdict.probability.values()) == pytest.approx(1.0, abs=1e-3)
    assert all(0.0 <= p <= 1.0 for p in verdict.probability.values())


def test_another_kind_is_taken_only_where_an_earthquake_is_all_but_excluded():
    nearly = np.array([0.03, 0.0, 0.0, 0.97, 0.0])
    assert KINDS[chosen_kind(nearly, 0.02)] == "earthquake"
    assert KINDS[chosen_kind(nearly, 0.05)] == "blast"


@pytest.mark.parametrize(("longitude", "hour"), [(0.0, 12.0), (90.0, 18.0), (-150.0, 2.0)])
def test_blasts_are_looked_for_at_the_hours_of_the_sun_at_the_place(longitude: float, hour: float):
    assert solar_hour(NOON_NS, longitude) == pytest.approx(hour)


def test_a_blast_is_unlikely_at_night_and_away_from_the_quarries_that_are_known():
    event = observation()
    night = replace(event, origin_time_ns=NOON_NS + 12 * HOUR_NS)
    day, dark = (log_prior(one, Judgement())[BLAST] for one in (event, night))
    assert day - dark > np.log(20.0)
    here, far = BlastSite(45.0, 0.0, 2.0), BlastSite(46.0, 0.0, 2.0)
    at, away = (log_prior(event, Judgement(blast_sites=(site,)))[BLAST] for site in (here, far))
    assert at > day > away


def test_probabilities_follow_the_shares_beforehand():
    equal = np.zeros((1, len(KINDS)))
    shares = np.array([0.9, 0.04, 0.03, 0.02, 0.01])
    np.testing.assert_allclose(probabilities(equal, np.log(shares))[0], shares)
