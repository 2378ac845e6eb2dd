"""Many threads on one list, and other threads running meanwhile."""

from __future__ import annotations

import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import csamatch
from csamatch import lists


@pytest.fixture(scope="module")
def hashes():
    rng = np.random.default_rng(8)
    return rng.integers(0, 256, (200_000, 16), dtype=np.uint8)


def test_eight_threads_on_one_hash_list(hashes):
    lst = csamatch.HashList(hashes[::2])
    expected = np.arange(len(hashes)) % 2 == 0
    entries = lst.match(hashes).entry

    def work(seed):
        order = np.random.default_rng(seed).permutation(len(hashes))
        for _ in range(5):
            matches = lst.match(hashes[order])
            assert np.array_equal(matches.mask, expected[order])
            assert np.array_equal(matches.entry, entries[order])
            for i in order[:50].tolist():
                assert (hashes[i].tobytes() in lst) == expected[i]
        return True

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(work, range(8)))


def test_eight_threads_on_one_url_list():
    lst = csamatch.UrlList([f"site{i}.example" for i in range(2000)])
    asked = [f"http://www.site{i}.example/x" for i in range(4000)]
    expected = [i < 2000 for i in range(4000)]

    def work(_):
        return all(lst.match(asked).mask.tolist() == expected for _ in range(10))

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(work, range(8)))


def runs_meanwhile(call) -> float:
    """How far another thread got while `call` ran, as a share of what it does while we sleep.

    Both for long enough that a busy machine gives every thread a turn.
    """
    ticks = 0
    stop = threading.Event()

    def count():
        nonlocal ticks
        while not stop.is_set():
            ticks += 1
            time.sleep(0.0001)

    def pace(call):
        before, start = ticks, time.perf_counter()
        while (elapsed := time.perf_counter() - start) < 0.3:
            call()
        return (ticks - before) / elapsed

    # With this interval the interpreter itself never takes the GIL away from a running thread
    # during the call, so the counter moves only if the call lets it go.
    interval = sys.getswitchinterval()
    sys.setswitchinterval(60)
    thread = threading.Thread(target=count)
    try:
        thread.start()
        alone = pace(lambda: time.sleep(0.3))
        return pace(call) / alone
    finally:
        stop.set()
        sys.setswitchinterval(interval)
        thread.join()


def test_a_batch_lets_other_threads_run(hashes):
    lst = csamatch.HashList(hashes)
    many = np.concatenate([hashes] * 10)
    urls = csamatch.UrlList(["bad.example"])
    asked = tuple(["http://host.example/" + "a/" * 2000] * 3000)
    assert runs_meanwhile(lambda: lst.match(many)) > 0.05
    assert runs_meanwhile(lambda: urls.match(asked)) > 0.05


def test_the_measure_can_fail():
    """Work that keeps the GIL is seen to keep it."""
    assert runs_meanwhile(lambda: sum(i * i for i in range(3_000_000))) < 0.02


def test_threads_that_cannot_be_started(hashes, monkeypatch):
    """The caller's own thread does all the work where the system has no other to spare."""
    lst = csamatch.HashList(hashes[::2])

    started = []

    def start(*_):
        started.append(1)
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(lists, "start_new_thread", start)
    assert lst.match(hashes, threads=4).count == len(hashes) // 2
    assert started == [1]


@pytest.mark.parametrize("where", ["caller", "helper"])
def test_a_failure_in_one_thread_stops_all(where):
    done = []

    def make_run():
        def run(start, size):
            is_caller = threading.current_thread() is threading.main_thread()
            if is_caller == (where == "caller"):
                raise MemoryError("no room")
            time.sleep(0.01)
            done.append(start)

        return run

    with pytest.raises(MemoryError, match="no room"):
        lists.share(make_run, 1 << 24, 2)
    assert len(done) < 8
    finished = list(done)
    time.sleep(0.05)
    assert done == finished
