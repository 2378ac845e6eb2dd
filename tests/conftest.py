"""Fixtures that several test files share."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real lists and public suites, which is not part of the project."""
    folder = os.environ.get("CSAMATCH_SHARED")
    if not folder:
        pytest.skip("CSAMATCH_SHARED is not set: it names the folder of real lists")
    path = Path(folder)
    if not path.is_absolute():
        path = ROOT / path
    assert path.is_dir(), "CSAMATCH_SHARED names no folder"
    return path


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """Where a test may write a list."""
    return tmp_path / "list.csml"
