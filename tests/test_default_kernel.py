"""``pytest --kernel NAME`` runs the tests on that kernel, whatever it is."""

from __future__ import annotations

import subprocess
import sys

import pytest

import csamatch
from csamatch import _core

ASK = "import csamatch; print(csamatch.HashList([bytes(16)]).kernel)"


@pytest.fixture
def default(pytestconfig) -> str:
    return pytestconfig.getoption("kernel") or csamatch.kernels()[0]


def test_lists_use_it(default, out, tmp_path):
    (tmp_path / "source").write_text("bad.example\n")
    csamatch.build(tmp_path / "source", out)
    assert csamatch.open(out).kernel == default
    assert csamatch.HashList([bytes(16)]).kernel == default
    assert csamatch.UrlList(["bad.example"]).kernel == default
    assert _core.KeySet(bytes(16), 0, 1, 16).kernel == default


def test_lists_of_other_pythons_use_it(default):
    answer = subprocess.run([sys.executable, "-c", ASK], capture_output=True, check=True, text=True)
    assert answer.stdout.strip() == default


def test_a_kernel_named_outright_goes_before_it():
    for kernel in csamatch.kernels():
        assert csamatch.HashList([bytes(16)], kernel=kernel).kernel == kernel
