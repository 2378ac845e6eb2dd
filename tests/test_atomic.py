"""Replacing a list file: the old one or the new one, whatever happens (test_crash.py has more)."""

from __future__ import annotations

import errno
import os
import signal
import threading
import time

import pytest

import csamatch
from csamatch import atomic
from csamatch.atomic import replace_file


def test_killed_while_writing(tmp_path):
    """Stopped for good in the middle of the file itself, at 20 places."""
    out = tmp_path / "file"
    for stop in range(20):
        out.write_bytes(b"old")
        pid = os.fork()
        if pid == 0:

            def chunks(stop=stop):
                for i in range(20):
                    if i == stop:
                        os.kill(os.getpid(), signal.SIGKILL)
                    yield b"new" * 10_000

            replace_file(out, chunks())
            os._exit(0)
        os.waitpid(pid, 0)
        assert out.read_bytes() == b"old"
    replace_file(out, [b"new"])
    assert out.read_bytes() == b"new"
    assert [p.name for p in tmp_path.iterdir()] == ["file"]


def test_a_failing_source_leaves_the_old_file(tmp_path):
    out = tmp_path / "file"
    out.write_bytes(b"old")

    def chunks():
        yield b"new"
        raise OSError("disk on fire")

    with pytest.raises(OSError, match="disk on fire"):
        replace_file(out, chunks())
    assert out.read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["file"]


def test_much_content_is_flushed_meanwhile(tmp_path, monkeypatch):
    """A failure of that is told, though the last flush may know nothing of it any more."""
    monkeypatch.setattr(atomic, "_FLUSHED", 1 << 16)
    out, piece, count = tmp_path / "file", bytes(1 << 15), 100
    flushed: list[int] = []
    fails = False

    def flush(fd):
        flushed.append(os.fstat(fd).st_size)
        if fails:
            raise OSError(errno.EIO, os.strerror(errno.EIO))

    def chunks():
        for _ in range(count):
            yield piece
            time.sleep(0.001)

    monkeypatch.setattr(os, "fdatasync" if hasattr(os, "fdatasync") else "fsync", flush)
    replace_file(out, chunks())
    assert flushed
    assert flushed == sorted(flushed)
    assert out.read_bytes() == count * piece
    out.write_bytes(b"old")
    fails = True
    with pytest.raises(OSError, match=os.strerror(errno.EIO)):
        replace_file(out, chunks())
    assert out.read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["file"]
    assert not [t for t in threading.enumerate() if t.name.startswith("csamatch")]


def test_two_writers_at_once(tmp_path):
    """The second is told, instead of both writing into one file."""
    out = tmp_path / "file"

    def chunks():
        yield b"first"
        with pytest.raises(csamatch.Error, match="another process"):
            replace_file(out, [b"second"])
        yield b"!"

    replace_file(out, chunks())
    assert out.read_bytes() == b"first!"
    replace_file(out, [b"third"])
    assert out.read_bytes() == b"third"


def test_permissions_and_links(tmp_path):
    real = tmp_path / "real"
    link = tmp_path / "link"
    link.symlink_to(real)
    replace_file(link, [b"x"])
    assert link.is_symlink()
    assert real.read_bytes() == b"x"
    assert real.stat().st_mode & 0o777 == 0o600
    replace_file(real, [b"y"], mode=0o640)
    assert real.stat().st_mode & 0o777 == 0o640


def test_a_link_in_the_way_of_the_temporary_file(tmp_path):
    victim = tmp_path / "victim"
    victim.write_bytes(b"precious")
    (tmp_path / ".file.tmp").symlink_to(victim)
    with pytest.raises(OSError):
        replace_file(tmp_path / "file", [b"list"])
    assert victim.read_bytes() == b"precious"


def test_what_is_no_regular_file_is_not_replaced(tmp_path):
    os.mkfifo(tmp_path / "fifo")
    for target in (tmp_path / "fifo", tmp_path):
        with pytest.raises(csamatch.Error, match="not a regular file"):
            replace_file(target, [b"list"])
    assert (tmp_path / "fifo").is_fifo()
