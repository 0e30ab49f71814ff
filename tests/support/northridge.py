"""HASH v1.2, examples 1 and 2, read and with the mechanisms that HASH found."""

import gzip
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from streamstress.mechanism import PolarityData
from streamstress.mechanism.readers.events import PickedEvent
from streamstress.mechanism.readers.select import PhaseFiles, open_events
from streamstress.mechanism.traced_rays import polarity_data

DATA = (Path(__file__).parents[2] / "../shared/data/hash_northridge").resolve()
VELOCITY = DATA.parent / "velocity"
MODELS = tuple(VELOCITY / f"vz.{name}" for name in ("socal", "north", "lab1", "sgm1", "vb1"))
"""In the order of example2.inp."""


@dataclass(frozen=True)
class Reference:
    """First solution of an event in HASH's output."""

    mechanism: tuple[float, float, float]
    n_polarity: int
    grade: str
    stdr: float


def needs_data() -> None:
    """Skip the test where the data are not beside the checkout."""
    if not DATA.exists():
        pytest.skip(f"the HASH examples are not beside the checkout ({DATA.name})")


def reference_of(example: int) -> dict[str, Reference]:
    """HASH's first solutions by event."""
    found: dict[str, Reference] = {}
    for line in (DATA / f"example{example}.out").read_text().splitlines():
        if line.strip():
            *_, strike, dip, rake, _, _, n, _, grade, _, stdr = line.rstrip(" *").split()
            mechanism = (float(strike), float(dip), float(rake))
            event = Reference(mechanism, int(n), grade, float(stdr) / 100.0)
            found.setdefault(line[:16].strip(), event)
    return found


def events_of_example1() -> dict[str, PickedEvent]:
    """Events with their rays."""
    files = PhaseFiles(DATA / "north1.phase", "hash1", reversals=DATA / "scsn.reverse")
    return {e.event_id: e for e in open_events(files) if isinstance(e, PickedEvent)}


def polarities_of_example1() -> dict[str, PolarityData]:
    """Polarities of example 1 by event."""
    generator = np.random.default_rng(0)
    return {
        event_id: polarity_data(event, None, 30, generator)
        for event_id, event in events_of_example1().items()
    }


def events_of_example2(folder: Path) -> dict[str, PickedEvent]:
    """Events whose rays are still to be traced; the list of stations is unpacked to a folder."""
    stations = folder / "scsn.stations"
    stations.write_bytes(gzip.decompress((DATA / "scsn.stations.gz").read_bytes()))
    files = PhaseFiles(DATA / "north2.phase", "hash2", stations, DATA / "scsn.reverse")
    return {e.event_id: e for e in open_events(files) if isinstance(e, PickedEvent)}
