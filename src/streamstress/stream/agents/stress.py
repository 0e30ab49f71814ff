"""Mechanisms in, rolling stress estimates out."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from streamstress.earth.clusters import cluster_labels
from streamstress.errors import UnusableDataError
from streamstress.geometry.tensors import FIVE, five_of, tensor_of
from streamstress.records import Axis, Mechanism, Progress, Record, StressEstimate
from streamstress.stream.places import Places
from streamstress.stream.role import FoldedFromStart, Incoming, Outgoing
from streamstress.stress import (
    RollingStress,
    StressDescription,
    StressInversion,
    StressSamples,
    bootstrap,
    describe,
    event_contribution,
    invert,
)
from streamstress.stress.dependence import share_contributions
from streamstress.stress.describe import StressAxis
from streamstress.stress.uncertainty import estimate_of
from streamstress.stress.weights import grade_weight
from streamstress.wire.topics import MECHANISMS, STRESS, Topic

KEPT_WINDOWS = 3
"""Windows of events whose place is remembered; the rolling sums hold two."""


@dataclass(slots=True)
class Cell:
    """The window of one region."""

    rolling: RollingStress
    mechanisms: dict[str, Mechanism] = field(default_factory=dict)
    changed: bool = False


@dataclass(slots=True)
class StressRole(FoldedFromStart):
    """The stress agent: an estimate whenever progress finds the window changed."""

    places: Places
    grades: str
    window_events: int
    min_events: int
    resamplings: int
    friction: float
    seed: int = 0
    name: str = "stress"
    inputs: tuple[Topic, ...] = (MECHANISMS,)
    outputs: tuple[Topic, ...] = (STRESS,)
    _cells: dict[int, Cell] = field(default_factory=dict)

    def process(self, message: Incoming, record: Record | None) -> Sequence[Outgoing]:
        """Take a mechanism into the window, or estimate at progress."""
        cell = self._cells[message.partition]
        if isinstance(record, Mechanism):
            self._take(cell, record)
        elif isinstance(record, Progress) and cell.changed:
            return self._estimates(cell, message)
        return ()

    def _take(self, cell: Cell, mechanism: Mechanism) -> None:
        usable = mechanism.grade in self.grades and mechanism.solutions
        if mechanism.status == "tombstone" or not usable:
            cell.changed |= cell.rolling.remove(mechanism.event_id, mechanism.version)
            return
        contribution = event_contribution(
            [s.strike_deg for s in mechanism.solutions],
            [s.dip_deg for s in mechanism.solutions],
            [s.rake_deg for s in mechanism.solutions],
            probability=[s.probability for s in mechanism.solutions],
            weight=grade_weight(mechanism.grade),
        )
        cell.mechanisms[mechanism.event_id] = mechanism
        if len(cell.mechanisms) > KEPT_WINDOWS * self.window_events + 100:
            self._drop_old(cell)
        cell.changed |= cell.rolling.update(
            mechanism.event_id, mechanism.version, contribution, mechanism.origin_time_ns
        )

    def _drop_old(self, cell: Cell) -> None:
        newest_first = sorted(cell.mechanisms.values(), key=lambda m: -m.origin_time_ns)
        kept = newest_first[: KEPT_WINDOWS * self.window_events]
        cell.mechanisms = {mechanism.event_id: mechanism for mechanism in kept}

    def _estimates(self, cell: Cell, message: Incoming) -> Sequence[Outgoing]:
        cell.changed = False
        label = self._clusters(cell)
        if np.unique(label).size < self.min_events:
            return ()
        events = share_contributions(cell.rolling.contributions(), label)
        try:
            inversion = invert(events, friction=self.friction)
        except UnusableDataError:
            # The window's planes do not resolve a stress yet; later events may.
            return ()
        samples = bootstrap(
            events,
            resamplings=self.resamplings,
            seed=self.seed,
            friction=self.friction,
            cluster=label,
        )
        description = describe(
            estimate_of(samples),
            samples,
            misfit_deg=inversion.misfit_deg,
            mean_instability=inversion.mean_instability,
        )
        region = self.places.regions[message.partition].name
        # The offset rises also across restarts, where a count would begin again.
        version = message.offset + 1
        estimate = self._record(cell, region, version, inversion, samples, description)
        return [Outgoing(STRESS, estimate.cell, estimate, message.partition)]

    def _clusters(self, cell: Cell) -> NDArray[np.int64]:
        """Label dependent events of the window, so that a burst does not pass for many."""
        ids = cell.rolling.event_ids()
        events = [cell.mechanisms[event_id] for event_id in ids]
        five = np.array([one.five for one in cell.rolling.contributions()]).reshape(-1, 5)
        return cluster_labels(
            np.array([event.origin_time_ns for event in events], np.int64),
            np.array([[e.latitude_deg, e.longitude_deg, e.depth_km] for e in events]),
            tensor_of(five),
        )

    def _record(
        self,
        cell: Cell,
        region: str,
        version: int,
        inversion: StressInversion,
        samples: StressSamples,
        description: StressDescription,
    ) -> StressEstimate:
        ids = cell.rolling.event_ids()
        events = [cell.mechanisms[event_id] for event_id in ids]
        tensor = estimate_of(samples)
        components = dict(zip(FIVE, map(float, five_of(tensor)), strict=True))
        shmax, phi = description.shmax_interval95_deg, description.phi_interval95
        return StressEstimate(
            cell=region,
            region=region,
            version=version,
            data_time_ns=events[-1].origin_time_ns,
            window_start_ns=events[0].origin_time_ns,
            latitude_deg=float(np.mean([event.latitude_deg for event in events])),
            longitude_deg=float(np.mean([event.longitude_deg for event in events])),
            n_events=len(ids),
            effective_events=float(samples.n_effective or len(ids)),
            tensor={**components, "uu": -components["ee"] - components["nn"]},
            s1=axis_record(description.s1),
            s2=axis_record(description.s2),
            s3=axis_record(description.s3),
            r=description.r,
            phi=description.phi,
            phi_interval95=phi or (0.0, 1.0),
            phi_reliable=description.phi_reliable,
            shmax_deg=description.shmax_deg,
            shmax_interval95_deg=shmax or (0.0, 180.0),
            shmax_defined=description.shmax_defined,
            a_phi=description.a_phi,
            regime=description.regime,
            wsm_quality=description.wsm_quality,
            misfit_deg=inversion.misfit_deg,
            method=f"michael/{inversion.planes}/friction={inversion.friction}/phi corrected",
            sent_ns=0,
        )

    def absorb(self, message: Incoming, record: Record | None) -> None:
        """Take a mechanism into the window again, without an estimate at each step."""
        cell = self._cells[message.partition]
        if isinstance(record, Mechanism):
            self._take(cell, record)
        cell.changed = False

    def restore(self, topic: str, partition: int, snapshot: bytes | None) -> None:  # noqa: ARG002
        """Begin a partition empty."""
        self._cells[partition] = Cell(RollingStress(window_events=self.window_events))

    def forget(self) -> None:
        """Drop all windows."""
        self._cells.clear()


def axis_record(axis: StressAxis) -> Axis:
    """An axis as a record."""
    return Axis(azimuth_deg=axis.trend_deg, plunge_deg=axis.plunge_deg, cone95_deg=axis.cone95_deg)
