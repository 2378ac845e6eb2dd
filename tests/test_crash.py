"""Builds, updates, deltas, purges, killed and failing: the old file or the new, never a mixture.

CSAMATCH_KILLS says how often each is killed, builds twice as often; 100 times take a few seconds.
"""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
import threading

import pytest

import csamatch
from csamatch import atomic
from sources import md5

KILLS = int(os.environ.get("CSAMATCH_KILLS", "25"))

# A process of its own forks the ones that are killed, so that none is killed while it still loads
# Python: the moments spread over the work itself. Half of them lie in its last third, where the
# file is flushed and renamed.
SCRIPT = """
import json, os, random, signal, sys, time
from pathlib import Path
import csamatch
from csamatch import atomic, cli

what, place, kills = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
folder, out = place / "lists", place / "lists" / "list.csml"
receipt = folder / "list.csml.purged.json"
old, new, delta = ((place / n).read_bytes() for n in ("base.csml", "new.csml", "delta"))
beside = {}
if what == "purge":
    beside = {"1.delta": delta, ".list.csml.tmp": b"left", ".1.delta.tmp": b""}

def fill():
    for path in folder.iterdir():
        path.unlink()
    for name, content in {"list.csml": old, **beside}.items():
        (folder / name).write_bytes(content)

def work():
    if what == "build":
        assert cli.main(["build", str(place / "new.txt"), "-o", str(out), "-q"]) == 0
    elif what == "update":
        csamatch.update(out, out, add=place / "add.txt", remove=place / "remove.txt")
    elif what == "apply":
        csamatch.apply_delta(out, place / "delta", out)
    else:
        csamatch.purge(out)

def child():
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            work()
            status = 0
        finally:
            os._exit(status)
    return pid

def look():
    names = {p.name for p in folder.iterdir()}
    if what == "purge":
        state = "old" if names >= {"list.csml", *beside} else "on the way"
        assert "list.csml" not in names or out.read_bytes() == old
        if not done():
            csamatch.purge(out)
        assert done() and set(json.loads(receipt.read_text())["removed"]) == {"list.csml", *beside}
        left = {p.name for p in folder.iterdir()}
        assert left <= {receipt.name, "." + receipt.name + ".tmp"}, left
        return "new" if not names & {"list.csml", *beside} else state
    content = out.read_bytes()
    assert content in (old, new), "a mixture"
    csamatch.verify(out)
    assert names <= {"list.csml", ".list.csml.tmp"}, names
    return "new" if content == new else "old"

def done():
    return receipt.exists() and json.loads(receipt.read_text())["complete"]

fill()
work()  # whatever is imported when it is needed is so now
durations = []
for _ in range(5):
    fill()
    start = time.perf_counter()
    assert os.waitstatus_to_exitcode(os.waitpid(child(), 0)[1]) == 0
    durations.append(time.perf_counter() - start)
    assert look() == "new"
whole = sorted(durations)[2]
rng, seen, unfinished = random.Random(3), {}, 0
for number in range(kills):
    fill()
    pid = child()
    time.sleep(rng.uniform(0 if number % 2 else 0.7 * whole, 1.1 * whole))
    os.kill(pid, signal.SIGKILL)
    killed = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == -signal.SIGKILL
    whole *= 1.05 if killed else 0.9  # the machine may be busier now, or less
    unfinished += (folder / ".list.csml.tmp").exists() and what != "purge"
    state = look()
    seen[state, killed] = seen.get((state, killed), 0) + 1
fill()
work()
assert look() == "new"
left = sorted(p.name for p in folder.iterdir())
print(json.dumps([[*key, count] for key, count in seen.items()] + [["left", left, unfinished]]))
"""


@pytest.fixture
def lists(tmp_path):
    """A folder with a list, its successor and what leads from one to the other."""
    folder = tmp_path / "lists"
    folder.mkdir()
    base, new = tmp_path / "base.csml", tmp_path / "new.csml"
    for name, numbers in (
        ("base", range(30_000)),
        ("add", range(30_000, 32_000)),
        ("remove", range(2_000)),
        ("new", range(2_000, 32_000)),
    ):
        (tmp_path / f"{name}.txt").write_text("\n".join(map(md5, numbers)))
    csamatch.build(tmp_path / "base.txt", base)
    csamatch.build(tmp_path / "new.txt", new)
    csamatch.write_delta(base, new, tmp_path / "delta")
    return tmp_path


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@pytest.mark.parametrize(
    ("what", "kills"), [("build", 2 * KILLS), ("update", KILLS), ("apply", KILLS), ("purge", KILLS)]
)
def test_killed_at_any_moment(lists, what, kills):
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, what, str(lists), str(kills)],
        stdout=subprocess.PIPE,
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
        timeout=600,
        check=True,
    )
    *seen, (_, left, unfinished) = json.loads(done.stdout)
    print(what, seen, unfinished)  # shown where it fails
    assert sum(count for *_, count in seen) == kills
    assert left == (["list.csml.purged.json"] if what == "purge" else ["list.csml"])
    killed = sum(count for state, killed, count in seen if killed and state != "new")
    assert killed > kills / 8, "few were killed early: the test tests little"
    assert what == "purge" or unfinished or kills < 100, "none was killed while it wrote"


