"""The page in a real browser: chromium against a real server on loopback."""

import re
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest
import uvicorn
from fastapi import FastAPI
from programs import require_program
from sample_records import make_sample
from starlette.types import Receive, Scope, Send

from streamstress.clock import ReplayClock, Segment
from streamstress.outputs.store import Store
from streamstress.web import create_web

pytestmark = pytest.mark.live

QUIET_BROWSER = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    "--enable-logging=stderr",
    "--window-size=1280,900",
)


@pytest.fixture(scope="module")
def chromium() -> str:
    return shutil.which("chromium-browser") or require_program("chromium", "chromium")


@pytest.fixture
def store_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'store.db'}"


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    """A store with an alarm in it."""
    opened, sample = Store.open(store_url), make_sample()
    opened.save_many(sample.records())
    opened.save_stages(sample.stages)
    yield opened
    opened.close()


@pytest.fixture
def app(store: Store, store_url: str) -> FastAPI:
    end_ns = max(store.reader.progress().values())
    clock = ReplayClock(time.time_ns(), 1.0, (Segment(end_ns, end_ns),))
    stations = make_sample(1).stations
    return create_web(store_url, stations=stations, title="West basin", refresh_s=0.5, clock=clock)


@contextmanager
def _serving(app: Callable[..., object]) -> Iterator[str]:
    """Address of the page, from a real server on a free port."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning"))
        thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/"
        server.should_exit = True
        thread.join(timeout=20)


def _browse(chromium: str, folder: Path, address: str, *arguments: str) -> tuple[str, str]:
    """The DOM after some seconds, and what the console and network said."""
    log = folder / "network.json"
    command = [
        chromium,
        *QUIET_BROWSER,
        f"--user-data-dir={folder / 'profile'}",
        f"--log-net-log={log}",
        "--virtual-time-budget=8000",
        *arguments,
        address,
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    console = [line for line in done.stderr.splitlines() if "CONSOLE" in line]
    return done.stdout, "\n".join(console) + "\n" + log.read_text()


def test_the_browser_shows_the_alarm_and_stays_on_the_host(
    chromium: str, app: FastAPI, tmp_path: Path
):
    picture = tmp_path / "page.png"
    with _serving(app) as address:
        dom, said = _browse(chromium, tmp_path, address, "--dump-dom")
        _browse(chromium, tmp_path, address, f"--screenshot={picture}")
    banner = re.search(r'<section id="banner"[^>]*>.*?</section>', dom, re.DOTALL)[0]
    assert 'class="alarm"' in banner
    for words in (
        "alarm, confirmed",
        "Stress orientation has changed",
        "92°",
        "123°",
        "31° clockwise, 95 % 22° to 41°",
        "5 Mar 2026 20:36 UTC",
        "score 37.6, alarm from 14.2",
    ):
        assert words in banner, words
    for figure in ("map", "series"):
        assert re.search(rf'<div id="{figure}"><div class="bk-', dom), f"{figure} was not drawn"
    assert dom.count("<tr>") == 13, "the table of events was not filled"
    assert ">live<" in dom, "the script did not come to its end"
    assert picture.stat().st_size > 100_000, "the picture is nearly empty"

    console, _, network = said.partition("\n{")
    complaints = [line for line in console.splitlines() if "[bokeh " not in line]
    assert complaints == []
    assert "rror" not in console
    # The browser's own calls home name no page as their initiator.
    asked = re.findall(r'"initiator":"http://127[^"]*".*?"url":"([^"]+)"', network)
    assert any(url.endswith("/status.json") for url in asked)
    assert [url for url in asked if not url.startswith((address, "data:"))] == []


def test_the_open_page_follows_the_store(chromium: str, app: FastAPI, store: Store, tmp_path: Path):
    changed = store.reader.changes()[0]
    withdrawn = msgspec.structs.replace(changed, version=9, state="withdrawn")

    async def withdraw_at_first_poll(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] == "/status.json":
            store.save(withdrawn)
        await app(scope, receive, send)

    with _serving(withdraw_at_first_poll) as address:
        dom, _ = _browse(chromium, tmp_path, address, "--dump-dom")
    banner = re.search(r'<section id="banner"[^>]*>.*?</section>', dom, re.DOTALL)[0]
    assert 'class="quiet"' in banner
    assert "No change of stress orientation" in banner
    assert "was withdrawn" in banner
