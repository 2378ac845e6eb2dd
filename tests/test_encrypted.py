"""Lists encrypted with age, and who may read a list's file."""

from __future__ import annotations

import hashlib
import re
import sys
import warnings
from pathlib import Path

import numpy as np
import pyrage
import pytest

import csamatch
from csamatch import ListFileError, ListKeyError, cli
from csamatch.memory import private_memory
from signers import write_key

DIGEST = hashlib.md5(b"synthetic").hexdigest()


@pytest.fixture
def files(tmp_path):
    (tmp_path / "s").write_text("\n".join(hashlib.md5(b"%d" % i).hexdigest() for i in range(20000)))
    (tmp_path / "s").write_text((tmp_path / "s").read_text() + f"\n{DIGEST}\n")
    csamatch.build(tmp_path / "s", tmp_path / "l.csml", canaries=2, key=bytes(32))
    identity = pyrage.x25519.Identity.generate()
    data = pyrage.encrypt((tmp_path / "l.csml").read_bytes(), [identity.to_public()])
    (tmp_path / "l.csml.age").write_bytes(data)
    (tmp_path / "identity").write_text(f"# a comment\n{identity}\n")
    return tmp_path, identity


def test_opens_and_leaves_nothing_behind(files):
    folder, identity = files
    (folder / "l.csml").unlink()
    before = sorted(folder.iterdir())
    for given in (identity, str(identity), folder / "identity", str(folder / "identity")):
        lst = csamatch.open(folder / "l.csml.age", identity=given, key=bytes(32))
        assert DIGEST in lst and len(lst) == 20001 and lst.self_test().canaries == 2
    assert sorted(folder.iterdir()) == before


def test_refused(files):
    folder, identity = files
    path, key = folder / "l.csml.age", bytes(32)
    with pytest.raises(ListFileError, match="takes an identity"):
        csamatch.open(path, key=key)
    with pytest.raises(ListFileError, match="cannot be decrypted"):
        csamatch.open(path, identity=pyrage.x25519.Identity.generate(), key=key)
    with pytest.raises(ListFileError, match="cannot be decrypted"):
        csamatch.open(folder / "l.csml", identity=identity, key=key)
    with pytest.raises(ValueError, match="mmap"):
        csamatch.open(path, identity=identity, key=key, mmap=True)
    with pytest.raises(ListKeyError, match="not one of age"):
        csamatch.open(path, identity="AGE-SECRET-KEY-1NONE", key=key)
    (folder / "identity").chmod(0o644)
    with pytest.raises(ListKeyError, match="0600"):
        csamatch.open(path, identity=folder / "identity", key=key)
    data = path.read_bytes()
    for at in (0, 30, len(data) // 2, len(data) - 1):
        path.write_bytes(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])
        with pytest.raises(ListFileError):
            csamatch.open(path, identity=identity, key=key)
    path.write_bytes(data[:-20])
    with pytest.raises(ListFileError):
        csamatch.open(path, identity=identity, key=key)


def test_signed_and_encrypted(files):
    folder, identity = files
    public = write_key(folder, "key")
    csamatch.sign(folder / "l.csml", folder / "key", serial=3)
    (folder / "l.csml").unlink()
    options = {"identity": identity, "key": bytes(32), "trusted_key": public}
    assert DIGEST in csamatch.open(folder / "l.csml.age", **options)
    other = pyrage.encrypt(b"another", [identity.to_public()])
    (folder / "l.csml.age").write_bytes(other)
    with pytest.raises(csamatch.SignatureError, match="does not fit"):
        csamatch.open(folder / "l.csml.age", **options)


def test_command_line(files):
    folder, _ = files
    (folder / "key").write_text("00" * 32)
    (folder / "q").write_text(DIGEST)
    options = ["--identity", str(folder / "identity"), "--key-file", str(folder / "key")]
    assert cli.main(["match", str(folder / "l.csml.age"), str(folder / "q"), *options]) == 1


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o644, 0o602])
def test_a_list_that_others_can_read_draws_a_warning(tmp_path, mode):
    (tmp_path / "s").write_text(DIGEST)
    csamatch.build(tmp_path / "s", tmp_path / "l.csml")
    (tmp_path / "l.csml").chmod(mode)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        csamatch.open(tmp_path / "l.csml")
    expected = [csamatch.ListPermissionWarning] if mode & 0o006 else []
    assert [w.category for w in caught] == expected
    assert all(w.filename == __file__ for w in caught)


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc/self/smaps")
def test_private_memory_is_not_dumped():
    memory = private_memory(1 << 16)
    place = np.frombuffer(memory, np.uint8).ctypes.data
    holds = False
    for line in Path("/proc/self/smaps").read_text().splitlines():
        if found := re.match("([0-9a-f]+)-([0-9a-f]+) ", line):
            holds = int(found[1], 16) <= place < int(found[2], 16)
        elif holds and line.startswith("VmFlags:"):
            assert "dd" in line.split()
            return
    raise AssertionError("the memory is nowhere")


def test_no_clear_list_takes_the_place_of_an_encrypted_one(files):
    folder, _ = files
    data = (folder / "l.csml.age").read_bytes()
    (folder / "other").write_bytes(data)
    for name in ("l.csml.age", "other", "new.age"):
        with pytest.raises(csamatch.Error, match="in clear"):
            csamatch.build(folder / "s", folder / name)
    assert (folder / "l.csml.age").read_bytes() == (folder / "other").read_bytes() == data
    assert not (folder / "new.age").exists()
