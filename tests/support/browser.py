"""A real Chromium, driven by Playwright, against a real server on loopback."""

import os
import shutil
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from programs import require_program

LOCK = Path(__file__).parents[2] / "requirements.lock"


def require_package(name: str) -> Any:
    """The module of a package; without it the test is skipped, and fails in CI if it is locked."""
    try:
        return __import__(name)
    except ModuleNotFoundError:
        sentence = f"{name} is absent; install it with: pip install {name}"
        if os.environ.get("CI") == "true" and f"\n{name}==" in LOCK.read_text():
            pytest.fail(f"CI must run the live tests: {sentence}")
        pytest.skip(sentence)


@contextmanager
def running_browser() -> Iterator[Any]:
    """The browser; it reaches nothing but loopback."""
    require_package("playwright")
    from playwright.sync_api import sync_playwright

    chromium = shutil.which("chromium-browser") or require_program("chromium", "chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium,
            args=["--no-sandbox", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"],
        )
        yield browser
        browser.close()


@contextmanager
def serving(app: Callable[..., object]) -> Iterator[str]:
    """Address of an application, from a real server on a free port."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning"))
        thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        server.should_exit = True
        thread.join(timeout=20)
