"""Synthetic mechanisms for the tests of the stress inversion."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest


@pytest.fixture(scope="session")
def synthetic() -> ModuleType:
    """The generator of mechanisms under a known stress."""
    path = Path(__file__).parents[3] / "benchmarks" / "synthetic_mechanisms.py"
    spec = importlib.util.spec_from_file_location("synthetic_mechanisms", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module
