"""A sample of records, and stores that hold it."""

import importlib.util
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from streamstress.outputs.store import Store
from streamstress.simulate.truth import Truth

if "sample_records" not in sys.modules:
    _SPEC = importlib.util.spec_from_file_location(
        "sample_records", Path(__file__).parents[1] / "outputs" / "sample_records.py"
    )
    sys.modules["sample_records"] = importlib.util.module_from_spec(_SPEC)
    _SPEC.loader.exec_module(sys.modules["sample_records"])

from sample_records import Sample, make_sample, make_truth


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
