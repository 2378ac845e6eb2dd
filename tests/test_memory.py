"""A mapped list is one copy in memory, however many processes match against it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import csamatch

pytestmark = pytest.mark.skipif(
    not Path("/proc/self/smaps_rollup").exists(),
    reason="/proc/self/smaps_rollup is missing: nothing tells what a process shares",
)

WORKERS = 4
KEYS = 500_000

# Forks workers that match every key, in small batches, against a list that was opened before or
# after the fork; prints what each says of its memory while all of them still hold the list. A
# process of its own, because forking one that runs threads is a risk of its own.
SCRIPT = """
import json, multiprocessing, re, sys
import numpy, csamatch
csamatch.open  # or each of the workers would import what is behind it

path, keys_path, when, how, count = sys.argv[1:]
keys = numpy.load(keys_path)
fork = multiprocessing.get_context("fork")
barrier, answers = fork.Barrier(int(count)), fork.SimpleQueue()

def field(text, name):
    return 1024 * sum(int(kb) for kb in re.findall(rf"^{name}: +(\\d+) kB", text, re.M))

def rollup(name):
    return field(open("/proc/self/smaps_rollup").read(), name)

def mapping():
    parts = re.split(r"^(?=[0-9a-f]+-[0-9a-f]+ )", open("/proc/self/smaps").read(), flags=re.M)
    return "".join(part for part in parts if part.split("\\n")[0].endswith(path))

def open_list():
    return csamatch.open(path, mmap=how == "mapped", verify=how != "mapped")

def work(opened):
    before = rollup("Private_Dirty")
    lst = opened or open_list()
    for start in range(0, len(keys), 10_000):
        assert lst.match(keys[start : start + 10_000]).mask.all()
    barrier.wait()
    held = mapping()
    answers.put({
        "pss": field(held, "Pss"),
        "private_dirty": field(held, "Private_Dirty"),
        "grown": rollup("Private_Dirty") - before,
    })
    barrier.wait()

opened = open_list() if when == "before" else None
workers = [fork.Process(target=work, args=(opened,)) for _ in range(int(count))]
for worker in workers:
    worker.start()
found = [answers.get() for _ in workers]
for worker in workers:
    worker.join()
    assert worker.exitcode == 0
print(json.dumps(found))
"""


@pytest.fixture(scope="module")
def listed(tmp_path_factory):
    """A list file, and the digests in it as a file of numpy's."""
    folder = tmp_path_factory.mktemp("memory")
    keys = np.random.default_rng(5).integers(0, 256, (KEYS, 16), dtype=np.uint8)
    np.save(folder / "keys.npy", keys)
    (folder / "keys.txt").write_text("\n".join(row.tobytes().hex() for row in keys))
    csamatch.build(folder / "keys.txt", folder / "list.csml")
    return folder / "list.csml", folder / "keys.npy"


def memory(listed, when: str, how: str) -> list[dict[str, int]]:
    """What each of the workers holds."""
    path, keys = map(str, listed)
    result = subprocess.run(
        [sys.executable, "-c", SCRIPT, path, keys, when, how, str(WORKERS)],
        stdout=subprocess.PIPE,
        check=True,
        timeout=120,
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
    )
    found = json.loads(result.stdout)
    assert len(found) == WORKERS
    return found


@pytest.mark.parametrize("when", ["before", "after"])
def test_workers_share_a_mapped_list(listed, when):
    size = listed[0].stat().st_size
    found = memory(listed, when, "mapped")
    # The proportional set size counts a page shared by four as a quarter for each.
    assert 0.9 * size < sum(worker["pss"] for worker in found) < 1.1 * size
    assert [worker["private_dirty"] for worker in found] == [0] * WORKERS
    # Nor is there a copy anywhere else; what a batch of 10,000 needs is far below half a file.
    assert all(worker["grown"] < size / 2 for worker in found), found


def test_the_measure_can_fail(listed):
    """Lists that workers read for themselves are seen to be copies."""
    size = listed[0].stat().st_size
    found = memory(listed, "after", "read")
    assert all(worker["grown"] >= size for worker in found)
    assert [worker["pss"] for worker in found] == [0] * WORKERS
