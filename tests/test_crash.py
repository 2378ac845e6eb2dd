"""Updates, deltas and purges, killed and failing: the old file or the new one, never a mixture.

CSAMATCH_KILLS says how often each is killed, by default a few times.
"""

from __future__ import annotations

import errno
import json
import os
import random
import signal
import subprocess
import sys
import time

import pytest

import csamatch
from csamatch import atomic
from sources import md5

KILLS = int(os.environ.get("CSAMATCH_KILLS", "8"))


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


def command(lists, what: str) -> list[str]:
    out = str(lists / "lists" / "list.csml")
    arguments = {
        "update": ["-o", out, "--add", f"{lists}/add.txt", "--remove", f"{lists}/remove.txt"],
        "apply": [f"{lists}/delta", "-o", out],
        "purge": [],
    }
    return [sys.executable, "-m", "csamatch", what, out, *arguments[what], "-q"]


def kill(command: list[str], after: float) -> None:
    process = subprocess.Popen(command)
    time.sleep(after)
    process.send_signal(signal.SIGKILL)
    process.wait()


def duration(command: list[str]) -> float:
    start = time.monotonic()
    subprocess.run(command, check=True)
    return time.monotonic() - start


@pytest.mark.parametrize("what", ["update", "apply"])
def test_killed_at_any_moment(lists, what):
    before, after = ((lists / name).read_bytes() for name in ("base.csml", "new.csml"))
    folder = lists / "lists"
    out = folder / "list.csml"
    out.write_bytes(before)
    whole = duration(command(lists, what))
    assert out.read_bytes() == after
    rng = random.Random(3)
    seen = set()
    for _ in range(KILLS):
        out.write_bytes(before)
        kill(command(lists, what), rng.uniform(0, 1.1 * whole))
        content = out.read_bytes()
        assert content in (before, after)
        seen.add(content == after)
        csamatch.verify(out)
        assert {p.name for p in folder.iterdir()} <= {"list.csml", ".list.csml.tmp"}
    assert False in seen, "none was killed early: the test tests nothing"
    out.write_bytes(before)
    subprocess.run(command(lists, what), check=True)
    assert out.read_bytes() == after
    assert [p.name for p in folder.iterdir()] == ["list.csml"]


def test_a_purge_killed_at_any_moment(lists):
    folder = lists / "lists"
    before, delta = (lists / "base.csml").read_bytes(), (lists / "delta").read_bytes()
    out = folder / "list.csml"
    receipt = folder / "list.csml.purged.json"
    files = {"list.csml": before, "1.delta": delta, ".list.csml.tmp": b"left", ".1.delta.tmp": b""}

    def fill():
        receipt.unlink(missing_ok=True)
        for name, content in files.items():
            (folder / name).write_bytes(content)

    fill()
    whole = duration(command(lists, "purge"))
    assert [p.name for p in folder.iterdir()] == [receipt.name]
    rng = random.Random(5)
    early = 0
    for _ in range(KILLS):
        fill()
        kill(command(lists, "purge"), rng.uniform(0, 1.1 * whole))
        if out.exists():
            early += 1
            assert out.read_bytes() == before
        if not receipt.exists() or not json.loads(receipt.read_text())["complete"]:
            assert csamatch.purge(out).complete
        said = json.loads(receipt.read_text())
        assert said["complete"] and set(said["removed"]) == set(files)
        left = {p.name for p in folder.iterdir()}
        assert left <= {receipt.name, f".{receipt.name}.tmp"}
        for name in left - {receipt.name}:
            (folder / name).unlink()
    assert early, "none was killed early: the test tests nothing"


def run(lists, what: str) -> None:
    base, out = lists / "base.csml", lists / "lists" / "list.csml"
    if what == "update":
        csamatch.update(base, out, add=lists / "add.txt", remove=lists / "remove.txt")
    elif what == "apply":
        csamatch.apply_delta(base, lists / "delta", out)
    else:
        csamatch.write_delta(base, lists / "new.csml", out)


class Failing:
    """A file that fails after so many writes."""

    def __init__(self, file, writes: int, number: int) -> None:
        self.file, self.writes, self.number = file, writes, number

    def write(self, data):
        if self.writes == 0:
            self.file.write(memoryview(data).cast("B")[: len(data) // 2])
            raise OSError(self.number, os.strerror(self.number))
        self.writes -= 1
        return self.file.write(data)

    def __getattr__(self, name):
        return getattr(self.file, name)

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.file.close()


@pytest.mark.parametrize("number", [errno.EIO, errno.ENOSPC])
@pytest.mark.parametrize("what", ["update", "apply", "delta"])
def test_a_disk_that_fails(lists, monkeypatch, what, number):
    folder = lists / "lists"
    out = folder / "list.csml"
    out.write_bytes(b"old")

    def fail(*_):
        raise OSError(number, os.strerror(number))

    fdopen = os.fdopen
    faults = [
        (os, "fdopen", lambda fd, mode, n=n: Failing(fdopen(fd, mode), n, number)) for n in range(3)
    ]
    faults += [(os, "fsync", fail), (type(out), "replace", fail)]
    failed = 0
    for owner, name, fault in faults:
        with monkeypatch.context() as patch:
            patch.setattr(owner, name, fault)
            try:
                run(lists, what)
            except OSError as error:
                assert error.errno == number
                failed += 1
                assert out.read_bytes() == b"old"
                assert [p.name for p in folder.iterdir()] == ["list.csml"]
            else:
                out.write_bytes(b"old")
    # A delta is written in one go, so of the writes only the first can fail.
    assert failed == (3 if what == "delta" else 5)
    run(lists, what)
    expected = {"update": "new.csml", "apply": "new.csml", "delta": "delta"}[what]
    assert out.read_bytes() == (lists / expected).read_bytes()


def test_the_folder_cannot_be_flushed(lists, monkeypatch):
    """The new file is in place then, whole; that it may not last is told."""
    out = lists / "lists" / "list.csml"

    def fail(_):
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(atomic, "sync_folder", fail)
    with pytest.raises(OSError, match="Input/output error"):
        run(lists, "apply")
    assert out.read_bytes() == (lists / "new.csml").read_bytes()
