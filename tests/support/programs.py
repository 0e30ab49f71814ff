"""Programs that live tests need beside Python."""

import os
import shutil

import pytest


def require_program(name: str, package: str) -> str:
    """Path of a program; without it the test is skipped, and fails in CI."""
    path = shutil.which(name)
    if path is not None:
        return path
    sentence = f"{name} is absent; install it with: apt-get install -y {package}"
    if os.environ.get("CI") == "true":
        pytest.fail(f"CI must run the live tests: {sentence}")
    pytest.skip(sentence)
