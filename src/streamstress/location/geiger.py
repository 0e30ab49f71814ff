"""Geiger's (1912) linearised location of one event's readings, with robust weights.

Iterated from several depths at once with Huber weights, then polished from the best with Tukey's
biweight, so that a false pick has no say in the end. The covariance follows Jordan & Sverdrup
(1981), BSSA 71, 1105-1130, eq. 31: the readings' own sigma is worth `PRIOR_FREEDOM` degrees of
freedom, the residuals the rest.

What the velocity model has wrong is common to the readings, and would not show in their scatter: it
is estimated with the origin under a prior (`model_terms`), so that its uncertainty is in the
covariance (Tarantola & Valette 1982, J. Geophys. 50, 159-170: theory errors are correlated).
"""

import numpy as np
from numpy.typing import NDArray

from streamstress.errors import UnusableDataError
from streamstress.location.design import Network, linearise
from streamstress.location.hypocentre import INLIER_WEIGHT, TUKEY
from streamstress.location.location_settings import LocationSettings
from streamstress.location.model_terms import model_terms

Array = NDArray[np.float64]

HUBER = 1.345
PRIOR_FREEDOM = 8.0


class LocationProblem:
    """One event's readings; states are (..., 4 + m): east, north, depth (km), time (s), model."""

    def __init__(self, network: Network, settings: LocationSettings) -> None:
        self.network = network
        self.settings = settings
        self.depth_fixed = False
        self._prior = np.append(np.zeros(4), np.ones(settings.model_errors.count))

    def search(self, start_depth_km: float) -> Array:
        """Best state of several start depths, (4 + m,)."""
        depths = np.array([*self.settings.start_depths_km, start_depth_km])
        states = np.zeros((len(depths), self._prior.size))
        states[:, 2] = np.clip(depths, self.settings.top_km, self.settings.max_depth_km)
        states[:, 3] = np.median(self.linear(states)[0], axis=1)
        for _ in range(self.settings.iterations):
            residual, design, sigma = self.linear(states)
            size = np.abs(residual) / sigma
            weight = np.minimum(1.0, HUBER / np.maximum(size, 1e-9)) / sigma**2
            states = self._step(states, residual, design, weight)
        residual, _, sigma = self.linear(states)
        cost = np.minimum(np.abs(residual) / sigma, 2 * TUKEY).sum(axis=1)
        return np.asarray(states[int(np.argmin(cost))], float)

    def state_at(self, depth_km: float) -> Array:
        """The state of the first guess."""
        state = np.zeros(self._prior.size)
        state[2] = depth_km
        return state

    def polish(self, state: Array) -> Array:
        """Refine a state; fix its depth where the readings do not resolve it."""
        state = self._polish(state)
        if np.sqrt(self.covariance(state)[2, 2]) > self.settings.max_depth_error_km:
            self.depth_fixed = True
            state = self._polish(np.array([*state[:2], self.settings.default_depth_km, *state[3:]]))
        return state

    def _polish(self, state: Array) -> Array:
        for _ in range(self.settings.polish_iterations):
            residual, design, sigma = self.linear(state[None])
            weight = tukey(residual / sigma) / sigma**2
            after = self._step(state[None], residual, design, weight)[0]
            moved, state = np.abs(after - state).max(), after
            if moved < 1e-3:
                break
        return state

    def linear(self, states: Array) -> tuple[Array, Array, Array]:
        """Residuals (s), design and sigma of states (k, 4 + m): (k, n), (k, n, 4 + m), (k, n)."""
        rays, design = linearise(self.network, states[:, :4])
        errors = self.settings.model_errors
        terms = model_terms(rays.time_s, rays.distance_km, self.network.is_s, errors)
        late = np.einsum("knm,km->kn", terms, states[:, 4:])
        predicted = states[:, 3, None] + rays.time_s + late
        sigma = reading_sigma_s(self.network, rays.time_s, self.settings)
        return self.network.time_s - predicted, np.concatenate([design, terms], axis=2), sigma

    def _step(self, states: Array, residual: Array, design: Array, weight: Array) -> Array:
        if self.depth_fixed:
            design = design.copy()
            design[..., 2] = 0.0
        normal = np.einsum("kni,kn,knj->kij", design, weight, design)
        right = np.einsum("kni,kn,kn->ki", design, weight, residual) - self._prior * states
        # Levenberg's damping, weaker than any reading: it only keeps the matrix regular.
        damping = self._prior.copy()
        damping[:4] = 1e-3, 1e-3, 1e-2, 1e-3
        step = np.linalg.solve(normal + np.diag(damping), right[..., None])[..., 0]
        most = np.append([15.0, 15.0, 6.0, 10.0], np.full(step.shape[1] - 4, 3.0))
        moved = states + np.clip(step, -most, most)
        moved[:, 2] = np.clip(moved[:, 2], self.settings.top_km, self.settings.max_depth_km)
        return np.asarray(moved, float)

    def weights(self, state: Array) -> tuple[Array, Array, Array]:
        """Residuals, robust weights (0 to 1) and sigma at a state, each (n,)."""
        residual, _, sigma = self.linear(state[None])
        return residual[0], tukey(residual / sigma)[0], sigma[0]

    def covariance(self, state: Array) -> Array:
        """Covariance (4, 4): km, km, km, s; the model's uncertainty is in it."""
        residual, design, sigma = (part[0] for part in self.linear(state[None]))
        inlier = tukey(residual / sigma) >= INLIER_WEIGHT
        if inlier.sum() < 4:
            raise UnusableDataError(f"location: only {inlier.sum()} readings fit one origin")
        chi2 = float(((residual / sigma)[inlier] ** 2).sum())
        freedom = float(inlier.sum()) - (3.0 if self.depth_fixed else 4.0)
        scale = (PRIOR_FREEDOM + chi2) / (PRIOR_FREEDOM + freedom)
        scaled = design[inlier] / sigma[inlier, None]
        normal = scaled.T @ scaled / scale + np.diag(np.where(self._prior > 0, 1.0, 1e-6))
        if not self.depth_fixed:
            return np.asarray(np.linalg.inv(normal)[:4, :4], float)
        return self._fixed_depth_covariance(normal)

    def _fixed_depth_covariance(self, normal: Array) -> Array:
        """Covariance with the default depth's sigma carried on to the other three."""
        free = np.delete(np.arange(len(normal)), 2)
        inverse = np.linalg.inv(normal[np.ix_(free, free)])
        slope = np.zeros(len(normal))
        slope[free] = -inverse @ normal[free, 2]
        slope[2] = 1.0
        full = np.zeros(normal.shape)
        full[np.ix_(free, free)] = inverse
        full += np.outer(slope, slope) * self.settings.default_depth_sigma_km**2
        return np.asarray(full[:4, :4], float)


def reading_sigma_s(network: Network, travel_s: Array, settings: LocationSettings) -> Array:
    """Sigma (s) of pick and velocity model together, at travel times (..., n)."""
    floor = np.where(network.is_s, settings.model_error_s_s, settings.model_error_p_s)
    share = settings.model_error_share * travel_s
    return np.asarray(np.sqrt(network.sigma_s**2 + floor**2 + share**2), float)


def tukey(size: Array) -> Array:
    """Tukey's biweight of residuals in sigmas."""
    return np.asarray(np.clip(1.0 - (size / TUKEY) ** 2, 0.0, None) ** 2, float)
