"""Keys made over piece by piece, and a base that is verified meanwhile."""

from __future__ import annotations

import os
import threading
from types import SimpleNamespace

import numpy as np
import pyrage
import pytest
from hypothesis import given
from hypothesis import strategies as st

import csamatch
from csamatch import _core, listread, opening, splicing
from sources import md5, text
from test_listfile import sealed, sections_of
from test_signing import write_key

KEYS = st.sets(st.binary(min_size=2, max_size=2), max_size=40)


@given(old=KEYS, new=KEYS, gone=st.sets(st.integers(0, 39)), piece=st.sampled_from([16, 48, 4096]))
def test_pieces_and_directory(old, new, gone, piece):
    """In pieces of some rows, of one, and all at once, beside sets and the directory of them."""
    rows = sorted(key * 8 for key in old)
    come = sorted(key * 8 for key in new)
    gone = sorted(i for i in gone if i < len(rows))
    lost = {rows[i] for i in gone}
    expected = b"".join(sorted({*rows} - lost | {*come}))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(splicing, "PIECE", piece)
        splice = splicing.Splice(
            "md5", 16, b"".join(rows), np.array(gone, np.int64), b"".join(come)
        )
        made = splicing.SplicedKeys(splice)
        assert splice.count * 16 == made.nbytes == len(expected)
        assert bytes(splice.whole()) == expected
        old_at, new_at = splice.places()
        pieces = list(map(bytes, made))
    assert b"".join(pieces) == expected
    assert all(len(p) <= piece + 16 * len(new) for p in pieces)
    if expected:
        _, directory = made.sections()
        assert directory.data == _core.directory_build(expected, splice.count, 16)
    assert [splice.find(key) for key in come] == new_at.tolist()
    for keys, places in ((rows, old_at), (come, new_at)):
        for key, at in zip(keys, places.tolist(), strict=True):
            if key not in lost or key in come:
                assert expected[16 * at : 16 * at + 16] == key


@pytest.fixture
def base(tmp_path):
    path = tmp_path / "base.csml"
    csamatch.build(text(*map(md5, range(3000))), path)
    (tmp_path / "out").write_bytes(b"old")
    return path


def offset_of_keys(data):
    return next(at for key, (_, at, _) in sections_of(data).items() if key == (2, 1))


@pytest.mark.parametrize("remove", [[5], range(3000)])
def test_a_damaged_base(base, tmp_path, remove):
    """Whatever else is wrong, such as a list that would shrink too much, this is what is said."""
    data = bytearray(base.read_bytes())
    data[offset_of_keys(data) + 16 * 2000 + 15] ^= 1
    base.write_bytes(data)
    with pytest.raises(csamatch.ListFileError, match=r"base\.csml: .*checksum"):
        csamatch.update(base, tmp_path / "out", remove=text(*map(md5, remove)))
    with pytest.raises(csamatch.ListFileError, match="checksum"):
        csamatch.update(base, tmp_path / "out", add=b"\0\0\0")
    assert (tmp_path / "out").read_bytes() == b"old"
    assert not [t for t in threading.enumerate() if t.name.startswith("csamatch")]


def test_damage_is_told_before_a_wrong_key(tmp_path):
    """Where what says which key it is may be what is damaged."""
    path, out = tmp_path / "keyed.csml", tmp_path / "out"
    csamatch.build(text(md5(1)), path, key=b"k" * 16)
    with pytest.raises(csamatch.ListKeyError, match=r"keyed\.csml: the key is not"):
        csamatch.update(path, out, add=text(md5(2)), key=b"l" * 16)
    data = bytearray(path.read_bytes())
    data[sections_of(data)[13, 0][1] + 31] ^= 1
    path.write_bytes(data)
    with pytest.raises(csamatch.ListFileError, match="checksum"):
        csamatch.update(path, out, add=text(md5(2)), key=b"k" * 16)
    assert not out.exists()


def test_what_is_mapped(tmp_path, monkeypatch):
    """Neither what is decrypted nor what must not change once its signature was checked."""
    path, out, mapped = tmp_path / "list.csml", tmp_path / "out.csml", []
    csamatch.build(text(md5(1)), path)
    public = write_key(tmp_path, "key")
    csamatch.sign(path, tmp_path / "key", serial=1)
    identity = pyrage.x25519.Identity.generate()
    hidden = tmp_path / "list.csml.age"
    hidden.write_bytes(pyrage.encrypt(path.read_bytes(), [identity.to_public()]))

    def read(*given, mmap, **options):
        mapped.append(mmap)
        return listread.read(*given, mmap=mmap, **options)

    monkeypatch.setattr(opening, "listread", SimpleNamespace(read=read))
    for base, options in (
        (path, {}),
        (path, {"trusted_key": public}),
        (hidden, {"identity": identity}),
        (hidden, {"identity": identity, "trusted_key": public}),
    ):
        csamatch.update(base, out, add=text(md5(2)), **options)
    assert mapped == [os.name == "posix", False, False, False]


@pytest.mark.parametrize("row", [1, 1500, 2999])
@pytest.mark.parametrize("piece", [16, 1 << 20])
def test_a_base_whose_keys_are_out_of_order(base, tmp_path, row, piece, monkeypatch):
    """Under a checksum that fits: noticed within pieces and between them."""
    monkeypatch.setattr(splicing, "PIECE", piece)
    data = bytearray(base.read_bytes())
    at = offset_of_keys(data) + 16 * row
    data[at - 16 : at], data[at : at + 16] = data[at : at + 16], data[at - 16 : at]
    base.write_bytes(sealed(data))
    with pytest.raises(csamatch.ListFileError, match="order"):
        csamatch.update(base, tmp_path / "out", add=text(md5(4000)))
    assert (tmp_path / "out").read_bytes() == b"old"
