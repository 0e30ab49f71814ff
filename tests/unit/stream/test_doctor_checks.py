"""What the doctor says: nothing to do where all is well, else what is wrong and what to do."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from control_messages import reversal
from msgspec.structs import replace as with_fields

from streamstress.ingest.stations_wanted import is_wanted
from streamstress.stream.doctor import Finding, examine
from streamstress.stream.doctor.facts import (
    Disk,
    Facts,
    GroupFacts,
    KafkaFacts,
    Residuals,
    StoreFacts,
    TopicFacts,
    WorkerFacts,
)
from streamstress.stream.doctor.gather import consumers
from streamstress.stream.roles import WORKERS
from streamstress.wire.topics import TOPICS, partition_counts

NOW_NS = 1_772_600_000 * 10**9
GIB = 1024**3
STATIONS = frozenset({"XX.A", "XX.B", "XX.C"})
PARTITIONS = partition_counts(4, 2, 2)
SILENCE = "streamstress_feed_silence_seconds"
AGE = "streamstress_data_age_seconds"


def topics(**newest_s_ago: float) -> dict[str, TopicFacts]:
    """All topics, the newest message two seconds old unless said."""
    return {
        name: TopicFacts(count, 0, NOW_NS - round(newest_s_ago.get(name, 2.0) * 1e9))
        for name, count in PARTITIONS.items()
    }


def groups() -> dict[str, GroupFacts]:
    """Every role with all its partitions."""
    return {
        role: GroupFacts(1, {name: PARTITIONS[name] for name in names}, 3)
        for role, names in consumers().items()
    }


def ingest(**values: Mapping[str, float]) -> WorkerFacts:
    """Ingest, with the silence and age of stations."""
    given = {SILENCE: dict.fromkeys(STATIONS, 1.0), AGE: dict.fromkeys(STATIONS, 4.0), **values}
    metrics = {(name, code): v for name, found in given.items() for code, v in found.items()}
    return WorkerFacts("http://127.0.0.1:9600", answers=True, metrics=metrics)


@pytest.fixture
def well() -> Facts:
    """A system in which all is as it should be."""
    workers = {role: WorkerFacts(f"http://127.0.0.1:{role}", answers=True) for role in WORKERS}
    return Facts(
        now_ns=NOW_NS,
        config="my.toml",
        kafka=KafkaFacts("127.0.0.1:19092", True, topics=topics(), groups=groups()),
        workers={**workers, "ingest": ingest()},
        disks=[Disk("all", Path("/run"), 60 * GIB, 100 * GIB)],
        expected_stations=STATIONS,
        known_stations=STATIONS,
        expected_partitions=PARTITIONS,
        inputs=consumers(),
        store=StoreFacts(residuals={"XX.A": Residuals(0.05, 80)}),
        retention_bytes=16 * GIB,
    )


def problems(facts: Facts) -> list[Finding]:
    return [finding for finding in examine(facts) if finding.level == "problem"]


def only_problem(facts: Facts) -> Finding:
    (found,) = problems(facts)
    assert found.do, "a problem without what to do"
    return found


def with_kafka(facts: Facts, **changed: object) -> Facts:
    return replace(facts, kafka=replace(facts.kafka, **changed))


def with_worker(facts: Facts, role: str, worker: WorkerFacts) -> Facts:
    return replace(facts, workers={**facts.workers, role: worker})


def test_of_a_system_that_is_well_every_check_says_so(well: Facts):
    found = examine(well)
    assert {finding.level for finding in found} == {"ok"}
    assert len({finding.check for finding in found}) == 12


def test_without_a_broker_the_rest_is_still_looked_at(well: Facts):
    lost = with_kafka(well, trouble="its process does not run", topics={}, groups={})
    finding = only_problem(lost)
    assert "no Kafka answers at 127.0.0.1:19092" in finding.what
    assert "streamstress broker start -c my.toml" in finding.do
    assert {"workers", "stations", "disk"} <= {one.check for one in examine(lost)}
    foreign = only_problem(with_kafka(lost, is_embedded=False))
    assert "firewall" in foreign.do
    assert "broker start" not in foreign.do


def test_a_missing_topic_and_another_number_of_partitions_are_named(well: Facts):
    held = topics()
    del held["changes"]
    held["picks"] = TopicFacts(7, 0, NOW_NS)
    told = [f.what for f in problems(with_kafka(well, topics=held)) if f.check == "topics"]
    assert told == [
        "topics that are not there: changes",
        "picks has 7 partitions, the settings say 2",
    ]


def test_a_partition_without_a_leader_is_a_node_that_is_down(well: Facts):
    held = {**topics(), "picks": TopicFacts(2, 1, NOW_NS)}
    assert "without a leader: picks" in only_problem(with_kafka(well, topics=held)).what


def test_a_role_without_worker_or_partition_or_far_behind_is_named(well: Facts):
    def of(group: GroupFacts) -> Finding:
        return only_problem(with_kafka(well, groups={**groups(), "locate": group}))

    assert "nobody is in the consumer group of locate" in of(GroupFacts()).what
    assert "streamstress worker NAME -c my.toml" in of(GroupFacts()).do
    assert "of readings" in of(GroupFacts(1, {"readings": 1})).what
    assert "9,000 messages wait for locate" in of(GroupFacts(1, {"readings": 2}, 9000)).what


def test_the_first_stage_that_stands_is_named_and_none_of_those_behind_it(well: Facts):
    stands = topics(readings=900.0, candidates=900.0, events=900.0, mechanisms=900.0)
    finding = only_problem(with_kafka(well, topics=stands))
    assert finding.what == "waveforms come, but polarity has sent nothing for 15 min"


def test_stress_and_changes_may_be_old(well: Facts):
    assert problems(with_kafka(well, topics=topics(stress=9e5, changes=9e6))) == []


def test_without_waveforms_no_stage_is_blamed(well: Facts):
    old = dict.fromkeys(PARTITIONS, 7200.0)
    finding = only_problem(with_kafka(well, topics=topics(**old)))
    assert finding.what == "no waveform has come onto Kafka for 2.0 h"
    never = {**topics(), "waveforms": TopicFacts(4)}
    assert only_problem(with_kafka(well, topics=never)).what.endswith("ever")


def test_a_clock_that_is_ahead_is_told_with_who_wrote(well: Facts):
    finding = only_problem(with_kafka(well, topics=topics(picks=-42.0)))
    assert finding.what == "messages of pick on picks are stamped 42 s ahead of this machine"


def test_a_proposal_comes_with_the_command_that_confirms_it_until_somebody_decides(well: Facts):
    proposal = with_fields(
        reversal("XX.A", NOW_NS, state="proposed"), control_id="own", author="streamstress"
    )
    finding = only_problem(with_kafka(well, controls=[proposal]))
    assert finding.what.startswith("XX.A seems reversed from 2026-03-04T04:53:20")
    assert "streamstress control reversal XX.A --from 2026-03-04T04:53:20" in finding.do
    assert "-c my.toml" in finding.do
    decided = reversal("XX.A", NOW_NS)
    assert problems(with_kafka(well, controls=[proposal, decided])) == []


def test_a_worker_that_is_gone_dead_or_waits_is_told_with_its_own_words(well: Facts):
    def of(worker: WorkerFacts) -> str:
        return only_problem(with_worker(well, "merge", worker)).what

    assert (
        of(WorkerFacts("http://h:1", answers=False)) == "no answer of merge (merge at http://h:1)"
    )
    dead = WorkerFacts("h", answers=True, dead="5 messages wait on events/0")
    assert of(dead) == "merge stands: 5 messages wait on events/0"
    waiting = WorkerFacts("h", answers=True, waits_for="no Kafka answers yet")
    assert of(waiting) == "merge is not ready: no Kafka answers yet"


def test_where_nothing_runs_that_is_said_once(well: Facts):
    nothing = {role: WorkerFacts("h", answers=False) for role in WORKERS}
    finding = only_problem(replace(well, workers=nothing))
    assert "streamstress up -c my.toml" in finding.do


def test_workers_of_two_versions_are_told(well: Facts):
    build = "streamstress_build_info"
    one = WorkerFacts("h", answers=True, metrics={(build, "1.0"): 1.0})
    two = WorkerFacts("h", answers=True, metrics={(build, "1.1"): 1.0})
    assert (
        "1.0, 1.1" in only_problem(with_worker(with_worker(well, "pick", one), "merge", two)).what
    )


def test_models_that_are_missing_or_of_the_demo_are_told(well: Facts):
    gone = replace(well, missing_models=["polarity.weights: no file w.pt"])
    assert only_problem(gone).what == "polarity.weights: no file w.pt"
    assert "simulated data only" in only_problem(replace(well, picks_with_demo=True)).what


def test_a_model_that_still_loads_is_a_note(well: Facts):
    loading = WorkerFacts("h", answers=True, metrics={("streamstress_model_loaded", "pick"): 0.0})
    found = examine(with_worker(well, "pick", loading))
    assert [f.what for f in found if f.level == "note"] == ["still loading: pick"]


def test_stations_never_heard_silent_or_unknown_are_named(well: Facts):
    heard = {"XX.A": 1.0, "XX.B": 5000.0, "YY.Z": 1.0}
    told = [f.what for f in problems(with_worker(well, "ingest", ingest(**{SILENCE: heard})))]
    assert told == [
        "1 of 3 expected stations were never heard since ingest started: XX.C",
        "silent now, for up to 83 min: XX.B",
        "heard, but without coordinates, so never used: YY.Z",
    ]


def test_a_station_ahead_of_time_and_one_whose_p_is_late_are_named(well: Facts):
    future = with_worker(well, "ingest", ingest(**{AGE: {"XX.B": -30.0, "XX.A": 3.0}}))
    assert only_problem(future).what == "data from the future: XX.B"
    late = StoreFacts(residuals={"XX.C": Residuals(-0.9, 20), "XX.A": Residuals(3.0, 2)})
    assert only_problem(replace(well, store=late)).what.startswith("P comes 0.9 s early at XX.C")


def test_a_database_that_fails_is_told(well: Facts):
    lost = replace(well, store=StoreFacts(trouble="disk full"))
    assert "the database does not answer: disk full" in only_problem(lost).what


def test_a_disk_that_is_nearly_full_is_told_and_one_that_may_fill_is_noted(well: Facts):
    nearly = replace(well, disks=[Disk("Kafka", Path("/run"), 20 * GIB, 900 * GIB)])
    assert "20.0 GiB (2%) free for Kafka" in only_problem(nearly).what
    small = replace(well, retention_bytes=80 * GIB)
    assert [f.check for f in examine(small) if f.level == "note"] == ["disk"]


def test_every_topic_that_is_read_by_a_group_has_its_readers():
    read = {name for names in consumers().values() for name in names}
    assert read == {topic.name for topic in TOPICS} - {"state"}
    assert "controls" in consumers()["store"]
    assert "controls" not in consumers()["mechanism"]


@pytest.mark.parametrize(
    ("selectors", "wanted"),
    [(["*.*"], True), (["XX.A:HH?"], True), (["XX.B", "YY.*"], False), (["X?.*"], True)],
)
def test_a_station_is_expected_where_a_selector_asks_for_it(selectors: list[str], wanted: bool):
    assert is_wanted(selectors, "XX.A") is wanted


def test_a_station_whose_clock_is_wrong_by_an_hour_is_named(well: Facts):
    name = "streamstress_station_clock_offset_seconds"
    worker = WorkerFacts("http://127.0.0.1:9603", answers=True, metrics={(name, "XX.B"): 3600.0})
    found = only_problem(with_worker(well, "locate", worker))
    assert found.check == "station clocks"
    assert "the clock of XX.B seems wrong: its P picks come 3600.0 s late" in found.what
