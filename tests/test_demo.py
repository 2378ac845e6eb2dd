"""The demo does what it says, and can fail."""

from __future__ import annotations

import numpy as np
import pytest

import csamatch
from csamatch import demo


@pytest.fixture
def small(monkeypatch):
    for name, value in {
        "MEDIA": 5000,
        "QUERIES": 10_000,
        "DOMAINS": 2000,
        "URLS": 4000,
        "PLANTED": 100,
    }.items():
        monkeypatch.setattr(demo, name, value)


def test_finds_exactly_what_it_planted(small, capsys):
    assert demo.run() == 0
    shown = capsys.readouterr().out
    assert "10,000 looked up, 100 planted, 100 found, 0 wrong" in shown
    assert "4,000 looked up, 100 planted, 100 found, 0 wrong" in shown
    assert "names its own MediaID: yes" in shown
    for part in ("Python set", "numpy.searchsorted", "csamatch build"):
        assert part in shown


def test_can_be_quiet(small, capsys):
    assert demo.run(quiet=True) == 0
    assert capsys.readouterr() == ("", "")


def test_notices_a_miss(small, capsys, monkeypatch):
    whole = csamatch.HashList.match

    def forgetful(self, items, **options):
        matches = whole(self, items, **options)
        matches.mask[np.flatnonzero(matches.mask)[:1]] = False
        return matches

    monkeypatch.setattr(csamatch.HashList, "match", forgetful)
    assert demo.run() == 2
    assert "1 wrong" in capsys.readouterr().out
