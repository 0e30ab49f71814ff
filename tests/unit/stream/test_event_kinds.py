"""Only earthquakes are solved; what a person says of an event holds against the classifier."""

from dataclasses import replace
from itertools import permutations
from pathlib import Path

import numpy as np
import pytest
from msgspec.structs import replace as changed
from sample_records import Sample
from structlog.testing import capture_logs
from synthetic_polarities import Errors, draw_event

from streamstress.event_type.model import load_model
from streamstress.mechanism.inputs import PolarityData
from streamstress.mechanism.settings import MechanismSettings
from streamstress.outputs.metrics import create_metrics
from streamstress.outputs.quakeml import catalog_event
from streamstress.outputs.said_controls import kind_control
from streamstress.outputs.store import Store
from streamstress.records import Arrival, Control, Event, EventType, Levels, Mechanism
from streamstress.records.events import EventKind
from streamstress.stream.agents.mechanism import MechanismRole
from streamstress.stream.event_types import EventTypes, observation_of
from streamstress.stream.observer import Observer
from streamstress.stream.role import Incoming, Outgoing
from streamstress.wire.codec import encode
from streamstress.wire.topics import EVENTS

SAID = kind_control("e1", "earthquake", 1, "felt", "me")


def event(kind: EventKind, sample: Sample) -> Event:
    """A final event with first motions of a double couple."""
    data, _ = draw_event(np.random.default_rng(5), False, Errors(n_polarity=(30, 30)))
    like = sample.events[0].arrivals[0]
    arrivals = tuple(_arrival(like, data, i) for i in range(len(data.azimuth_deg)))
    found = changed(sample.events[0], event_id="e1", version=1, status="final")
    return changed(found, kind=kind, arrivals=arrivals)


def _arrival(like: Arrival, data: PolarityData, i: int) -> Arrival:
    up = float(data.up_probability[i])
    return changed(
        like,
        pick_id=str(i),
        station=f"N.S{i:02d}",
        phase="P",
        azimuth_deg=float(data.azimuth_deg[i] % 360.0),
        takeoff_deg=float(data.takeoff_deg[i]),
        polarity=changed(like.polarity, up_probability=up) if like.polarity else None,
    )


def role() -> MechanismRole:
    made = MechanismRole(replace(MechanismSettings(), n_trials=2), reversals="off")
    made.restore("events", 0, None)
    return made


def told(agent: MechanismRole, record: Event | None, offset: int) -> list[Mechanism]:
    message = Incoming("events", 0, offset, b"e1", encode(record) if record else b"")
    answers = agent.process(message, record)
    return [out.record for out in answers if isinstance(out.record, Mechanism)]


def say(agent: MechanismRole, control: Control, offset: int) -> None:
    agent.absorb(Incoming("controls", 0, offset, b"", encode(control)), control)


@pytest.mark.parametrize("kind", ["teleseism", "tremor", "blast", "noise"])
def test_what_is_no_earthquake_gets_no_mechanism_and_says_why(kind: EventKind, sample: Sample):
    (found,) = told(role(), event(kind, sample), 0)
    assert (found.status, found.solutions) == ("tombstone", ())
    assert found.grade_reason == f"not solved: {kind}, not an earthquake"


def test_an_event_that_a_person_calls_an_earthquake_is_solved_and_withdrawn_again(sample: Sample):
    agent = role()
    (rejected,) = told(agent, event("noise", sample), 0)
    say(agent, SAID, 4)
    (solved,) = told(agent, None, 1)
    assert solved.status == "final"
    assert solved.solutions
    assert solved.version > rejected.version
    say(agent, changed(SAID, state="withdrawn"), 9)
    (withdrawn,) = told(agent, None, 2)
    assert withdrawn.status == "tombstone"
    assert withdrawn.version > solved.version
    assert told(agent, None, 3) == []


def test_an_earthquake_that_a_person_calls_a_blast_loses_its_mechanism(sample: Sample):
    agent = role()
    (solved,) = told(agent, event("earthquake", sample), 0)
    assert solved.solutions
    say(agent, kind_control("e1", "blast", 1, "quarry called", "me"), 2)
    (withdrawn,) = told(agent, None, 1)
    assert withdrawn.status == "tombstone"


def test_a_word_that_came_before_the_event_gives_the_same_last_version(sample: Sample):
    late, early = role(), role()
    told(late, event("noise", sample), 0)
    say(late, SAID, 4)
    say(early, SAID, 4)
    assert told(late, None, 1) == told(early, event("noise", sample), 0)


