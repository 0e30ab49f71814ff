"""The overview as one document for programs, and the parts that pages share."""

from collections.abc import Sequence

import msgspec

from streamstress.clock import Clock
from streamstress.errors import UnusableDataError
from streamstress.outputs.alarm_text import short_time
from streamstress.outputs.beachball import beachball_svg
from streamstress.outputs.control_words import proposals
from streamstress.outputs.map_columns import REGIME_COLOURS, REGIME_NAMES
from streamstress.outputs.rows import Counts, EventRow, MechanismRow, StageStatus
from streamstress.outputs.store_reader import StoreReader
from streamstress.records import StressChange, StressEstimate
from streamstress.web.banner import Banner, banner, newest_change
from streamstress.web.health import data_age_s, troubles
from streamstress.web.site import Site
from streamstress.web.words import span, to_second

STAGES = ("ingest", "pick", "polarity", "locate", "merge", "mechanism", "stress", "change")
NOUNS = {
    "ingest": "records",
    "pick": "picks",
    "polarity": "polarities",
    "locate": "candidates",
    "merge": "versions",
    "mechanism": "mechanisms",
    "stress": "estimates",
    "change": "decisions",
}
RECENT_ROWS = 12


class StageCell(msgspec.Struct, frozen=True, kw_only=True):
    """A stage in the strip."""

    stage: str
    noun: str
    count: str
    latency: str
    median: str
    longest: str
    """95 % are below."""
    rejected: int


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """A number of the current estimate with its name."""

    name: str
    value: str
    note: str
    colour: str | None = None


class EventLine(msgspec.Struct, frozen=True, kw_only=True):
    """A row of the table of events."""

    event_id: str
    region: str
    time: str
    magnitude: str
    depth: str
    place: str
    grade: str
    plane: str
    ball: str
    """SVG."""


class Status(msgspec.Struct, frozen=True, kw_only=True):
    """The overview in words and numbers, for programs."""

    cell: str | None
    cells: list[str]
    banner: Banner
    data_until: str
    estimate: list[Figure]
    stages: list[StageCell]
    dead_letters: str
    proposals: list[str]
    """What waits for an operator, in sentences."""
    troubles: list[str]
    """What keeps results from coming; empty while all is well."""
    events: list[EventLine]


def build_status(site: Site, cell: str | None = None) -> Status:
    """Read the store once and say what holds.

    Parameters
    ----------
    cell
        The cell whose estimate is told; None for the one with the most urgent change, else the
        first.

    Raises
    ------
    UnusableDataError
        No estimate of this cell has been made.
    """
    reader = site.reader
    current = reader.latest_stress()
    names = [estimate.cell for estimate in current]
    if cell is not None and cell not in names:
        raise UnusableDataError(
            f"no stress estimate of a cell {cell!r}; cells with one: {', '.join(names) or 'none'}"
        )
    urgent = newest_change(reader.alarms.changes())
    estimate = _shown_estimate(current, cell, urgent)
    change = urgent if estimate is None else newest_change(reader.alarms.changes(estimate.region))
    events = reader.latest_events(limit=RECENT_ROWS)
    counts, stages = reader.system.counts(), reader.system.stages()
    return Status(
        cell=estimate.cell if estimate is not None else None,
        cells=names,
        banner=banner(change, estimate, counts, site.min_events),
        data_until=_data_until(reader, events, site.clock),
        estimate=_figures(estimate),
        stages=stage_cells(stages, counts),
        dead_letters=_dead_letters(counts),
        proposals=proposals(reader.system.controls()),
        troubles=troubles(site, stages, data_age_s(site)),
        events=event_lines(events, reader.mechanisms_named([row.event_id for row in events])),
    )


def _shown_estimate(
    current: Sequence[StressEstimate], cell: str | None, urgent: StressChange | None
) -> StressEstimate | None:
    if cell is not None:
        return next(estimate for estimate in current if estimate.cell == cell)
    of_change = [e for e in current if urgent is not None and e.region == urgent.region]
    return next(iter([*of_change, *current]), None)


def _data_until(reader: StoreReader, events: Sequence[EventRow], clock: Clock) -> str:
    done = list(reader.system.progress().values()) or [event.time_ns for event in events[:1]]
    if not done:
        return "no data yet"
    age_s = max(0.0, (clock.now_ns() - max(done)) / 1e9)
    return f"data to {short_time(max(done))} UTC, {span(age_s)} behind the clock"


