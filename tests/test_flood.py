"""Entries that hit suspiciously often."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time

import pytest

import csamatch
from csamatch import FloodGuard, HashList, Matcher, UrlList

MD5 = [f"{i:032x}" for i in range(0x77777, 0x77777 + 20)]


def test_an_entry_is_told_of_once(monkeypatch):
    now = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    floods = []
    guard = FloodGuard(3, floods.append, window=60)
    lst = HashList(MD5, info={"name": "n"})
    matcher = Matcher(lst, guard=guard)
    matcher.match_digests([MD5[0], MD5[1], MD5[0]])
    assert floods == []
    matcher.match_digests([MD5[1]])
    matcher.match_digests([MD5[0]] * 10)
    (flood,) = floods
    assert (flood.entry.number, flood.rule, flood.count, flood.seconds) == (0, "md5", 3, 60)
    assert flood.list.name == "n"
    now[0] = 59.0
    matcher.match_digests([MD5[1]])
    assert len(floods) == 2
    now[0] = 60.0  # all counts start again
    matcher.match_digests([MD5[1], MD5[1]])
    assert len(floods) == 2
    matcher.match_digests([MD5[1]])
    assert len(floods) == 3


def test_what_is_suppressed_is_not_counted():
    floods = []
    matcher = Matcher(
        UrlList(["bad.example"]),
        suppress=UrlList(["good.bad.example"]),
        guard=FloodGuard(1, floods.append),
    )
    matcher.match_urls(["good.bad.example"] * 5)
    assert floods == []
    matcher.match_urls(["bad.example"])
    assert len(floods) == 1


def test_the_matches_of_a_single_list():
    floods = []
    guard = FloodGuard(2, floods.append)
    lst = HashList(MD5)
    guard.count(lst.match(MD5[:4]))
    guard.count([lst.find(MD5[3])])
    assert [flood.entry.number for flood in floods] == [3]
    assert repr(guard) == "<FloodGuard: 2 hits in 3600 s>"


def test_ids_outlive_a_version(tmp_path):
    """An entry with an id is the same in the next version of its list; lists are apart."""
    context = "http://github.com/VICSDATAMODEL/ProjectVic/DataModels/2.0.xml/x/$metadata#Media"
    lists = []
    for version, first in enumerate((0, 1)):
        records = ",".join(
            f'{{"MediaID":{i},"Category":1,"MD5":"{MD5[i]}"}}' for i in range(first, 5)
        )
        (tmp_path / "m.json").write_text(f'{{"@odata.context":"{context}","value":[{records}]}}')
        csamatch.build(
            tmp_path / "m.json", tmp_path / "l", info={"name": "n", "version": str(version)}
        )
        lists.append(csamatch.open(tmp_path / "l"))
    floods = []
    guard = FloodGuard(2, floods.append)
    for lst in lists:
        guard.count(lst.match([MD5[3]]))
    assert [flood.entry.id for flood in floods] == ["3"]
    guard.count(HashList(MD5, info={"name": "other"}).match([MD5[4]]))
    guard.count(HashList(MD5[1:], info={"name": "other"}).match([MD5[4]]))
    assert len(floods) == 1
    # Whose ids have nothing to do with one another: what has no name, or another source or kind.
    for version, said in enumerate(({}, {}, {"name": "n", "source": "a"}, {"name": "n"})):
        info = {"version": f"other {version}", **said}
        csamatch.build(tmp_path / "m.json", tmp_path / "l", info=info)
        guard.count(csamatch.open(tmp_path / "l").match([MD5[4]]))
    assert len(floods) == 1


def test_many_threads_count_together():
    floods = []
    guard = FloodGuard(4000, floods.append)
    lst = HashList(MD5)
    threads = [
        threading.Thread(target=lambda: [guard.count(lst.match(MD5[:1])) for _ in range(500)])
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(floods) == 1


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@pytest.mark.parametrize("what", ["guard", "collector"])
def test_a_process_forked_while_another_thread_counts(what):
    """A process of its own, which dies of its alarm where the lock is held for ever."""
    code = f"""
import csamatch, os, signal, sys
from csamatch.metrics import PrometheusCollector
guard, collector = csamatch.FloodGuard(2, print), PrometheusCollector()
matcher = csamatch.Matcher(csamatch.HashList(["00" * 16]), guard=guard, on_batch=collector)
with {what}._lock:  # as a thread that counts holds it
    pid = os.fork()
    if pid == 0:
        signal.alarm(10)
        matcher.match_digests([bytes(16)])
        os._exit(0)
    sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
"""
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_what_a_guard_cannot_be_made_of():
    for arguments, options in (((0,), {}), ((1,), {"window": 0})):
        with pytest.raises(ValueError):
            FloodGuard(*arguments, print, **options)
