"""Fixtures that several test files share."""

from __future__ import annotations

import os
import runpy
from collections.abc import Generator
from pathlib import Path

import pytest

from overheard import Listener

ROOT = Path(__file__).resolve().parent.parent
LISTENER = Listener()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--kernel", help="the kernel of lists that don't say which; by default the best"
    )


def pytest_configure(config: pytest.Config) -> None:
    """Make the kernel asked for the default, here and in the Pythons that tests start."""
    config.addinivalue_line("markers", "shows_values: is to show listed values or queries")
    LISTENER.listen()
    os.umask(0o077)  # lists that others can read draw a warning
    kernel = config.getoption("kernel")
    if kernel is None:
        return
    folder = ROOT / "tests" / "default_kernel"
    os.environ["CSAMATCH_TEST_KERNEL"] = kernel
    os.environ["PYTHONPATH"] = os.pathsep.join(
        [str(folder), *filter(None, [os.environ.get("PYTHONPATH")])]
    )
    runpy.run_path(str(folder / "sitecustomize.py"))


def pytest_collection_finish() -> None:
    """Forget what other plugins said while they began."""
    LISTENER.heard.clear()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Fail a test during which a listed value or a query was said."""
    report = yield
    leaks = LISTENER.leaks(report)
    if leaks and report.passed and item.get_closest_marker("shows_values") is None:
        report.outcome = "failed"
        report.longrepr = "values were said:\n" + "\n".join(leaks[:20])
    return report


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
