"""The table of topics: partitions, retention, and that every role keeps to it."""

from dataclasses import fields
from pathlib import Path

import pytest

from streamstress.config import Settings
from streamstress.config.places import Network, Region
from streamstress.stream.agents.change import ChangeRole
from streamstress.stream.agents.export import ExportRole
from streamstress.stream.agents.locate import LocateRole
from streamstress.stream.agents.mechanism import MechanismRole
from streamstress.stream.agents.merge import MergeRole
from streamstress.stream.agents.pick import PickRole
from streamstress.stream.agents.polarity import PolarityRole
from streamstress.stream.agents.store import StoreRole
from streamstress.stream.agents.stress import StressRole
from streamstress.stream.roles import WORKERS
from streamstress.stream.setup import topic_specs
from streamstress.wire.topics import TOPICS, partition_counts, topic_config

ROLES = (
    PickRole,
    PolarityRole,
    LocateRole,
    MergeRole,
    MechanismRole,
    StressRole,
    ChangeRole,
    StoreRole,
    ExportRole,
)
OPEN_TO_ALL = ("state", "dead-letters")
GB = 1024**3


def default_of(role: type, name: str):
    return next(field.default for field in fields(role) if field.name == name)


def region(name: str) -> Region:
    return Region(name=name, south_deg=1, north_deg=2, west_deg=3, east_deg=4)


def test_names_are_unique_and_fit_kafka():
    names = [topic.name for topic in TOPICS]
    assert len(set(names)) == len(names)
    assert all(name.replace("-", "").isalnum() and name == name.lower() for name in names)


def test_partitions_follow_stations_zones_and_regions():
    counts = partition_counts(4, 5, 6)
    assert {counts[name] for name in ("waveforms",)} == {4}
    assert {counts[name] for name in ("picks", "readings")} == {5}
    assert {counts[name] for name in ("events", "mechanisms", "stress", "changes")} == {6}
    one = ("candidates", "controls", "dead-letters", "state")
    assert {counts[name] for name in one} == {1}
    assert set(counts) == {topic.name for topic in TOPICS}


def test_results_and_state_are_kept_by_key_and_data_for_a_time():
    kept = {topic.name: topic_config(topic, GB)["cleanup.policy"] for topic in TOPICS}
    compacted = {"events", "mechanisms", "stress", "changes", "controls", "state"}
    assert {name for name, policy in kept.items() if policy == "compact"} == compacted
    assert {policy for name, policy in kept.items() if name not in compacted} == {"delete"}


@pytest.mark.parametrize(
    ("name", "hours"),
    [("waveforms", 24), ("picks", 72), ("readings", 72), ("candidates", 72), ("dead-letters", 336)],
)
def test_data_are_kept_for_their_hours(name: str, hours: int):
    (topic,) = [topic for topic in TOPICS if topic.name == name]
    assert topic_config(topic, GB)["retention.ms"] == str(hours * 3_600_000)


def test_only_waveforms_are_bounded_in_bytes_and_by_the_setting():
    bounded = {t.name: topic_config(t, 5 * GB).get("retention.bytes") for t in TOPICS}
    assert {name: size for name, size in bounded.items() if size} == {"waveforms": str(5 * GB)}


def test_segments_close_within_the_hour_so_that_retention_takes_effect():
    assert {topic_config(topic, GB)["segment.ms"] for topic in TOPICS} == {"3600000"}


def test_topics_are_made_with_the_prefix_and_counts_of_the_settings():
    settings = Settings(
        network=Network(stations=Path("s.csv"), regions=[region("a")]),
        kafka={"topic_prefix": "t.", "waveform_partitions": 3, "region_partitions": 7},
    )
    specs = {spec.name: spec for spec in topic_specs(settings)}
    assert set(specs) == {f"t.{topic.name}" for topic in TOPICS}
    assert specs["t.waveforms"].partitions == 3
    assert specs["t.events"].partitions == 7


def test_no_worker_is_left_out_here():
    agents = ["ingest", *(default_of(role, "name") for role in ROLES), "web"]
    assert sorted(agents) == sorted(WORKERS)


@pytest.mark.parametrize("role", ROLES)
def test_a_role_reads_and_writes_what_the_table_says(role: type):
    name = default_of(role, "name")
    heard = (*default_of(role, "inputs"), *default_of(role, "broadcasts"))
    reads = {topic.name for topic in heard}
    writes = {topic.name for topic in default_of(role, "outputs")}
    assert reads == {topic.name for topic in TOPICS if name in topic.read_by}
    made = {topic.name for topic in TOPICS if name in topic.made_by.split(", ")}
    assert writes - set(OPEN_TO_ALL) == made


@pytest.mark.parametrize("role", ROLES)
def test_what_a_role_reads_is_partitioned_as_what_it_writes_or_by_fewer_places(role: type):
    layouts = {topic.layout for topic in default_of(role, "inputs")} - {"one"}
    # A sink folds nothing over a region, so any partition of any topic may come to any worker.
    assert len(layouts) <= 1 or not default_of(role, "outputs")
