"""The listener to what tests say hears it."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import warnings
from pathlib import Path

import pytest

import csamatch
from conftest import LISTENER
from overheard import values_in

DIGEST = "5ec2e7a1" * 4
URL = "https://secret.example/page"


@pytest.mark.parametrize(
    "text", [DIGEST, DIGEST.upper(), f"x{DIGEST}y"[1:-1], "5e" * 20, "5e" * 32]
)
def test_digests(text):
    assert values_in(f"at line 7: {text}.") == [text]
    assert values_in(text + "0") == []


def test_hosts():
    assert values_in(f"see {URL}, a.test and test_cli.py") == ["secret.example", "a.test"]


def test_digests_of_lists_are_no_values():
    assert values_in('{"list_sha256": "' + "5e" * 32 + '"}') == []
    assert values_in(f"sha256: {DIGEST}") == [DIGEST]


@pytest.mark.shows_values
def test_everything_is_heard(capsys):
    """Each way of saying something, one by one; the plugin would fail this test for any of them."""

    def heard(say) -> bool:
        LISTENER.heard.clear()
        say()
        found = any(values_in(said) for _, said in LISTENER.heard)
        LISTENER.heard.clear()
        return found

    def fail() -> None:
        with pytest.raises(csamatch.UrlError):
            raise csamatch.UrlError(URL)

    def fail_otherwise() -> None:
        with pytest.raises(ValueError):
            raise ValueError(DIGEST)

    def audit() -> None:
        matcher = csamatch.Matcher(csamatch.UrlList(["a.example"]), audit=lambda record: None)
        matcher.match_urls([], tag=URL)

    def count() -> None:
        lst = csamatch.UrlList(["a.example"], info={"name": URL})
        collector = csamatch.metrics.PrometheusCollector()
        csamatch.Matcher(lst, on_batch=collector).match_urls([])

    def run() -> None:
        program = f"import sys; print({DIGEST!r}, file=sys.stderr)"
        subprocess.run([sys.executable, "-c", program], check=True, capture_output=True)

    def warn() -> None:
        with pytest.warns(UserWarning):
            warnings.warn(URL, stacklevel=1)

    assert heard(lambda: logging.getLogger("csamatch.x").warning("bad: %s", URL))
    assert heard(lambda: (print(DIGEST), capsys.readouterr()))
    assert heard(fail)
    assert heard(fail_otherwise)
    assert heard(audit)
    assert heard(count)
    assert heard(run)
    assert heard(warn)
    assert not heard(lambda: logging.getLogger("csamatch.x").warning("bad: line 7"))


LEAKING = f"""
import logging, sys
import pytest

def test_print():
    print({DIGEST!r})

def test_stderr():
    print({URL!r}, file=sys.stderr)

def test_log():
    logging.getLogger("csamatch").error({DIGEST!r})

def test_silence():
    pass

@pytest.mark.shows_values
def test_on_purpose():
    print({DIGEST!r})
"""


@pytest.mark.any_kernel
@pytest.mark.shows_values
def test_a_leak_fails(tmp_path):
    """What a test prints or logs is found when it ends."""
    (tmp_path / "test_leaks.py").write_text(LEAKING)
    path = [str(Path(__file__).parent), *filter(None, [os.environ.get("PYTHONPATH")])]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "conftest", tmp_path / "test_leaks.py"],
        cwd=tmp_path, env=os.environ | {"PYTHONPATH": os.pathsep.join(path)},
        check=False, capture_output=True, text=True,
    )  # fmt: skip
    assert "3 failed, 2 passed" in done.stdout, done.stdout + done.stderr
