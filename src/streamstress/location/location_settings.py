"""How a location is found, and what is taken to be its errors."""

from dataclasses import dataclass, field

from streamstress.location.model_terms import ModelErrors


@dataclass(frozen=True, slots=True)
class LocationSettings:
    """How a location is found; errors are 1 sigma."""

    start_depths_km: tuple[float, ...] = (3.0, 9.0, 16.0, 26.0)
    max_depth_km: float = 40.0
    # Shallowest depth of a source: below 0 above sea level, as high as the highest station.
    top_km: float = 0.0
    # Error of the velocity model, added to that of the pick: a floor and a share of travel time.
    # A 1-D model is off by some percent on any real path: with less than 2 % here, the many far
    # stations outvote the few near ones and drag depth and origin time along.
    model_error_p_s: float = 0.04
    model_error_s_s: float = 0.08
    model_error_share: float = 0.02
    model_errors: ModelErrors = field(default_factory=ModelErrors)
    # A weaker depth than this is not resolved: it is set to the default, with its sigma.
    max_depth_error_km: float = 7.0
    default_depth_km: float = 10.0
    default_depth_sigma_km: float = 6.0
    iterations: int = 6
    polish_iterations: int = 8
    # Terms of the angles' sigma, each ray's own: for what a model cannot know. The take-off's is
    # the first figure where nothing is known of the model's error, else the floor (angle_errors).
    azimuth_model_sigma_deg: float = 2.0
    takeoff_model_sigma_deg: float = 4.0
    takeoff_floor_deg: float = 2.0