def _figures(estimate: StressEstimate | None) -> list[Figure]:
    if estimate is None:
        return []
    low, high = estimate.shmax_interval95_deg
    shmax = Figure(name="SHmax", value="undefined", note="the horizontal stresses are alike")
    if estimate.shmax_defined:
        shmax = Figure(
            name="SHmax",
            value=f"{estimate.shmax_deg:.0f}°",
            note=f"95 % {low:.0f}° to {high % 180:.0f}°",
        )
    phi_low, phi_high = estimate.phi_interval95
    return [
        shmax,
        Figure(
            name="regime",
            value=estimate.regime,
            note=REGIME_NAMES.get(estimate.regime, ""),
            colour=REGIME_COLOURS.get(estimate.regime),
        ),
        Figure(
            name="R",
            value=f"{estimate.r:.2f}",
            note=f"95 % {1 - phi_high:.2f} to {1 - phi_low:.2f}",
        ),
        Figure(name="A-phi", value=f"{estimate.a_phi:.2f}", note="0 to 3"),
        Figure(
            name="events",
            value=str(estimate.n_events),
            note=f"quality {estimate.wsm_quality}, misfit {estimate.misfit_deg:.0f}°",
        ),
    ]


def stage_cells(statuses: Sequence[StageStatus], counts: Counts) -> list[StageCell]:
    """The strip of stages, several workers of one added up."""
    stored = {
        "locate": counts.events,
        "mechanism": sum(counts.mechanisms.values()),
        "stress": counts.estimates,
        "change": counts.changes,
    }
    return [
        _stage_cell(stage, [s for s in statuses if s.stage == stage], stored.get(stage))
        for stage in STAGES
    ]


def _stage_cell(stage: str, workers: Sequence[StageStatus], stored: int | None) -> StageCell:
    count = sum(worker.sent for worker in workers) if workers else stored
    medians = [worker.p50_s for worker in workers if worker.p50_s is not None]
    tails = [worker.p95_s for worker in workers if worker.p95_s is not None]
    latency = median = longest = "–"
    if medians and tails:
        median, longest = _seconds(max(medians)), _seconds(max(tails))
        latency = f"{median} (95 %: {longest})"
    return StageCell(
        stage=stage,
        noun=NOUNS[stage],
        count="–" if count is None else f"{count:,}",
        latency=latency,
        median=median,
        longest=longest,
        rejected=sum(worker.rejected for worker in workers),
    )


def _seconds(seconds: float) -> str:
    return f"{seconds:.2f} s" if seconds < 0.095 else f"{seconds:.1f} s"


def _dead_letters(counts: Counts) -> str:
    if not counts.dead_letters:
        return "nothing set aside"
    parts = [f"{number} {reason}" for reason, number in sorted(counts.dead_letters.items())]
    return f"set aside: {', '.join(parts)}"


def event_lines(events: Sequence[EventRow], mechanisms: Sequence[MechanismRow]) -> list[EventLine]:
    """Rows of the table of events."""
    solved = {row.event_id: row for row in mechanisms}
    return [_event_line(event, solved.get(event.event_id)) for event in events]


def _event_line(event: EventRow, row: MechanismRow | None) -> EventLine:
    plane, ball = "", ""
    if row and row.strike_deg is not None and row.dip_deg is not None and row.rake_deg is not None:
        # Whole numbers first: a rake of -0.3 is none of "-0".
        whole = (round(angle) for angle in (row.strike_deg, row.dip_deg, row.rake_deg))
        plane = " / ".join(f"{angle}" for angle in whole)
        ball = beachball_svg(row.strike_deg, row.dip_deg, row.rake_deg)
    magnitude = "" if event.magnitude is None else f"{event.magnitude:.1f}"
    return EventLine(
        event_id=event.event_id,
        region=event.region,
        time=to_second(event.time_ns),
        magnitude=magnitude,
        depth=f"{event.depth_km:.1f} ± {event.depth_error_km:.1f}",
        place=f"{event.latitude_deg:.3f}, {event.longitude_deg:.3f}",
        grade=row.grade if row else "",
        plane=plane,
        ball=ball,
    )
