"""Which mechanisms are acceptable: the limits of misfit for one trial.

HASH's rule (Hardebeck & Shearer 2002; v1.2 `FOCALMC` and `FOCALAMP_MC`) with polarities that
carry a weight. Hard labels have weight 1, and then this is HASH to the letter.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from streamstress.mechanism.polarity_kernel import polarity_limits
from streamstress.mechanism.settings import MechanismSettings

Array32 = NDArray[np.float32]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class MisfitLimits:
    """How much misfit is allowed, in sums of weights and of log10 S/P.

    ``total`` is always allowed, ``extra`` is allowed beyond the best node.
    """

    polarity_weight: float
    polarity_total: float
    polarity_extra: float
    sp_total: float
    sp_extra: float

    @property
    def of_polarity(self) -> tuple[float, float, float]:
        """Total, extra and weight of the polarities, the form that the kernel takes."""
        return self.polarity_total, self.polarity_extra, self.polarity_weight


def misfit_limits(polarity_weight: float, n_sp: int, settings: MechanismSettings) -> MisfitLimits:
    """Limits for polarities whose weights sum to ``polarity_weight``, and ``n_sp`` ratios.

    Polarity limits are whole numbers, as HASH's (driver 1), at least ``bad_minimum``.
    """
    bad = polarity_weight * settings.bad_fraction
    sp_bad = n_sp * settings.sp_bad_fraction
    return MisfitLimits(
        polarity_weight,
        max(np.floor(bad + 0.5), settings.bad_minimum),
        max(np.floor(bad / 2.0 + 0.5), settings.bad_minimum),
        max(sp_bad, settings.sp_bad_minimum),
        max(sp_bad / 2.0, settings.sp_bad_minimum),
    )


def accept_polarity(impulsive_misfit: Array32, misfit: Array32, limits: MisfitLimits) -> Mask:
    """Find the acceptable nodes of one trial by polarity.

    Parameters
    ----------
    impulsive_misfit, misfit
        (n_nodes,) misfit weight of the impulsive polarities and of all.

    Returns
    -------
    (n_nodes,) bool, never all False.
    """
    allowed = limits.of_polarity
    impulsive_limit, limit = polarity_limits(impulsive_misfit, misfit, allowed)
    return np.asarray((impulsive_misfit <= impulsive_limit) & (misfit <= limit))


def accept_with_amplitudes(misfit: Array32, sp_misfit: Array32, limits: MisfitLimits) -> Mask:
    """Find the acceptable nodes of one trial by polarity and S/P.

    Parameters
    ----------
    misfit
        (n_nodes,) misfit weight of all polarities.
    sp_misfit
        (n_nodes,) sum of ``|log10|`` differences of S/P.

    Returns
    -------
    (n_nodes,) bool, never all False: where no node passes both, the limit of S/P is counted
    from the best node among those that pass the polarities.
    """
    limit = max(limits.polarity_total, float(misfit.min()) + limits.polarity_extra)
    by_polarity = misfit <= limit
    sp_limit = max(limits.sp_total, float(sp_misfit.min()) + limits.sp_extra)
    accepted = by_polarity & (sp_misfit <= sp_limit)
    if not accepted.any():
        best = float(sp_misfit[by_polarity].min())
        accepted = by_polarity & (sp_misfit <= max(limits.sp_total, best + limits.sp_extra))
    return np.asarray(accepted)
