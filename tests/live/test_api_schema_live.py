"""Every address keeps what OpenAPI says of it: schemathesis against a real server."""

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from browser import require_package, serving
from sample_records import make_sample

from streamstress.outputs.store import Store
from streamstress.records import Control
from streamstress.web import create_web
from streamstress.web.site import Operating

pytestmark = [pytest.mark.live, pytest.mark.timeout(300)]


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    url, sample = f"sqlite:///{tmp_path / 'store.db'}", make_sample()
    store = Store.open(url)
    store.save_many(sample.records())

    async def send(control: Control) -> None:
        store.save(msgspec.structs.replace(control, sent_ns=time.time_ns()))

    app = create_web(url, stations=sample.stations, operating=Operating("secret", send))
    with serving(app) as started:
        yield started
    store.close()


def test_schemathesis_finds_nothing(address: str, tmp_path: Path):
    require_package("schemathesis")
    # Its phase "coverage" takes a minute more and has found nothing that fuzzing did not.
    command = [
        sys.executable, "-m", "schemathesis.cli", "run", f"{address}/openapi.json",
        "--header", "Authorization: Bearer secret", "--max-examples", "12", "--seed", "1",
        "--phases", "examples,fuzzing", "--generation-database", "none",
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, timeout=280)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    assert "Tested: " in done.stdout
