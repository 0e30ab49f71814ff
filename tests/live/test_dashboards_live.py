"""Every query of every dashboard, asked of a real Prometheus that scrapes workers' own metrics."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from control_messages import reversal
from msgspec.structs import replace
from panel_queries import asked, unanswered
from prometheus_server import Prometheus, prometheus, wait
from sample_records import REGION, Sample, make_sample
from served_metrics import serving

from streamstress.clock import WallClock
from streamstress.outputs.dashboards.promql import CONTINUOUS, SHMAX
from streamstress.outputs.dashboards.shmax_map import shmax_map
from streamstress.outputs.metrics import Metrics, create_metrics
from streamstress.records import Pick, Polarity, Progress, Record
from streamstress.stream.agents.export import ExportRole
from streamstress.stream.feed_watch import FeedWatch
from streamstress.stream.observer import Observer
from streamstress.stream.role import Incoming, Outgoing
from streamstress.stream.roles import BUILDERS
from streamstress.wire.codec import encode
from streamstress.wire.topics import CHANGES, CONTROLS, EVENTS, MECHANISMS, PICKS, STRESS, Topic

pytestmark = pytest.mark.live

NORTHWARD = "northward"
"""A cell whose SHmax passes north from 179 to 1 degree."""
NODE = f"{REGION}/35.500,133.250"
"""A node of the region's grid."""


@dataclass(slots=True)
class Workers:
    """What the workers' own parts make of records: the metrics, and nothing else."""

    sample: Sample = field(default_factory=lambda: make_sample(140))
    ingest: Metrics = field(default_factory=lambda: create_metrics("1.0"))
    agents: Metrics = field(default_factory=lambda: create_metrics("1.0"))
    shown: Metrics = field(default_factory=lambda: create_metrics("1.0"))
    exporter: ExportRole = field(init=False)
    observers: dict[str, Observer] = field(init=False)
    feeds: FeedWatch = field(init=False)
    turns: int = 0

    def __post_init__(self) -> None:
        self.exporter = ExportRole(self.shown.cell)
        self.shown.cell.expect_region(REGION)
        self.observers = {name: Observer(name, self.agents) for name in BUILDERS}
        for name, observer in self.observers.items():
            observer.show_watermark(WallClock)
            self.shown.stage.queued.labels(name).set(3)
            self.agents.science.model_loaded.labels(name).set(1)
        self.feeds = FeedWatch(self.ingest, WallClock())
        self.agents.science.show_clocks({"XS.S05": 1.0})
        self.show(CHANGES, self.sample.changes[0])
        self.show(CONTROLS, replace(reversal("XS.S04", 1), state="proposed"))

    def show(self, topic: Topic, record: Record) -> None:
        """Let the exporter read a record."""
        message = Incoming(topic.name, 0, 0, b"", encode(record))
        self.exporter.absorb(message, record)

    def step(self) -> None:
        """Let every worker do a little."""
        self.turns += 1
        for station in self.sample.stations:
            self.feeds.heard(station, WallClock().now_ns())
        self.ingest.feed.bytes_received.inc(512)
        for observer in self.observers.values():
            observer.received(Progress(source="all", done_until_ns=time.time_ns(), sent_ns=0))
            observer.received(self.sample.events[0])
            observer.worked(self.sample.events[0], 0.01)
            observer.rejected("corrupt-record")
            observer.finished(2)
        self.observers["pick"].sent([Outgoing(PICKS, "p", PICK, 0)])
        decided = replace(PICK, polarity=UNKNOWN if self.turns % 3 else UP)
        self.observers["polarity"].sent([Outgoing(PICKS, "p", decided, 0)])
        self.observers["merge"].sent([Outgoing(EVENTS, "e", self.sample.events[0], 0)])
        solved = replace(self.sample.mechanisms[0], grade="ABCD"[self.turns % 4])
        self.observers["mechanism"].sent([Outgoing(MECHANISMS, "e", solved, 0)])
        estimate = self.sample.estimates[-1]
        self.observers["stress"].sent([Outgoing(STRESS, "c", estimate, 0)])
        self.observers["change"].sent([Outgoing(CHANGES, "c", self.sample.changes[0], 0)])
        self.show(STRESS, estimate)
        self.show(STRESS, replace(estimate, cell=NODE))
        northward = 179.0 if self.turns % 40 < 20 else 1.0
        self.show(STRESS, replace(estimate, cell=NORTHWARD, shmax_deg=northward))


PICK = Pick(
    pick_id="XS.S00..HH.P.7.0", network="XS", station="S00", location="", channel="HH", phase="P",
    time_ns=1, sigma_s=0.1, probability=0.9, snr=10.0, model="m", sent_ns=0,
)  # fmt: skip
UP = Polarity(up_probability=0.99, decision="up", model="m")
UNKNOWN = replace(UP, up_probability=0.5, decision="unknown")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    """A Prometheus that has seen some seconds of work."""
    workers = Workers()
    with (
        serving([workers.ingest, workers.agents, workers.shown]) as targets,
        prometheus(tmp_path_factory.mktemp("prometheus"), targets) as running,
    ):
        wait(lambda: workers.step() or workers.turns > 80, 30.0, "eight seconds of work")
        yield running


def test_every_panel_of_every_dashboard_has_an_answer(server: Prometheus):
    assert unanswered(server) == {}


def test_a_line_that_passes_north_goes_on_instead_of_jumping(server: Prometheus):
    course = server.course(asked(CONTINUOUS, NORTHWARD), 8.0)
    values = [float(value) for one in course for _, value in one["values"]]
    assert max(values) - min(values) == pytest.approx(2.0)
    plain = server.course(asked(SHMAX, NORTHWARD), 8.0)
    assert {round(float(v)) for one in plain for _, v in one["values"]} == {1, 179}


def test_a_bar_of_the_map_has_place_angle_and_colour_in_one_row(server: Prometheus):
    (query,) = shmax_map().queries
    rows = {
        dict(labels)["cell"]: (dict(labels), value)
        for labels, value in server.values(asked(query.expr)).items()
    }
    labels, azimuth = rows[REGION]
    estimate = make_sample(140).estimates[-1]
    assert azimuth == pytest.approx(estimate.shmax_deg)
    assert float(labels["latitude"]) == pytest.approx(estimate.latitude_deg)
    assert float(labels["longitude"]) == pytest.approx(estimate.longitude_deg)
    assert (float(labels["a_phi"]), float(labels["events"])) == (1.45, 60)


def test_a_node_of_a_grid_is_on_the_map_and_in_no_figure_of_its_region(server: Prometheus):
    (query,) = shmax_map().queries
    on_map = {dict(labels)["cell"] for labels in server.values(asked(query.expr, REGION))}
    assert on_map == {REGION, NODE}
    in_figures = {dict(labels)["cell"] for labels in server.values(asked(SHMAX, REGION))}
    assert in_figures == {REGION}
