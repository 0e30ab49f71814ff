"""The doctor: what the settings expect against what there is, each finding with what to do.

``gather``   asks broker, workers, store and disks; ``gather_kafka``, ``gather_host`` are its parts
``facts``    what was found                     ``examine``  all checks, in order
``kafka_checks``, ``system_checks``             each check a plain function of the facts
"""

from streamstress.stream.doctor.examine import examine
from streamstress.stream.doctor.findings import Finding
from streamstress.stream.doctor.gather import gather

__all__ = ["Finding", "examine", "gather"]