def run(lists, what: str) -> None:
    base, out = lists / "base.csml", lists / "lists" / "list.csml"
    if what == "update":
        csamatch.update(base, out, add=lists / "add.txt", remove=lists / "remove.txt")
    elif what == "apply":
        csamatch.apply_delta(base, lists / "delta", out)
    elif what == "delta":
        csamatch.write_delta(base, lists / "new.csml", out)
    else:
        csamatch.purge(out)


class Failing:
    """A file that fails after so many writes; `left` says how many more it takes."""

    def __init__(self, file, left: list[int], number: int) -> None:
        self.file, self.left, self.number = file, left, number

    def write(self, data):
        if self.left[0] == 0:
            self.file.write(memoryview(data).cast("B")[: len(data) // 2])
            raise OSError(self.number, os.strerror(self.number))
        self.left[0] -= 1
        return self.file.write(data)

    def __getattr__(self, name):
        return getattr(self.file, name)

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.file.close()


class Nth:
    """A function that fails when it is called for the nth time."""

    def __init__(self, function, left: list[int], number: int) -> None:
        self.function, self.left, self.number = function, left, number

    def __get__(self, owner, _=None):
        return lambda *arguments, **named: self(owner, *arguments, **named)

    def __call__(self, *arguments, **named):
        self.left[0] -= 1
        if self.left[0] == -1:
            raise OSError(self.number, os.strerror(self.number))
        return self.function(*arguments, **named)


def faults(out, left: list[int], number: int):
    """What can fail: the owner of a function, its name, and what stands in for it."""
    fdopen = os.fdopen
    yield os, "fdopen", lambda fd, mode: Failing(fdopen(fd, mode), left, number)
    yield os, "fsync", Nth(os.fsync, left, number)
    yield type(out), "replace", Nth(type(out).replace, left, number)
    yield type(out), "unlink", Nth(type(out).unlink, left, number)


# How often each writes to files, flushes (the file, then the folder), renames and unlinks.
CALLS = {
    "update": {"fdopen": 6, "fsync": 2, "replace": 1},
    "apply": {"fdopen": 6, "fsync": 2, "replace": 1},
    "delta": {"fdopen": 1, "fsync": 2, "replace": 1},
    "purge": {"fdopen": 2, "fsync": 5, "replace": 2, "unlink": 1},
}


@pytest.mark.parametrize("number", [errno.EIO, errno.ENOSPC])
@pytest.mark.parametrize("what", [*CALLS])
def test_a_disk_that_fails(lists, monkeypatch, what, number):
    """At every write, flush, rename and removal in turn."""
    folder = lists / "lists"
    out = folder / "list.csml"
    old = (lists / "base.csml").read_bytes()
    new = (lists / ("delta" if what == "delta" else "new.csml")).read_bytes()
    counted: dict[str, int] = {}
    left = [0]
    for owner, name, fault in faults(out, left, number):
        for nth in range(100):
            for path in folder.iterdir():
                path.unlink()
            out.write_bytes(old)
            left[0] = nth
            with monkeypatch.context() as patch:
                patch.setattr(owner, name, fault)
                try:
                    run(lists, what)
                except OSError as error:
                    assert error.errno == number
                else:
                    break
            counted[name] = nth + 1
            assert not [t for t in threading.enumerate() if t.name.startswith("csamatch")]
            if what == "purge":
                assert not out.exists() or out.read_bytes() == old
                receipt = folder / "list.csml.purged.json"
                # After all, only whether the receipt lasts can still go wrong, and that is told.
                if not receipt.exists() or not json.loads(receipt.read_text())["complete"]:
                    assert csamatch.purge(out).complete
                assert [p.name for p in folder.iterdir()] == ["list.csml.purged.json"]
            else:
                # Once it is renamed the new file is there, whole; that it may not last is told.
                was_renamed = (name, nth) == ("fsync", 1)
                assert out.read_bytes() == (new if was_renamed else old)
                assert [p.name for p in folder.iterdir()] == ["list.csml"]
    assert counted == CALLS[what]
    out.write_bytes(old)
    run(lists, what)
    assert not out.exists() if what == "purge" else out.read_bytes() == new


def test_the_folder_cannot_be_flushed(lists, monkeypatch):
    """The new file is in place then, whole; that it may not last is told."""
    out = lists / "lists" / "list.csml"

    def fail(_):
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(atomic, "sync_folder", fail)
    with pytest.raises(OSError, match="Input/output error"):
        run(lists, "apply")
    assert out.read_bytes() == (lists / "new.csml").read_bytes()
