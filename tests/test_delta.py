"""Deltas: they lead to the new list in every byte, from their own base alone."""

from __future__ import annotations

import hashlib
import random
import struct
import zlib
from itertools import pairwise

import pytest
from hypothesis import given, settings

import csamatch
from csamatch import DeltaError, cli
from sources import md5, media, sha1, text
from test_update import build, entries


def lead(old, new, folder) -> bytes:
    """Make a delta, apply it, and compare; returns the delta."""
    delta, out = folder / "delta", folder / "out.csml"
    assert csamatch.write_delta(old, new, delta) == delta.stat().st_size
    info = csamatch.apply_delta(old, delta, out)
    assert out.read_bytes() == new.read_bytes()
    assert info == csamatch.verify(new)
    return delta.read_bytes()


@pytest.mark.any_kernel
@settings(max_examples=80, deadline=None)
@given(entries, entries)
def test_leads_to_the_new_list(tmp_path_factory, first, second):
    folder = tmp_path_factory.mktemp("delta")
    old, new = folder / "old.csml", folder / "new.csml"
    build(first, old, info={"name": "old"})
    build(second + first[1:], new, info={"version": "2"})
    lead(old, new, folder)
    lead(new, old, folder)
    lead(old, old, folder)


@pytest.mark.any_kernel
def test_lists_of_keys_alone(tmp_path):
    rng = random.Random(6)
    old, new = tmp_path / "old.csml", tmp_path / "new.csml"
    lines = [*map(md5, range(30_000)), *map(sha1, range(10_000))]
    rng.shuffle(lines)
    csamatch.build(text(*lines[100:]), old)
    csamatch.build(text(*lines[:-300]), new)
    delta = lead(old, new, tmp_path)
    assert len(delta) < 100 * 40 + 300 * 4 + 2000
    lost = bytes.fromhex(lines[-1])
    assert lost in old.read_bytes() and lost not in delta
    csamatch.build(media([{"MediaID": 5, "Category": 1, "MD5": md5(1)}]), new)
    lead(old, new, tmp_path)
    lead(new, old, tmp_path)


def test_addresses_and_empty_lists(tmp_path):
    old, new = tmp_path / "old.csml", tmp_path / "new.csml"
    csamatch.build(text("bad.example", "other.example/page?x"), old)
    csamatch.build(text("bad.example", "http://third.example/a"), new)
    lead(old, new, tmp_path)
    csamatch.update(old, new, remove=old, allow_shrink=True)
    assert len(csamatch.open(new)) == 0
    lead(old, new, tmp_path)
    lead(new, old, tmp_path)
    csamatch.build(text(md5(1)), new)
    with pytest.raises(ValueError, match="no delta leads from a list of addresses"):
        csamatch.write_delta(old, new, tmp_path / "delta")


def test_versions_of_a_real_list(shared, tmp_path):
    versions = sorted((shared / "data" / "updates").glob("urlhaus-online-*.txt"))
    lists = []
    for path in versions[::6]:
        lists.append(tmp_path / f"{path.stem}.csml")
        csamatch.build(path, lists[-1], reader="urls")
    for old, new in pairwise(lists):
        assert len(lead(old, new, tmp_path)) < new.stat().st_size


@pytest.fixture
def made(tmp_path):
    old, new, delta = (tmp_path / name for name in ("old.csml", "new.csml", "delta"))
    records = [{"MediaID": i, "Category": 1, "MD5": md5(i), "SHA1": sha1(i)} for i in range(9)]
    csamatch.build(media(records[:-2]), old)
    csamatch.build(media(records[1:]), new)
    csamatch.write_delta(old, new, delta)
    return old, new, delta


def test_the_wrong_base_is_refused(made, tmp_path):
    old, new, delta = made
    out = tmp_path / "out.csml"
    with pytest.raises(
        DeltaError, match=f"{delta}: the delta is for list {csamatch.verify(old).digest}"
    ):
        csamatch.apply_delta(new, delta, out)
    assert issubclass(DeltaError, csamatch.ListFileError)
    with pytest.raises(DeltaError, match="not a delta"):
        csamatch.apply_delta(old, new, out)
    with pytest.raises(csamatch.ListFileError):
        csamatch.open(delta)
    assert not out.exists()
    csamatch.apply_delta(old, delta, old)
    assert old.read_bytes() == new.read_bytes()


def test_every_damaged_byte_is_noticed(made, tmp_path):
    old, _, delta = made
    content = delta.read_bytes()
    rng = random.Random(8)
    places = [*range(192), *rng.sample(range(192, len(content)), 300)]
    for at in places:
        damaged = bytearray(content)
        damaged[at] ^= 1 << rng.randrange(8)
        delta.write_bytes(damaged)
        with pytest.raises(DeltaError):
            csamatch.apply_delta(old, delta, tmp_path / "out.csml")
    for length in [*range(200), *rng.sample(range(200, len(content)), 100)]:
        delta.write_bytes(content[:length])
        with pytest.raises(DeltaError):
            csamatch.apply_delta(old, delta, tmp_path / "out.csml")
    delta.write_bytes(content + b"x")
    with pytest.raises(DeltaError, match="shorter or longer"):
        csamatch.apply_delta(old, delta, tmp_path / "out.csml")


def test_lies_under_sound_checksums_are_noticed(made, tmp_path):
    """Whoever writes a delta can make its checksums fit; nothing wild may come of it."""
    old, _, delta = made
    content = delta.read_bytes()
    rng = random.Random(9)
    for at in [8, 9, *range(12, 188), *rng.sample(range(192, len(content)), 400)]:
        lie = bytearray(content)
        lie[at] = rng.choice([0, 1, 255, lie[at] ^ 16])
        if at >= 192:
            lie[104:136] = hashlib.sha256(lie[192:]).digest()
        lie[188:192] = struct.pack("<I", zlib.crc32(lie[:188]))
        delta.write_bytes(lie)
        if bytes(lie) == content:
            continue
        with pytest.raises(DeltaError):
            csamatch.apply_delta(old, delta, tmp_path / "out.csml")


def test_command_line(made, tmp_path, capsys):
    old, new, delta = map(str, made)
    out = str(tmp_path / "out.csml")
    assert cli.main(["delta", old, new, "-o", delta]) == 0
    assert cli.main(["apply", old, delta, "-o", out]) == 0
    assert csamatch.verify(new).digest in capsys.readouterr().out
    assert cli.main(["diff", new, out]) == 0
    assert cli.main(["apply", new, delta, "-o", out]) == 2
    assert "the delta is for list" in capsys.readouterr().err
