"""The tutorial's cells run as they stand, and find what they promise."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

NOTEBOOK = Path(__file__).parents[3] / "docs" / "tutorial.ipynb"
PROMISED_LINES = 20


def code_cells() -> list[str]:
    cells = json.loads(NOTEBOOK.read_text())["cells"]
    return ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Everything the cells left, run one after the other in a folder of their own."""
    names: dict[str, Any] = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("tutorial"))
        for number, cell in enumerate(code_cells()):
            exec(compile(cell, f"cell {number}", "exec"), names)  # noqa: S102
        names["svg"] = Path("map.svg").read_text()
    return names


def test_mechanisms_become_a_map_and_an_alarm_in_twenty_lines(ran: dict[str, Any]):
    _, *steps, _ = code_cells()
    assert sum(bool(line.strip()) for cell in steps for line in cell.splitlines()) <= PROMISED_LINES
    assert "SHmax by regime" in ran["svg"]
    truth = ran["table"]["time"][400]
    assert truth.isoformat() < ran["alarm"]["time"].replace("Z", "+00:00")
    assert ran["alarm"]["shmax_before_deg"] == pytest.approx(30.0, abs=5.0)
    assert ran["alarm"]["shmax_after_deg"] == pytest.approx(75.0, abs=12.0)


def test_pandas_and_obspy_come_out(ran: dict[str, Any]):
    answered = ran["field"]["shmax_deg"].dropna()
    assert np.abs(answered - 30.0).max() < 10.0
    assert len(ran["catalogue"]) == 3
    planes = ran["catalogue"][0].preferred_focal_mechanism().nodal_planes
    assert planes.nodal_plane_1.strike == pytest.approx(ran["table"]["strike"][0] % 360)
