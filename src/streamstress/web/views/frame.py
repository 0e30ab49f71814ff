"""What stands on every page: how the system does and how old the results are."""

from collections.abc import Sequence
from dataclasses import dataclass

from streamstress.outputs.rows import StageStatus
from streamstress.web.health import STALE_AFTER_S, data_age_s, troubles
from streamstress.web.site import Site


@dataclass(frozen=True, slots=True)
class Standing:
    """How the system does now."""

    stages: Sequence[StageStatus]
    age_s: float | None
    troubles: Sequence[str]
    stale_s: float
    """Data time after which results are old."""

    @property
    def pulse(self) -> str:
        """What the dot beside the age of the results shows; empty while all is well."""
        if self.troubles:
            return "old"
        return "waiting" if self.age_s is None else ""


def standing_of(site: Site) -> Standing:
    """Ask store, clock and broker."""
    stages, age_s = site.reader.system.stages(), data_age_s(site)
    return Standing(stages, age_s, troubles(site, stages, age_s), STALE_AFTER_S * site.speed)
