"""A sample of records, and stores that hold it."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import synthetic_mechanisms
import synthetic_readings
from sample_records import Sample, make_sample, make_truth

from streamstress.outputs.store import Store
from streamstress.simulate.truth import Truth


@pytest.fixture(scope="session")
def synthetic() -> ModuleType:
    """The generator of mechanisms under a known stress."""
    return synthetic_mechanisms


@pytest.fixture(scope="session")
def sample() -> Sample:
    return make_sample()


@pytest.fixture(scope="session")
def truth(sample: Sample) -> Truth:
    return make_truth(sample)


@pytest.fixture(scope="session")
def filled_file(sample: Sample, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("filled") / "store.db"
    store = Store.open(f"sqlite:///{path}")
    store.save_many(sample.records())
    store.save_stages(sample.stages)
    store.close()
    return path


@pytest.fixture
def store_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'store.db'}"


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    opened = Store.open(store_url)
    yield opened
    opened.close()


@pytest.fixture
def full_store(store_url: str, filled_file: Path, tmp_path: Path) -> Iterator[Store]:
    shutil.copy(filled_file, tmp_path / "store.db")
    opened = Store.open(store_url)
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def located_readings() -> Callable[..., Any]:
    """Simulated readings of located events, with their truth."""
    return synthetic_readings.located_readings
