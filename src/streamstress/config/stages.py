"""Settings of the scientific stages, in the order of the flow."""

from pathlib import Path
from typing import Literal

from pydantic import Field

from streamstress.config.group import Group

PICKER = (
    "`demo` (trained on simulated data), `sta-lta` (no model), `phasenet:X`, `eqtransformer:X` or "
    "another model of seisbench, X a pair of files X.json and X.pt, or a name that seisbench can "
    "fetch"
)


class PickerChoice(Group):
    """Another picker for some sensors."""

    region: str | None = Field(None, description="stations in this region; left out: everywhere")
    stations: list[str] = Field(
        default_factory=lambda: ["*.*"], description="NET.STA; * and ? match any"
    )
    channels: list[str] = Field(
        default_factory=lambda: ["*"],
        description="sensors by band and instrument code, as `HN` or `HG`; * and ? match any",
    )
    picker: str = Field(description=PICKER)
    p_threshold: float | None = Field(
        None, gt=0, lt=1, description="least probability of a P pick; left out: the weights' own"
    )
    s_threshold: float | None = Field(
        None, gt=0, lt=1, description="least probability of an S pick; left out: the weights' own"
    )


class Picking(Group):
    """The picker."""

    picker: str = Field("demo", description=PICKER)
    choices: list[PickerChoice] = Field(
        default_factory=list,
        description="other pickers by region, station and channel; the first that fits counts",
    )
    step_s: float = Field(5.0, gt=0, le=60, description="windows are aligned to multiples of it, s")
    p_threshold: float | None = Field(
        None,
        gt=0,
        lt=1,
        description="least probability of a P pick; left out: the weights' own, 0.3 where they "
        "name none",
    )
    s_threshold: float | None = Field(
        None, gt=0, lt=1, description="least probability of an S pick; left out: the weights' own"
    )
    batch_size: int = Field(32, ge=1, le=256, description="windows a forward pass of the model")
    threads: int = Field(1, ge=1, le=64, description="processor threads of a forward pass")
    device: Literal["auto", "cpu", "cuda"] = Field(
        "auto",
        description="where the model runs; auto: on a GPU where torch sees one, else on the "
        "processor",
    )
    after_s: float = Field(
        5.0,
        ge=0,
        le=30,
        description="data after its own part that a window waits for, s; part of the latency",
    )
    max_wait_s: float = Field(
        20.0, ge=0, description="data time that a window waits for a late station, s"
    )
    sigma: Path | None = Field(
        None,
        description="time errors of picks as `streamstress pick-sigma` writes them; left out: by "
        "probability alone",
    )
    silent_after_s: float = Field(
        60.0, gt=0, description="a station without data this long is not waited for, s"
    )


class Polarity(Group):
    """First motions."""

    weights: Path | None = Field(
        None, description="weight file of the polarity network; left out: the package's own"
    )
    threshold: float = Field(
        0.8,
        ge=0,
        lt=1,
        description="a first motion is called up or down where abs(2p - 1) is at least this, p "
        "its up probability; the mechanism weighs by p and does not use the call",
    )
    reversals: Literal["off", "propose", "apply"] = Field(
        "propose",
        description="what becomes of a station that seems reversed: nothing; a proposal, which "
        "`streamstress control reversal` confirms; or it is turned at once",
    )
    highest_rate_hz: float = Field(
        500.0,
        ge=500,
        le=4000,
        description="recordings up to this rate are read at their own, faster ones decimated; 4000 "
        "for borehole sensors whose picks are right to a few milliseconds",
    )


class Location(Group):
    """Association and location."""

    hop_s: float = Field(
        5.0,
        ge=1,
        le=60,
        description="step between association windows, s; rounded to whole seconds",
    )
    association: Literal["stack", "pyocto"] = Field(
        "stack",
        description="search for events: a stack of origin times peeled event by event, or PyOcto",
    )
    min_picks: int = Field(6, ge=4, description="fewest picks that make an event")
    min_p: int = Field(4, ge=3, description="fewest P picks among them")
    max_depth_km: float = Field(
        30.0, gt=0, le=700, description="depth of the association's search; locations to 10 km more"
    )
    above_sea_level: bool = Field(
        False,
        description="seek sources up to the elevation of the highest station (volcanoes); else "
        "they are put at sea level",
    )
    max_rms_s: float = Field(0.7, gt=0, description="an event with larger residuals is dropped, s")
    max_window_picks: int = Field(
        1500,
        ge=50,
        description="of more picks in a window only the most probable are used, so that a swarm "
        "costs completeness, not time",
    )
    magnitude_geometric: float = Field(
        1.11,
        gt=0,
        le=3,
        description="a of the magnitudes' a log10(r/100) + b (r - 100) + 3; Hutton & Boore (1987)",
    )
    magnitude_per_km: float = Field(0.00189, ge=0, le=0.05, description="b of the same, 1/km")
    learn_stations: bool = Field(
        True, description="learn how late or early each station is, and take it off"
    )
    learn_pick_errors: bool = Field(
        True,
        description="learn from residuals how much more wrong picks are than they say, by phase, "
        "probability and signal over noise",
    )
    refine_days: float = Field(
        3.0,
        ge=0,
        le=6,
        description="the final events of so many days are relocated next to one another, as later "
        "versions; 0: none",
    )
    refine_every_min: int = Field(
        60, ge=5, le=1440, description="data time between two of these relocations, minutes"
    )
    refine_events: int = Field(
        1000, ge=2, le=5000, description="the newest so many of these events"
    )


