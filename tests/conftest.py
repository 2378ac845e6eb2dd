"""Fixtures that several test files share."""

from __future__ import annotations

import os
import runpy
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

from csamatch import _core
from overheard import Listener

ROOT = Path(__file__).resolve().parent.parent
DEFAULT_KERNEL = ROOT / "tests" / "default_kernel"
ANY_KERNEL = {
    "test_ada.py",
    "test_atomic.py",
    "test_conformance.py",
    "test_csv.py",
    "test_hostile.py",
    "test_idna_suites.py",
    "test_json.py",
    "test_mutations.py",
    "test_purge.py",
    "test_recognition.py",
    "test_safe_browsing.py",
    "test_siphash.py",
    "test_site.py",
    "test_vics.py",
}
"""Files that open no list with the default kernel, or name each kernel themselves."""
LISTENER = Listener()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--kernel", help="the kernel of lists that don't say which; by default the best"
    )


def pytest_configure(config: pytest.Config) -> None:
    """Make the kernel asked for the default, here and in the Pythons that tests start."""
    config.addinivalue_line("markers", "shows_values: is to show listed values or queries")
    config.addinivalue_line(
        "markers", "any_kernel: opens no list with the default kernel, so --kernel leaves it out"
    )
    LISTENER.listen()
    os.umask(0o077)  # lists that others can read draw a warning
    kernel = config.getoption("kernel")
    if kernel is not None:
        make_default(kernel)


def make_default(kernel: str) -> None:
    os.environ["CSAMATCH_TEST_KERNEL"] = kernel
    os.environ["PYTHONPATH"] = os.pathsep.join(
        [str(DEFAULT_KERNEL), *filter(None, [os.environ.get("PYTHONPATH")])]
    )
    runpy.run_path(str(DEFAULT_KERNEL / "sitecustomize.py"))


@contextmanager
def without_default_kernel() -> Generator[None]:
    """Let whatever asks for the default kernel fail, here and in the Pythons that a test starts."""
    key_set, before = _core.KeySet, dict(os.environ)
    make_default("none")
    try:
        yield
    finally:
        _core.KeySet = key_set
        for name in ("CSAMATCH_TEST_KERNEL", "PYTHONPATH"):
            os.environ.pop(name)
            if name in before:
                os.environ[name] = before[name]


def is_for_any_kernel(item: pytest.Item) -> bool:
    return item.path.name in ANY_KERNEL or item.get_closest_marker("any_kernel") is not None


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """With a kernel, leave out the tests that it makes no difference to.

    Otherwise they come first in their files, so that all they use is made as they claim to need it.
    """
    if config.getoption("kernel") is not None:
        left_out = [item for item in items if is_for_any_kernel(item)]
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if not is_for_any_kernel(item)]
        return
    order: dict[Path, int] = {}
    for item in items:
        order.setdefault(item.path, len(order))
    items.sort(key=lambda item: (order[item.path], not is_for_any_kernel(item)))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Hold the tests that are for any kernel to that."""
    if not is_for_any_kernel(item):
        return (yield)
    with without_default_kernel():
        return (yield)


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
