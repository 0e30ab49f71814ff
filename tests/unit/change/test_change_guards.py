"""Guards hold what only looks like a change of stress."""

from dataclasses import replace

import numpy as np

from streamstress.change import ChangeSettings, change_event
from streamstress.change.epochs import Epoch
from streamstress.change.events import ChangeEvent
from streamstress.change.guards import holding, verdicts
from streamstress.change.population import PopulationTest

STATIONS = [f"XX.S{k:02d}" for k in range(12)]
REJECTED = PopulationTest(40.0, 1e-6, 0.0)


def epoch(count: int, seed: int, **changed: object) -> Epoch:
    rng = np.random.default_rng(seed)
    events = [
        replace(
            change_event(
                f"e{seed}.{i:03d}", i, 10.0, 80.0, 5.0,
                latitude_deg=35.0 + rng.uniform(-0.1, 0.1), longitude_deg=140.0,
                depth_km=rng.uniform(2, 12), magnitude=float(rng.exponential(0.4)),
                n_polarity=float(rng.poisson(20)), misfit=float(rng.uniform(0, 0.1)),
                model="hash/net/crust", picker="picker 1", stations=STATIONS,
                stations_against=rng.choice(STATIONS, rng.binomial(1, 0.4)).tolist(),
            ),
            **changed,
        )
        for i in range(count)
    ]  # fmt: skip
    return Epoch(events, np.ones(count))


def asked(after: Epoch, test: PopulationTest = REJECTED) -> dict[str, str]:
    return verdicts(epoch(300, 0), after, test, ChangeSettings(), 0.05)


def held_by(guards: dict[str, str]) -> set[str]:
    return {name for name, verdict in guards.items() if verdict.startswith("hold")}


def test_like_events_pass_every_guard():
    guards = asked(epoch(40, 1))
    assert not holding(guards)
    assert set(guards) == {
        "events", "clusters", "fault population", "place", "depth", "magnitude", "observation",
        "station set", "station polarity", "picker", "solver", "polarity model", "velocity model",
        "backfill",
    }  # fmt: skip


def test_each_guard_holds_its_own_cause():
    assert held_by(asked(epoch(40, 1, latitude_deg=35.3))) == {"place"}
    assert held_by(asked(epoch(40, 1, depth_km=14.0))) == {"depth"}
    assert held_by(asked(epoch(40, 1, magnitude=3.0))) == {"magnitude"}
    assert held_by(asked(epoch(40, 1, n_polarity=9.0))) == {"observation"}
    assert held_by(asked(epoch(40, 1, misfit=0.2))) == {"observation"}
    assert held_by(asked(epoch(40, 1, model="bayes/net/crust"))) == {"solver"}
    assert held_by(asked(epoch(40, 1, model="hash/net 2/crust"))) == {"polarity model"}
    assert held_by(asked(epoch(40, 1, model="hash/net/crust 2"))) == {"velocity model"}
    assert held_by(asked(epoch(40, 1, model="by hand"))) == {"models"}
    assert held_by(asked(epoch(40, 1, picker="picker 2"))) == {"picker"}
    assert held_by(asked(epoch(40, 1, stations=tuple(STATIONS[:7])))) == {"station set"}
    assert held_by(asked(epoch(40, 1, stations_against=("XX.S03",)))) == {"station polarity"}
    assert held_by(asked(epoch(12, 1))) == {"events"}
    assert held_by(asked(epoch(40, 1, backfilled=True))) == {"backfill"}
    assert held_by(asked(epoch(40, 1), PopulationTest(3.0, 0.4, 0.3))) == {"fault population"}


def test_a_few_old_events_among_the_later_ones_hold_only_when_they_decide():
    live, old = epoch(40, 1).events, epoch(40, 1, backfilled=True).events
    among = Epoch([*live[:5], *old[5:7], *live[7:]], np.ones(40))
    latest = Epoch([*live[:38], *old[38:]], np.ones(40))
    assert not holding(asked(among))
    assert held_by(asked(latest)) == {"backfill"}


def test_what_else_shows_another_stress_passes_without_the_slips_alone():
    shown = PopulationTest(5.5, 0.14, 0.01, "the same faults, turned as a whole by 20°")
    assert asked(epoch(40, 1), shown)["fault population"].startswith("pass: the same faults")
    assert held_by(asked(epoch(40, 1), replace(shown, shown=""))) == {"fault population"}


def test_what_is_not_known_is_untested_and_does_not_hold():
    unknown: dict[str, object] = {
        "latitude_deg": None, "longitude_deg": None, "depth_km": None, "magnitude": None,
        "n_polarity": None, "misfit": None, "model": "", "picker": "", "stations": (),
        "stations_against": (),
    }  # fmt: skip
    guards = asked(epoch(40, 1, **unknown))
    assert not holding(guards)
    for name in (
        "place", "depth", "magnitude", "observation", "solver", "picker", "station set",
        "station polarity",
    ):  # fmt: skip
        assert guards[name].startswith("untested")


def test_a_cluster_elsewhere_counts_as_one_event_and_does_not_hold():
    after = epoch(40, 1)
    burst: list[ChangeEvent] = [replace(one, latitude_deg=35.3) for one in after.events[:30]]
    weight = np.concatenate([np.full(30, 1 / 30), np.ones(10)])
    clustered = Epoch([*burst, *after.events[30:]], weight)
    assert asked(clustered)["place"].startswith("pass")
    assert asked(Epoch(clustered.events, np.ones(40)))["place"].startswith("hold")
