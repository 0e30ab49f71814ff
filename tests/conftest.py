"""How all tests run."""

import os

# Threads of small matrices that wait for a core in use cost ten times what they save. Told before
# any test imports numpy; the workers that a test starts are told the same by their supervisor.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from hypothesis import HealthCheck, settings

# A busy machine is no failure: no property is judged by its time.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")
