"""What a test needs of the machine: without it the test is skipped by name, in CI it fails."""

import os
import shutil
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


def need(present: object, what: str) -> None:
    """Skip the test unless `present`; with CI=1 in the environment, fail it."""
    if present:
        return
    if os.environ.get("CI") == "1":
        pytest.fail(f"needs {what}")
    pytest.skip(f"needs {what}")


def shared_contracts(vendor: str) -> Path:
    """Return where the reference contracts are: beside the checkout, or in $ROLLCALL_SHARED."""
    place = Path(os.environ.get("ROLLCALL_SHARED", ROOT.parent / "shared"))
    path = place / "contracts" / vendor
    need(path.is_dir(), f"the reference contracts in {place.name}/contracts/{vendor}")
    return path


def chromium() -> str:
    """Return the browser's program."""
    program = shutil.which("chromium") or shutil.which("chromium-browser") or ""
    need(program, "Chromium: make deps installs it")
    return program
