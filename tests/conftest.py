"""How all tests run."""

from hypothesis import HealthCheck, settings

# A busy machine is no failure: no property is judged by its time.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")
