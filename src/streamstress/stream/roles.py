"""Building a role from the settings; only the role that uses a heavy library imports it."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import structlog

from streamstress.config import Settings
from streamstress.config.settings import Ingest
from streamstress.config.stages import EventType, PickerChoice, Picking, Polarity
from streamstress.earth.responses import read_responses
from streamstress.earth.velocity import VelocityModel, named_velocity, read_velocity
from streamstress.errors import ConfigError
from streamstress.stream.places import Places, places_of
from streamstress.stream.role import Role

if TYPE_CHECKING:
    from streamstress.earth.paths import TravelTimes
    from streamstress.event_type.verdict import Judgement
    from streamstress.picking.picker_stage import PickerStage
    from streamstress.stream.event_types import EventTypes
    from streamstress.stream.refinement import EventRefinement


log = structlog.get_logger(__name__)


def velocity_of(settings: Settings) -> VelocityModel:
    """Velocity model of a configuration: a name or a file."""
    return _velocity("network.velocity", settings.network.velocity)


def other_velocities(settings: Settings) -> list[VelocityModel]:
    """Models that may be as right, names or files."""
    names = settings.network.other_velocities
    return [_velocity("network.other_velocities", name) for name in names]


def _velocity(key: str, name: str) -> VelocityModel:
    if name == "iasp91":
        return named_velocity(name)
    if not Path(name).exists():
        raise ConfigError(f"{key}: no file {name}; give one, or iasp91")
    return read_velocity(Path(name))


def pick_role(settings: Settings) -> Role:
    """Build the pick agent's role."""
    return pick_role_of(settings.picking, settings.ingest, places_of(settings))


def pick_role_of(picking: Picking, ingest: Ingest, places: Places) -> Role:
    """Build the pick agent's role of its own groups of settings."""
    from streamstress.stream.agents.pick import HEARTBEATS_MISSED, PickRole
    from streamstress.stream.picker_choice import PickerChoices

    role = PickRole(
        _picker_stage(picking, picking),
        places,
        picking.max_wait_s,
        picking.silent_after_s,
        HEARTBEATS_MISSED * ingest.heartbeat_s,
    )
    others = tuple((choice, _picker_stage(picking, choice)) for choice in picking.choices)
    role.choices = PickerChoices(role.stage, places, others)
    return role


def _picker_stage(picking: Picking, choice: Picking | PickerChoice) -> "PickerStage":
    """The stage of one picker, with the weights' own thresholds unless others are set."""
    from streamstress.picking.models import choose_device, load_picker
    from streamstress.picking.picker_stage import PickerSettings, PickerStage
    from streamstress.picking.sigma import read_sigma

    picker = load_picker(choice.picker, picking.threads, picking.batch_size, picking.device)
    log.info("picker", picker=picker.name, device=str(choose_device(picking.device)))
    p_threshold, s_threshold = picker.default_thresholds
    settings = PickerSettings(
        step_s=picking.step_s,
        after_s=picking.after_s,
        p_threshold=choice.p_threshold or p_threshold,
        s_threshold=choice.s_threshold or s_threshold,
    )
    return PickerStage(picker, settings, read_sigma(picking.sigma) if picking.sigma else None)


def polarity_role(settings: Settings) -> Role:
    """Build the polarity agent's role."""
    return polarity_role_of(settings.polarity)


def polarity_role_of(polarity: Polarity) -> Role:
    """Build the polarity agent's role of its own group of settings."""
    from streamstress.polarity.classify import load_polarity_model
    from streamstress.stream.agents.polarity import PolarityRole

    return PolarityRole(
        load_polarity_model(polarity.weights, polarity.threshold, polarity.highest_rate_hz)
    )


def locate_role(settings: Settings) -> Role:
    """Build the locate agent's role."""
    from streamstress.stream.agents.locate import LocateRole

    role = LocateRole.of(
        settings, places_of(settings), velocity_of(settings), other_velocities(settings)
    )
    for finder in role.finders.values():
        finder.prepare()
    return role


def merge_role(settings: Settings) -> Role:
    """Build the merge agent's role."""
    from streamstress.location.magnitude import EventMagnitudes, MagnitudeSettings
    from streamstress.location.wood_anderson import FREQUENCIES_HZ
    from streamstress.stream.agents.merge import MergeRole
    from streamstress.stream.event_magnitude import MagnitudeScale

    chosen = MagnitudeSettings(
        settings.location.magnitude_geometric, settings.location.magnitude_per_km
    )
    responses = read_responses(settings.network.stations, FREQUENCIES_HZ)
    scale = MagnitudeScale(EventMagnitudes(chosen), responses)
    places, velocity = places_of(settings), velocity_of(settings)
    return MergeRole(
        places,
        velocity.name,
        scale,
        event_types_of(settings.event_type),
        refinement_of(settings, places, velocity),
    )


