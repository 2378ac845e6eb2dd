"""Purging: a list goes with all that belongs to it, and nothing else does."""

from __future__ import annotations

import errno
import fcntl
import json
import os
from pathlib import Path

import pytest

import csamatch
from csamatch import cli
from sources import md5, text


@pytest.fixture
def folder(tmp_path):
    for name, chosen in (("list", (1, 2)), ("next", (2, 3)), ("other", (7, 8))):
        csamatch.build(text(*map(md5, chosen)), tmp_path / f"{name}.csml")
    csamatch.write_delta(tmp_path / "list.csml", tmp_path / "next.csml", tmp_path / "1.delta")
    csamatch.write_delta(tmp_path / "next.csml", tmp_path / "list.csml", tmp_path / "back")
    csamatch.write_delta(tmp_path / "next.csml", tmp_path / "other.csml", tmp_path / "2.delta")
    for name in (".list.csml.tmp", ".1.delta.tmp", ".other.csml.tmp", "list.csml.txt"):
        (tmp_path / name).write_bytes(b"left behind")
    (tmp_path / "short").write_bytes(b"\x89CSMD\r\n\x1a")
    (tmp_path / "link").symlink_to(tmp_path / "1.delta")
    return tmp_path


KEPT = {".other.csml.tmp", "2.delta", "link", "list.csml.txt", "next.csml", "other.csml", "short"}
GONE = {".1.delta.tmp", ".list.csml.tmp", "1.delta", "back", "list.csml"}


def names(folder: Path) -> set[str]:
    return {each.name for each in folder.iterdir()}


def test_all_that_belongs_to_it_goes(folder):
    assert names(folder) == KEPT | GONE
    digest = csamatch.verify(folder / "list.csml").digest
    receipt = csamatch.purge(folder / "list.csml")
    assert names(folder) == KEPT | {"list.csml.purged.json"}
    said = json.loads((folder / "list.csml.purged.json").read_text())
    assert said == receipt.as_dict()
    assert set(said["removed"]) == GONE and said["complete"] is True
    assert said["digest"] == digest and said["list"] == "list.csml"
    assert set(said) == {"list", "digest", "started", "removed", "complete"}
    for i in (1, 2, 3):
        assert md5(i)[:8] not in json.dumps(said) + repr(receipt) + str(receipt)
    with pytest.raises(FileNotFoundError):
        csamatch.purge(folder / "list.csml")


def chain(folder: Path) -> None:
    """Make five versions of a list in place, each with its delta."""
    path = folder / "chain.csml"
    csamatch.build(text(*map(md5, range(20))), path)
    for version in range(2, 6):
        new = csamatch.build(text(*map(md5, range(20 * version))), folder / "new")
        assert new.accepted
        csamatch.write_delta(path, folder / "new", folder / f"v{version}")
        (folder / "new").replace(path)


def test_the_deltas_of_all_versions_go(folder):
    chain(folder)
    receipt = csamatch.purge(folder / "chain.csml")
    assert names(folder) == KEPT | GONE | {"chain.csml.purged.json"}
    assert receipt.removed == ("v2", "v3", "v4", "v5", "chain.csml")  # those left still lead there


def test_a_purge_of_many_versions_is_finished(folder, monkeypatch):
    chain(folder)
    unlink = Path.unlink

    def fail(path, *args, **options):
        if path.name == "v4":
            raise OSError(errno.EIO, "input/output error")
        unlink(path, *args, **options)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "unlink", fail)
        with pytest.raises(OSError, match="input/output"):
            csamatch.purge(folder / "chain.csml")
    assert names(folder) >= {"v4", "v5", "chain.csml"}
    csamatch.purge(folder / "chain.csml")
    assert names(folder) == KEPT | GONE | {"chain.csml.purged.json"}


def test_the_deltas_of_another_list_stay(folder):
    chain(folder)
    csamatch.build(text(*map(md5, range(60))), folder / "third.csml")  # its digest is version 3's
    csamatch.purge(folder / "chain.csml")
    left = {"v2", "v3", "v4", "third.csml", "chain.csml.purged.json"}
    assert names(folder) == KEPT | GONE | left
    csamatch.purge(folder / "third.csml")
    assert names(folder) == KEPT | GONE | {"chain.csml.purged.json", "third.csml.purged.json"}


def test_what_is_no_list_is_left_alone(folder):
    for name in ("list.csml.txt", "1.delta"):
        with pytest.raises(csamatch.ListFileError, match="will not be removed"):
            csamatch.purge(folder / name)
    assert names(folder) == KEPT | GONE
    damaged = folder / "other.csml"
    damaged.write_bytes(damaged.read_bytes()[:40])
    assert csamatch.purge(damaged).digest == ""
    assert names(folder) == (KEPT | GONE | {"other.csml.purged.json"}) - {
        "other.csml",
        ".other.csml.tmp",
    }


def test_a_list_that_is_being_written_is_left_alone(folder):
    with (folder / ".list.csml.tmp").open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        with pytest.raises(csamatch.Error, match="another process is writing it"):
            csamatch.purge(folder / "list.csml")
    assert names(folder) == KEPT | GONE


def test_an_interrupted_purge_is_finished(folder, monkeypatch):
    """One file goes, the next one fails, and so on; the last receipt says all."""
    unlink = Path.unlink
    for _ in range(len(GONE) - 1):
        done = []

        def failing(path, missing_ok=False, done=done):
            if path.name in GONE:
                if done:
                    raise OSError(errno.EIO, "Input/output error", str(path))
                done.append(path)
            unlink(path, missing_ok=missing_ok)

        with monkeypatch.context() as patch:
            patch.setattr(Path, "unlink", failing)
            with pytest.raises(OSError):
                csamatch.purge(folder / "list.csml")
        receipt = json.loads((folder / "list.csml.purged.json").read_text())
        assert receipt["complete"] is False and set(receipt["removed"]) == GONE
    receipt = csamatch.purge(folder / "list.csml")
    assert receipt.complete and set(receipt.removed) == GONE
    assert names(folder) == KEPT | {"list.csml.purged.json"}


def test_the_list_goes_last(folder, monkeypatch):
    """Killed after the list itself is gone, but before the receipt says so."""

    def stop(path):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setitem(csamatch.purge.__globals__, "sync_folder", stop)
        with pytest.raises(KeyboardInterrupt):
            csamatch.purge(folder / "list.csml")
    assert not (folder / "list.csml").exists()
    receipt = csamatch.purge(folder / "list.csml")
    assert receipt.complete and set(receipt.removed) == GONE


def test_command_line(folder, capsys):
    receipt = folder / "receipt.json"
    assert cli.main(["purge", str(folder / "list.csml"), "--receipt", str(receipt), "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == json.loads(receipt.read_text())
    assert names(folder) == KEPT | {"receipt.json"}
    assert cli.main(["purge", str(folder / "list.csml")]) == 2
    assert os.fspath(folder / "list.csml") in capsys.readouterr().err