class BlastSite(Group):
    """A quarry or mine whose blasts are located."""

    latitude: float = Field(ge=-90, le=90, description="degrees")
    longitude: float = Field(ge=-180, le=180, description="degrees")
    radius_km: float = Field(3.0, gt=0, le=100, description="blasts lie within it, km")


class EventType(Group):
    """What a located event is: earthquake, teleseism, tremor, blast or noise."""

    classify: bool = Field(True, description="false: everything located is an earthquake")
    weights: Path | None = Field(
        None,
        description="weights that `streamstress eventtype train` wrote; left out: the package's "
        "own",
    )
    earthquake_share: float = Field(
        0.95,
        gt=0,
        lt=1,
        description="share of the located events that are earthquakes, known beforehand; the other "
        "kinds share the rest",
    )
    least_earthquake: float = Field(
        0.2,
        ge=0,
        le=0.5,
        description="an event is taken for another kind where the probability of an earthquake is "
        "at most this",
    )
    only_earthquakes: bool = Field(
        True, description="solve no mechanism of other kinds, nor use them in stress and change"
    )
    blast_hours: tuple[float, float] = Field(
        (7.0, 18.0),
        description="when quarries fire, first and last hour of mean solar time; equal: at any",
    )
    blast_sites: list[BlastSite] = Field(
        default_factory=list, description="known quarries; none: blasts may come from anywhere"
    )


class Mechanism(Group):
    """Focal mechanisms."""

    solve: Literal["final", "every"] = Field(
        "final", description="solve final versions of events only, or every version"
    )
    method: Literal["hash", "bayes"] = Field(
        "hash", description="grid search of HASH, or the posterior with its regions"
    )
    grid_deg: float = Field(
        5.0, ge=2, le=10, description="step of the grid search over double couples, degrees"
    )
    trials: int = Field(
        30, ge=1, le=200, description="grid searches an event, each with the rays perturbed"
    )
    min_polarities: int = Field(8, ge=4, description="fewer first motions give grade F")
    max_azimuth_gap_deg: float = Field(
        90.0, gt=0, le=360, description="a larger gap gives grade E, degrees"
    )
    max_takeoff_gap_deg: float = Field(
        60.0, gt=0, le=180, description="a larger gap gives grade E, degrees"
    )
    use_sp: bool = Field(
        True, description="use S/P amplitude ratios where both signal-to-noise ratios are 3 or more"
    )
    learn_stations: bool = Field(
        True, description="learn each station's part of S/P from the events solved"
    )
    q_p: float = Field(300.0, ge=20, description="quality factor of P along a path, for S/P")
    q_s: float = Field(200.0, ge=20, description="quality factor of S along a path, for S/P")
    min_probability_c: float = Field(
        0.5, ge=0, le=1, description="grade C needs a mechanism probability above this"
    )


class Stress(Group):
    """The rolling estimate."""

    grades: str = Field(
        "ABC", pattern="^[A-D]+$", description="mechanisms used; A counts 1, B 0.75, C 0.5, D 0.25"
    )
    window_events: int = Field(60, ge=10, description="newest events in the estimate")
    window_days: float | None = Field(
        None, gt=0, description="only events younger than this, against the newest one, days"
    )
    half_life_days: float | None = Field(
        None, gt=0, description="an event counts half of one that is so much younger, days"
    )
    min_events: int = Field(20, ge=8, description="no estimate from fewer events")
    bootstrap: int = Field(
        500,
        ge=100,
        le=10_000,
        description="resamplings for the intervals of an estimate, and of a field's final ones",
    )
    friction: float = Field(
        0.6, ge=0, le=1.5, description="friction in the choice between the two nodal planes"
    )
    field_window_events: int = Field(
        1000, ge=50, le=20_000, description="newest events in the field of a region with a grid"
    )
    field_min_events: int = Field(
        5, ge=5, description="a node of a field with fewer events is not published"
    )
    field_every_events: int = Field(
        10, ge=1, description="a field is published at most once in so many changes of its window"
    )


class Change(Group):
    """The detector."""

    grades: str = Field("ABC", pattern="^[A-D]+$", description="mechanisms used, all alike")
    learn_events: int = Field(
        500,
        ge=40,
        le=10_000,
        description="events from which a region's reference is learned; no alarm before",
    )
    false_alarms_per_1e4: float = Field(
        1.0, ge=0.1, le=100, description="wanted alarms per 10,000 events of a steady stress"
    )
    false_alarms_per_year: float | None = Field(
        None,
        gt=0,
        le=1000,
        description="the same in a year, for each region (or each cell), at the rate of its "
        "learned events; in place of the setting by events",
    )
    cells_deg: float | None = Field(
        None,
        ge=0.01,
        le=90,
        description="watch cells of so many degrees apart instead of a region as a whole; by "
        "events, the wanted rate holds over all cells together",
    )
