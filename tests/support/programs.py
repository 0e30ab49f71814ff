"""Programs that live tests need beside Python."""

import os
import shutil

import pytest

TOOLS = "make tools, and put .tools/bin on the PATH"
HOW_TO_INSTALL = {
    "helm": "go install helm.sh/helm/v3/cmd/helm@v3.22.0",
    "kube-score": "go install github.com/zegl/kube-score/cmd/kube-score@v1.20.0",
    "kubernetes-validate": TOOLS,
    "hadolint": TOOLS,
    "check-jsonschema": TOOLS,
    "yamllint": TOOLS,
}
"""What does not come as a package of Debian."""


def require_program(name: str, package: str = "") -> str:
    """Path of a program; without it the test is skipped, and fails in CI."""
    path = shutil.which(name)
    if path is not None:
        return path
    how = HOW_TO_INSTALL.get(name, f"apt-get install -y {package}")
    sentence = f"{name} is absent; install it with: {how}"
    if os.environ.get("CI") == "true":
        pytest.fail(f"CI must run the live tests: {sentence}")
    pytest.skip(sentence)
