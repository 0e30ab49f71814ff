"""What stands on every page: how the system does and how old the results are."""

from collections.abc import Sequence
from dataclasses import dataclass

from streamstress.outputs.rows import StageStatus
from streamstress.web.health import data_age_s, troubles
from streamstress.web.site import Site


@dataclass(frozen=True, slots=True)
class Standing:
    """How the system does now."""

    stages: Sequence[StageStatus]
    age_s: float | None
    troubles: Sequence[str]


def standing_of(site: Site) -> Standing:
    """Ask store, clock and broker."""
    stages, age_s = site.reader.stages(), data_age_s(site)
    return Standing(stages, age_s, troubles(site, stages, age_s))