def test_with_the_gate_off_everything_is_solved(sample: Sample):
    agent = role()
    agent.only_earthquakes = False
    (found,) = told(agent, event("noise", sample), 0)
    assert found.solutions


def test_the_store_holds_the_kind_that_a_person_gave_in_any_order(tmp_path: Path, sample: Sample):
    first = event("noise", sample)
    second = changed(first, version=2, sent_ns=2)
    said = changed(SAID, sent_ns=5)
    for number, order in enumerate(permutations([first, second, said])):
        store = Store.open(f"sqlite:///{tmp_path / f'{number}.db'}")
        for record in order:
            store.save(record)
        row, detail = store.reader.latest_events()[0], store.reader.event("e1")
        assert (row.kind, row.version) == ("earthquake", 2)
        assert detail is not None
        assert detail.event.kind == "earthquake"
        store.save(changed(said, state="withdrawn", sent_ns=6))
        assert store.reader.latest_events()[0].kind == "noise"
        store.close()


@pytest.mark.parametrize(
    ("kind", "term"),
    [
        ("earthquake", "earthquake"),
        ("teleseism", "earthquake"),
        ("tremor", "other event"),
        ("blast", "quarry blast"),
        ("noise", "not existing"),
    ],
)
def test_quakeml_names_each_kind_by_a_term_of_its_own(kind: EventKind, term: str, sample: Sample):
    chances = {"earthquake": 0.01, "teleseism": 0.0, "tremor": 0.0, "blast": 0.0, "noise": 0.0}
    sure = EventType(probabilities={**chances, kind: 0.99}, model="m", reason="")
    made = catalog_event(changed(event(kind, sample), classified=sure), None)
    assert (made.event_type, made.event_type_certainty) == (term, "known")
    words = [comment.text for comment in made.comments]
    assert any(text.startswith("teleseism") for text in words) is (kind == "teleseism")
    assert any(f"{kind} 0.990" in text for text in words)


def test_final_events_are_counted_by_kind_from_zero_on(sample: Sample):
    metrics = create_metrics("test")
    observer = Observer("merge", metrics)
    final = event("blast", sample)
    sent = [final, changed(final, event_id="e2", status="provisional")]
    observer.sent([Outgoing(EVENTS, one.event_id, one, 0) for one in sent])

    def count(kind: str) -> float | None:
        return metrics.registry.get_sample_value("streamstress_event_kinds_total", {"kind": kind})

    assert (count("blast"), count("noise")) == (1.0, 0.0)


def test_a_rejection_is_in_the_log_with_its_probability_and_reason(sample: Sample):
    chances = {"earthquake": 0.01, "teleseism": 0.0, "tremor": 0.0, "blast": 0.98, "noise": 0.01}
    sure = EventType(probabilities=chances, model="m", reason="log10 S/P at 8-16 Hz -0.4")
    blast = changed(event("blast", sample), classified=sure)
    observer = Observer("merge", create_metrics("test"))
    with capture_logs() as lines:
        for one in (blast, changed(blast, status="provisional"), event("earthquake", sample)):
            observer.sent([Outgoing(EVENTS, one.event_id, one, 0)])
    (line,) = lines
    assert (line["event"], line["kind"]) == ("event is no earthquake", "blast")
    assert (line["event_id"], line["probability"]) == ("e1", 0.98)
    assert line["reason"] == "log10 S/P at 8-16 Hz -0.4"


def test_levels_of_an_accelerometer_are_read_as_of_velocity(sample: Sample):
    levels = Levels(signal=(1.0,) * 6, noise=(0.1,) * 6)
    found = event("earthquake", sample)
    flat = tuple(changed(a, levels=levels, channel="HHZ") for a in found.arrivals)
    strong = tuple(changed(a, levels=levels, channel="HNZ") for a in found.arrivals)
    velocity, acceleration = (
        observation_of(found.origin, arrivals, None).p.signal[0] for arrivals in (flat, strong)
    )
    ratio = velocity / acceleration
    np.testing.assert_allclose(ratio[1:] / ratio[:-1], 2.0)


def test_the_kind_of_an_event_depends_on_its_own_readings_in_any_order(sample: Sample):
    types = EventTypes(load_model())
    found = sample.events[0]
    kind, first = types.of(found.origin, found.arrivals, found.magnitude)
    for seed in range(3):
        order = np.random.default_rng(seed).permutation(len(found.arrivals))
        shuffled = [found.arrivals[i] for i in order]
        assert types.of(found.origin, shuffled, found.magnitude) == (kind, first)
    assert kind == "earthquake"
