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

# A process of its own, because forking one that runs threads is a risk of its own: it forks first.
# Version v lists the probes whose number is v modulo 7, and probe v itself.
SCRIPT = """
import hashlib, json, multiprocessing, os, sys, threading, time
from pathlib import Path
import csamatch

folder, replacements, how = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
PROBES = [hashlib.md5(b"%d" % i).digest() for i in range(replacements + 50)]
WATCHERS = 4
source, place = folder / "source.txt", folder / "lists"
path = place / "current" if how == "published" else folder / "list.csml"

def listed(version):
    return [i % 7 == version % 7 or i == version for i in range(len(PROBES))]

def build(version, out=folder / "list.csml", **info):
    chosen = [p.hex() for p, is_in in zip(PROBES, listed(version)) if is_in]
    source.write_text("\\n".join(chosen))
    csamatch.build(source, out, info={"name": "n", "version": str(version), **info})

def replace(version):
    build(version)
    if how == "published":
        csamatch.publish(folder / "list.csml", place, keep=1)

def put(data, number):
    new = folder / "new"
    if how == "published":
        (place / f"bad{number}.csml").write_bytes(data)
        data = b"bad%d.csml" % number
    new.write_bytes(data)
    new.replace(path)

def watch(live, stop, wrong, batches, seen):
    while not stop.is_set():
        matches = live.match(PROBES)
        said = {match.list.version for match in matches}
        entries = [match.entry.number for match in matches]
        if len(said) != 1:
            wrong.append(f"versions {said}")
        elif matches.mask.tolist() != listed(int(*said)):
            wrong.append(f"version {said} with the answers of another")
        elif len(set(entries)) != len(entries):
            wrong.append("entries that repeat")
        batches.append(1)
        seen |= said
        time.sleep(0.001)

def work(live, stop, counters, row, answers):
    wrong, batches, seen = [], [], set()
    thread = threading.Thread(target=watch, args=(live, stop, wrong, batches, seen))
    thread.start()
    while not stop.is_set():
        live.current
        counters[row] = live.errors
        time.sleep(0.001)
    thread.join()
    answers.put((wrong, len(batches), len(seen), live.errors, live.info.version))

def bad_files(good):
    damaged = bytearray(good)
    damaged[-1] ^= 1
    (folder / "domains.txt").write_text("bad.example\\n")
    csamatch.build(folder / "domains.txt", folder / "domains.csml")
    build(1, folder / "stale.csml", issued="2020-01-01", max_age="1d")
    files = [good[:-1], bytes(damaged), b"", b"no list at all", None, good[:100]]
    files += [(folder / name).read_bytes() for name in ("domains.csml", "stale.csml")]
    return files

replace(0)
fork = multiprocessing.get_context("fork")
stop, counters, answers = fork.Event(), fork.Array("i", WATCHERS), fork.SimpleQueue()
live = csamatch.LiveList(
    path, interval=0.01, stale="error", mmap=how != "read", on_error=lambda error: None
)
workers = [
    fork.Process(target=work, args=(live, stop, counters, row, answers)) for row in range(WATCHERS)
]
for worker in workers:
    worker.start()
wrong, batches, seen = [], [], set()
threads = [
    threading.Thread(target=watch, args=(live, stop, wrong, batches, seen))
    for _ in range(WATCHERS)
]
for thread in threads:
    thread.start()
bad = 0
unheard = []
files = bad_files((folder / "list.csml").read_bytes())
for version in range(1, replacements + 1):
    if version % 10 == 0:
        data = files[bad % len(files)]
        path.unlink() if data is None else put(data, bad)
        bad += 1
        end = time.monotonic() + 30
        while (live.errors, *counters) != (bad,) * (WATCHERS + 1) and time.monotonic() < end:
            time.sleep(0.005)
        if (live.errors, *counters) != (bad,) * (WATCHERS + 1):
            unheard.append((version, live.errors, *counters))
    else:
        replace(version)
        time.sleep(0.005)
replace(replacements + 1)
time.sleep(1)
stop.set()
for thread in threads:
    thread.join()
found = [answers.get() for _ in workers]
for worker in workers:
    worker.join()
    assert worker.exitcode == 0
found.append((wrong, len(batches), len(seen), live.errors, live.info.version))
print(json.dumps({"bad": bad, "unheard": unheard, "found": found}))
"""


def run(script, *arguments):
    result = subprocess.run(
        [sys.executable, "-c", script, *map(str, arguments)],
        stdout=subprocess.PIPE,
        check=True,
        timeout=600,
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
    )
    return json.loads(result.stdout)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@pytest.mark.parametrize("how", ["read", "mapped", "published"])
def test_replaced_under_load(tmp_path, how):
    result = run(SCRIPT, tmp_path, REPLACEMENTS, how)
    assert result["bad"] == REPLACEMENTS // 10
    assert result["unheard"] == []
    assert len(result["found"]) == 5
    for wrong, batches, versions, errors, last in result["found"]:
        assert wrong == []
        assert errors == result["bad"]
        assert last == str(REPLACEMENTS + 1)
        assert batches >= REPLACEMENTS and versions > REPLACEMENTS // 4


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
    before, after, count = run(MEMORY, tmp_path, reloads, "kept" if keep else "dropped")
    assert count == reloads
    assert (after > 1.2 * before) if keep else (after <= 1.2 * before)
