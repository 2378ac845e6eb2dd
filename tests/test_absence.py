"""The proof that what an update removed is in the new file no more."""

from __future__ import annotations

import importlib
import threading
from pathlib import Path

import numpy as np
import pytest

import csamatch
from csamatch import absence, listfile, listwrite
from csamatch.revision import Removal, revise
from sources import md5, media, text


def test_the_search_finds_what_is_left(tmp_path):
    """The scan that follows an update is itself able to fail."""
    path = tmp_path / "list.csml"
    csamatch.build(text(*map(md5, range(5000))), path)

    def keys(*numbers):
        rows = b"".join(sorted(bytes.fromhex(md5(i)) for i in numbers))
        return {"md5": np.frombuffer(rows, np.uint8).reshape(-1, 16)}

    def search(removed, everywhere=False, watched=()):
        search = absence.Search("hashes", removed, everywhere=everywhere)
        for piece in watched:
            search.watch(piece)
        with path.open("rb") as file:
            return search.finish(file.fileno())

    many = range(10_000, 19_000)
    assert search(keys(*many)) == absence.SAMPLE
    assert search(keys(*many), everywhere=True) == 9000
    with pytest.raises(csamatch.UpdateError, match="still listed"):
        search(keys(77, *many))
    # Anywhere else, at an odd place: a stray copy in the id text.
    stray_key = b"ABCDEFGHABCDEFGH"
    record = {"MediaID": "x" + stray_key.decode(), "Category": 1, "MD5": md5(1)}
    csamatch.build(media([record]), path)
    stray = {"md5": np.frombuffer(stray_key, np.uint8).reshape(1, 16)}
    content = path.read_bytes()
    assert search(stray, watched=[content.replace(stray_key, stray_key[::-1])]) == 1
    at = content.index(stray_key)
    with pytest.raises(csamatch.UpdateError, match="somewhere"):
        search(stray)
    for cut in range(at - 1, at + 18):  # while it is written, wherever the key is cut
        for step in (1, 3, 40):
            pieces = [content[:cut], *(content[i : i + step] for i in range(cut, at + 99, step))]
            with pytest.raises(csamatch.UpdateError, match="somewhere"):
                search(stray, watched=pieces)


def test_a_removed_key_that_is_still_there(tmp_path, monkeypatch):
    """It is found while the new file is written, and the old one stays."""
    path = tmp_path / "list.csml"
    csamatch.build(text(*map(md5, range(100))), path)
    old = path.read_bytes()

    def keep(file, removal, *rest):
        return revise(file, Removal(), *rest)

    monkeypatch.setattr(importlib.import_module("csamatch.updating"), "revise", keep)
    with pytest.raises(csamatch.UpdateError, match="somewhere"):
        csamatch.update(path, path, remove=text(md5(7)))
    assert path.read_bytes() == old
    assert [p.name for p in tmp_path.iterdir()] == ["list.csml"]
    assert not [t for t in threading.enumerate() if t.name.startswith("csamatch")]


def hide(path: Path) -> None:
    """Let a list's directory deny its keys, with checksums that fit."""
    content, sections = path.read_bytes(), []
    for kind, subject, width, _, at, size in listfile.ListFile(content)._sections.values():
        data = bytes(size) if kind == listfile.DIRECTORY else content[at : at + size]
        sections.append(listfile.Section(kind, subject, width, data))
    listwrite.write(path, "hashes", sections)
    assert path.read_bytes() != content


def records(*digests: str):
    return media([{"MediaID": d, "Category": 1, "MD5": d} for d in digests])


@pytest.mark.parametrize("make", [text, records])
def test_a_base_whose_directory_hides_a_key(tmp_path, make):
    """Keys are looked up by it; one that is missed so must not stay, or be counted wrongly."""
    path = tmp_path / "list.csml"
    csamatch.build(make(*map(md5, range(7, 99))), path)
    hide(path)
    old = path.read_bytes()
    for search_all in (False, True):
        with pytest.raises(csamatch.UpdateError, match="a removed key is still"):
            csamatch.update(path, path, remove=text(md5(7)), search_all=search_all)
    for change in ({"add": make(md5(7))}, {"replace": make(md5(7))}):
        with pytest.raises(csamatch.ListFileError, match="directory of the base does not fit"):
            csamatch.update(path, path, **change)
    assert path.read_bytes() == old


@pytest.mark.parametrize("digest", ["0" * 32, "0" * 31 + "1", "f" * 32])
def test_placeholders_can_be_removed(tmp_path, digest):
    """They stand in any file: that they are not listed is all that there is to prove."""
    path = tmp_path / "list.csml"
    csamatch.build(text(digest, *map(md5, range(5))), path, admit="placeholder")
    for removed in (1, 0):
        receipt = csamatch.update(path, path, remove=text(digest), search_all=True)
        assert receipt.removed == {"md5": removed}
        assert digest not in csamatch.open(path)
    receipt = csamatch.update(path, path, remove=text(digest, md5(1)), allow_shrink=True)
    assert receipt.removed == {"md5": 1} and receipt.searched == 1