def refinement_of(
    settings: Settings, places: Places, velocity: VelocityModel
) -> "EventRefinement | None":
    """What relocates the last days' events; None where that is off."""
    from streamstress.location.finder import tables_of
    from streamstress.location.refinement import ONSETS, Refiner
    from streamstress.stream.finders import finder_settings, with_volumes
    from streamstress.stream.refinement import EventRefinement, RefinementLimits

    chosen, finder = settings.location, finder_settings(settings, places)
    if chosen.refine_days == 0:
        return None

    def tables() -> "Mapping[str, TravelTimes]":
        return with_volumes(settings, places, tables_of(velocity, finder))

    refiner = Refiner(places.stations, tables, finder.location, ONSETS)
    limits = RefinementLimits(chosen.refine_every_min, chosen.refine_days, chosen.refine_events)
    return EventRefinement(refiner, places, limits)


def event_types_of(chosen: EventType) -> "EventTypes":
    """The classifier of a configuration."""
    from streamstress.event_type.model import load_model
    from streamstress.stream.event_types import EventTypes

    return EventTypes(load_model(chosen.weights) if chosen.classify else None, judgement_of(chosen))


def judgement_of(chosen: EventType) -> "Judgement":
    """What a configuration knows of events beforehand."""
    from streamstress.event_type.verdict import BlastSite, Judgement

    sites = (
        BlastSite(site.latitude, site.longitude, site.radius_km) for site in chosen.blast_sites
    )
    return Judgement(
        chosen.earthquake_share, chosen.least_earthquake, chosen.blast_hours, tuple(sites)
    )


def mechanism_role(settings: Settings) -> Role:
    """Build the mechanism agent's role."""
    from streamstress.mechanism.settings import MechanismSettings
    from streamstress.mechanism.warm_up import warm_up
    from streamstress.stream.agents.mechanism import MechanismRole
    from streamstress.stream.amplitude_terms import WavePath

    mechanism = settings.mechanism
    solver = MechanismSettings(
        grid_step_deg=mechanism.grid_deg,
        n_trials=mechanism.trials,
        min_polarities=mechanism.min_polarities,
        max_azimuth_gap_deg=mechanism.max_azimuth_gap_deg,
        max_takeoff_gap_deg=mechanism.max_takeoff_gap_deg,
        grade_c_probability=mechanism.min_probability_c,
    )
    warm_up(solver, mechanism.method)
    return MechanismRole(
        solver,
        mechanism.solve,
        mechanism.use_sp,
        seed=settings.seed,
        reversals=settings.polarity.reversals,
        method=mechanism.method,
        path=WavePath(velocity_of(settings), mechanism.q_p, mechanism.q_s),
        learns_stations=mechanism.learn_stations,
        only_earthquakes=settings.event_type.only_earthquakes,
    )


def stress_role(settings: Settings) -> Role:
    """Build the stress agent's role."""
    from streamstress.stream.agents.stress import StressRole
    from streamstress.stream.event_window import WindowLimits
    from streamstress.stream.final_field import FieldLimits

    stress = settings.stress
    fading = (stress.window_days, stress.half_life_days)
    return StressRole(
        places_of(settings),
        stress.grades,
        WindowLimits(stress.window_events, *fading),
        stress.min_events,
        stress.bootstrap,
        stress.friction,
        FieldLimits(
            WindowLimits(stress.field_window_events, *fading),
            stress.field_min_events,
            stress.field_every_events,
            stress.grades,
            stress.friction,
            stress.bootstrap,
        ),
        settings.seed,
    )


def change_role(settings: Settings) -> Role:
    """Build the change agent's role."""
    from streamstress.change import ChangeSettings
    from streamstress.stream.agents.change import ChangeRole

    change = settings.change
    detector = ChangeSettings(
        learn=change.learn_events,
        false_alarms_per_1e4=change.false_alarms_per_1e4,
        false_alarms_per_year=change.false_alarms_per_year or 0.0,
        seed=settings.seed,
    )
    return ChangeRole(places_of(settings), detector, change.grades, change.cells_deg)


def store_role(settings: Settings) -> Role:
    """Build the store agent's role."""
    from streamstress.outputs.retention import Keep
    from streamstress.outputs.store import Store
    from streamstress.stream.agents.store import StoreRole

    store = settings.store
    keep = Keep(
        store.keep_versions_days,
        store.keep_estimates_days,
        store.keep_dead_letters_days,
        store.keep_onsets_days,
    )
    return StoreRole(Store.open(store.url), keep)


BUILDERS: dict[str, Callable[[Settings], Role]] = {
    "pick": pick_role,
    "polarity": polarity_role,
    "locate": locate_role,
    "merge": merge_role,
    "mechanism": mechanism_role,
    "stress": stress_role,
    "change": change_role,
    "store": store_role,
}
"""Roles that read Kafka, in the order of the flow."""

WORKERS = ("ingest", *BUILDERS, "exporter", "web")
"""Every worker of a system, in the order of the flow."""


def build_role(name: str, settings: Settings) -> Role:
    """Build a role by name.

    Raises
    ------
    ConfigError
        There is no such role.
    """
    if name not in BUILDERS:
        raise ConfigError(f"no role {name!r}; there are {', '.join(WORKERS)}")
    return BUILDERS[name](settings)
