"""A list that is replaced again and again while threads and forked workers match against it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import csamatch

REPLACEMENTS = int(os.environ.get("CSAMATCH_TEST_REPLACEMENTS", "40"))


def run(*command):
    result = subprocess.run(
        [sys.executable, *map(str, command)],
        stdout=subprocess.PIPE,
        check=True,
        timeout=600,
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
    )
    return json.loads(result.stdout)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@pytest.mark.parametrize("how", ["read", "mapped", "published", "secured"])
def test_replaced_under_load(tmp_path, how):
    if how == "secured":
        pytest.importorskip("cryptography")
    result = run(Path(__file__).with_name("live_load.py"), tmp_path, REPLACEMENTS, how)
    assert result["unheard"] == []
    assert result["bad"] >= max(6, REPLACEMENTS // 10)  # each kind at least once
    assert len(result["found"]) == 5
    for found in result["found"]:
        assert found["wrong"] == []
        assert found["errors"] == result["bad"]
        assert found["last"] == str(REPLACEMENTS + 1)
        assert found["batches"] >= REPLACEMENTS
        assert found["versions"] > REPLACEMENTS // 4
        early, late = found["sizes"]
        assert late <= 1.2 * early
        assert early or not Path("/proc/self/statm").exists()


MEMORY = """
import gc, json, os, sys
from pathlib import Path
import csamatch

folder, reloads, keep = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3] == "kept"
live = csamatch.LiveList(folder / "list.csml", interval=1000)
kept, sizes = [], {}
probes = [bytes([i]) * 16 for i in range(200)]

def resident():
    return int(Path("/proc/self/statm").read_text().split()[1])

for number in range(1, reloads + 1):
    os.link(folder / f"{number % 2}.csml", folder / "new")
    (folder / "new").replace(folder / "list.csml")
    assert live.check()
    live.match(probes)
    kept += [live.current] * keep
    sizes[number] = resident()
print(json.dumps([sizes[10], sizes[reloads], live.reloads]))
"""


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="no /proc/self/statm here")
@pytest.mark.parametrize("keep", [False, True])
def test_reloading_takes_no_more_memory(tmp_path, keep):
    """After 200 reloads as after 10; and the measure sees lists that are kept."""
    keys = np.random.default_rng(7).integers(0, 256, (200_000, 16), dtype=np.uint8)
    for number in range(2):
        rows = keys[: len(keys) - number]
        (tmp_path / "keys.txt").write_text("\n".join(row.tobytes().hex() for row in rows))
        csamatch.build(tmp_path / "keys.txt", tmp_path / f"{number}.csml")
    os.link(tmp_path / "0.csml", tmp_path / "list.csml")
    reloads = 40 if keep else 200
    before, after, count = run("-c", MEMORY, tmp_path, reloads, "kept" if keep else "dropped")
    assert count == reloads
    assert (after > 1.2 * before) if keep else (after <= 1.2 * before)
