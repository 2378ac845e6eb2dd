"""Fixtures that several test files share."""

from __future__ import annotations

import os
import runpy
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--kernel", help="the kernel of lists that don't say which; by default the best"
    )


def pytest_configure(config: pytest.Config) -> None:
    """Make the kernel asked for the default, here and in the Pythons that tests start."""
    kernel = config.getoption("kernel")
    if kernel is None:
        return
    folder = ROOT / "tests" / "default_kernel"
    os.environ["CSAMATCH_TEST_KERNEL"] = kernel
    os.environ["PYTHONPATH"] = os.pathsep.join(
        [str(folder), *filter(None, [os.environ.get("PYTHONPATH")])]
    )
    runpy.run_path(str(folder / "sitecustomize.py"))


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
