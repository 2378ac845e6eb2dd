"""Live lists with keys, canaries and signatures: only what is as it should be takes over."""

from __future__ import annotations

import hashlib
import struct
import zlib

import numpy as np
import pyrage
import pytest

import csamatch
from csamatch import ListKeyError, LiveList, SelfTestError, SignatureError, cli, listfile
from signers import write_key
from sources import md5, text

SECRET = bytes(range(70, 102))
OTHER = bytes(32)


def build(path, numbers, **options):
    return csamatch.build(text(*map(md5, numbers)), path, **options)


def live_list(path, **options):
    errors: list[Exception] = []
    return LiveList(path, on_error=errors.append, **options), errors


def refused(live, errors, kind, words):
    """The file is looked at, not taken, and that is reported once."""
    before = len(errors)
    assert not live.check() and not live.check()
    assert len(errors) == before + 1 and type(errors[-1]) is kind
    assert words in str(errors[-1])


def test_a_wrong_key_keeps_the_old_list(tmp_path):
    path = tmp_path / "l.csml"
    build(path, range(100), key=SECRET)
    live, errors = live_list(path, key=SECRET)
    assert md5(1) in live
    build(path, range(200), key=OTHER)
    refused(live, errors, ListKeyError, "not that of the list")
    build(path, range(200))
    refused(live, errors, ListKeyError, "not keyed")
    assert md5(1) in live and md5(150) not in live
    build(path, range(200), key=SECRET)
    assert live.check() and md5(150) in live and not errors[2:]
    with pytest.raises(ListKeyError):
        LiveList(path)


def test_a_key_file_is_read_again(tmp_path):
    path, key = tmp_path / "l.csml", tmp_path / "key"
    key.write_bytes(SECRET)
    key.chmod(0o600)
    build(path, range(100), key=key)
    live, errors = live_list(path, key=key)
    key.write_bytes(OTHER)
    build(path, range(200), key=key)
    assert live.check() and md5(150) in live and not errors


def damaged(path):
    """The same list with the filter of its directory zeroed, and every checksum right."""
    data = bytearray(path.read_bytes())
    lst = listfile.ListFile(bytes(data))
    row = lst._sections[listfile.DIRECTORY, 1]
    np.frombuffer(data, np.uint8)[row[4] : row[4] + row[5]].reshape(-1, 64)[:, 16:] = 0
    start = struct.unpack_from("<Q", data, 24)[0]
    data[48:80] = hashlib.sha256(data[start:]).digest()
    data[start - 4 : start] = struct.pack("<I", zlib.crc32(data[: start - 4]))
    path.write_bytes(data)


@pytest.mark.parametrize("key", [None, SECRET], ids=["plain", "keyed"])
def test_the_self_test_comes_before_the_swap(tmp_path, key, monkeypatch):
    path = tmp_path / "l.csml"
    build(path, range(100), key=key, canaries=2)
    live, errors = live_list(path, key=key)
    build(path, range(200), key=key, canaries=2)
    damaged(path)
    refused(live, errors, csamatch.ListFileError, "directory")
    monkeypatch.setattr(listfile.ListFile, "check", lambda self: None)
    monkeypatch.setattr(listfile.ListFile, "check_index", lambda self, subject: None)
    build(path, range(201), key=key, canaries=2)
    damaged(path)
    refused(live, errors, SelfTestError, "not found")
    assert md5(1) in live and md5(150) not in live
    build(path, range(200), key=key, canaries=2)
    assert live.check() and md5(150) in live


def signed(path, numbers, serial, name="key"):
    build(path, numbers)
    csamatch.sign(path, path.with_name(name), serial=serial)


@pytest.mark.parametrize("minimum", [None, 3])
def test_signatures(tmp_path, minimum):
    path, signature = tmp_path / "l.csml", tmp_path / "l.csml.sig"
    public = write_key(tmp_path, "key")
    write_key(tmp_path, "other")
    signed(path, range(100), 3)
    old = path.read_bytes(), signature.read_bytes()
    live, errors = live_list(path, trusted_key=public, minimum_serial=minimum)
    build(path, range(200))
    refused(live, errors, SignatureError, "does not fit the list")
    csamatch.sign(path, tmp_path / "key", serial=5)  # the signature comes after its list
    assert live.check() and md5(150) in live
    path.write_bytes(old[0])
    signature.write_bytes(old[1])
    refused(live, errors, SignatureError, "serial 3 is older than 5")
    signature.unlink()
    refused(live, errors, SignatureError, "there is no signature")
    signed(path, range(300), 6, "other")
    refused(live, errors, SignatureError, "signed with another key")
    assert md5(150) in live and md5(250) not in live
    csamatch.sign(path, tmp_path / "key", serial=6)
    assert live.check() and md5(250) in live
    assert tmp_path.joinpath(".l.csml.serial").exists() == (minimum is None)


def test_a_list_that_is_refused_is_not_remembered(tmp_path):
    path = tmp_path / "l.csml"
    public = write_key(tmp_path, "key")
    signed(path, range(100), 3)
    live, errors = live_list(path, trusted_key=public)
    build(path, range(200))
    damaged(path)
    csamatch.sign(path, tmp_path / "key", serial=4)
    refused(live, errors, csamatch.ListFileError, "directory")
    assert tmp_path.joinpath(".l.csml.serial").read_text() == "3\n"


def test_generations_do_not_go_back(tmp_path):
    public = write_key(tmp_path, "key")
    for serial, size in ((1, 100), (2, 200)):
        signed(tmp_path / "l.csml", range(size), serial)
        csamatch.publish(tmp_path / "l.csml", tmp_path / "served", keep=2)
        if serial == 1:
            live, errors = live_list(tmp_path / "served" / "current", trusted_key=public)
    assert live.check() and md5(150) in live
    (tmp_path / "served" / "current").write_text("00000001.csml\n")
    refused(live, errors, SignatureError, "serial 1 is older than 2")
    with pytest.raises(SignatureError, match="serial 1 is older than 2"):
        LiveList(tmp_path / "served" / "current", trusted_key=public)
    signed(tmp_path / "l.csml", range(300), 3)
    csamatch.publish(tmp_path / "l.csml", tmp_path / "served", keep=1)
    assert live.check() and md5(250) in live
    names = {path.name for path in (tmp_path / "served").iterdir()}
    assert names == {"00000003.csml", "00000003.csml.sig", "current", ".current.serial"}


def test_encrypted(tmp_path):
    path, clear = tmp_path / "l.csml.age", tmp_path / "clear"
    identity, stranger = (pyrage.x25519.Identity.generate() for _ in range(2))

    def publish(numbers, who):
        build(clear, numbers, key=SECRET, canaries=1)
        path.write_bytes(pyrage.encrypt(clear.read_bytes(), [who.to_public()]))

    publish(range(100), identity)
    live, errors = live_list(path, identity=identity, key=SECRET)
    publish(range(200), stranger)
    refused(live, errors, csamatch.ListFileError, "cannot be decrypted")
    publish(range(200), identity)
    assert live.check() and md5(150) in live


def test_updates_of_encrypted_and_signed_lists(tmp_path, capfd):
    path, out = tmp_path / "l.csml.age", tmp_path / "new.csml"
    public = write_key(tmp_path, "key")
    identity = pyrage.x25519.Identity.generate()
    (tmp_path / "identity").write_text(str(identity))
    (tmp_path / "identity").chmod(0o600)
    signed(tmp_path / "l.csml", range(100), 3)
    path.write_bytes(pyrage.encrypt((tmp_path / "l.csml").read_bytes(), [identity.to_public()]))
    (tmp_path / "l.csml").unlink()
    add = text(md5(999))
    with pytest.raises(csamatch.ListFileError, match="takes an identity"):
        csamatch.update(path, out, add=add)
    for target in (path, tmp_path / "new.csml.age"):
        with pytest.raises(csamatch.UpdateError, match="in clear"):
            csamatch.update(path, target, add=add, identity=identity)
    options = {"identity": identity, "trusted_key": public}
    csamatch.update(path, out, add=add, **options)
    assert md5(999) in csamatch.open(out)
    assert csamatch.diff(path, out, identity=identity).added == {"md5": 1}
    assert csamatch.write_delta(path, out, tmp_path / "d", identity=identity)
    csamatch.apply_delta(path, tmp_path / "d", tmp_path / "applied", **options)
    assert (tmp_path / "applied").read_bytes() == out.read_bytes()
    with pytest.raises(SignatureError, match="there is no signature"):
        csamatch.open(out, trusted_key=public)
    (tmp_path / "add").write_text(md5(999))
    where = ["--identity", str(tmp_path / "identity"), "--trusted-key", str(tmp_path / "key.pub")]
    command = ["update", str(path), "-o", str(tmp_path / "x"), "--add", str(tmp_path / "add")]
    assert cli.main([*command, "-q", *where]) == 0
    assert (tmp_path / "x").read_bytes() == out.read_bytes()
    assert cli.main(["verify", str(path), *where]) == 0
    assert cli.main(["info", str(path), *where[:2]]) == 0
    with pytest.raises(csamatch.ListFileError, match="nobody can tell"):
        csamatch.purge(path)


def test_an_update_of_a_signed_list_needs_a_new_signature(tmp_path):
    path = tmp_path / "l.csml"
    public = write_key(tmp_path, "key")
    signed(path, range(100), 3)
    csamatch.update(path, path, add=text(md5(999)), trusted_key=public)
    with pytest.raises(SignatureError, match="does not fit the list"):
        csamatch.open(path, trusted_key=public)
    with pytest.raises(SignatureError, match="does not fit the list"):
        csamatch.update(path, path, add=text(md5(998)), trusted_key=public)
    for serial, words in ((2, "serial 2 is older than 3"), (3, "that of another list")):
        with pytest.raises(SignatureError, match=words):
            csamatch.sign(path, tmp_path / "key", serial=serial)
    csamatch.sign(path, tmp_path / "key", serial=4)
    csamatch.sign(path, tmp_path / "key", serial=4)  # the same list again
    assert md5(999) in csamatch.open(path, trusted_key=public)
    (tmp_path / "l.csml.sig").unlink()
    with pytest.raises(SignatureError, match="serial 3 is older than 4, which was opened"):
        csamatch.sign(path, tmp_path / "key", serial=3)
    with pytest.raises(SignatureError, match="no signature"):
        csamatch.verify(path, trusted_key=public)
    build(tmp_path / "n.csml", range(50))
    csamatch.write_delta(path, tmp_path / "n.csml", tmp_path / "d")
    with pytest.raises(SignatureError, match="no signature"):
        csamatch.apply_delta(path, tmp_path / "d", path, trusted_key=public)
    csamatch.sign(path, tmp_path / "key", serial=5)
    csamatch.apply_delta(path, tmp_path / "d", path, trusted_key=public)
    with pytest.raises(SignatureError, match="does not fit the list"):
        csamatch.open(path, trusted_key=public)


def test_what_cannot_be_signed(tmp_path):
    write_key(tmp_path, "key")
    identity = pyrage.x25519.Identity.generate()
    build(tmp_path / "l", range(3))
    data = pyrage.encrypt((tmp_path / "l").read_bytes(), [identity.to_public()])
    (tmp_path / "l.age").write_bytes(data)
    with pytest.raises(SignatureError, match="before it is encrypted"):
        csamatch.sign(tmp_path / "l.age", tmp_path / "key", serial=1)


def test_a_matcher_asks_keyed_and_plain_lists_together(tmp_path):
    sizes = {"plain": 100, "keyed": 200, "live": 300}
    for name, size in sizes.items():
        key = None if name == "plain" else SECRET
        build(tmp_path / name, range(size), key=key, info={"name": name})
    csamatch.build(text("bad.example"), tmp_path / "urls", key=SECRET)
    csamatch.build(text("bad.example/x"), tmp_path / "more")
    lists = [
        csamatch.open(tmp_path / "plain"),
        csamatch.open(tmp_path / "keyed", key=SECRET),
        LiveList(tmp_path / "live", key=SECRET),
        csamatch.open(tmp_path / "urls", key=SECRET),
        csamatch.open(tmp_path / "more"),
    ]
    quiet = build(tmp_path / "quiet", range(150, 160), key=OTHER)
    assert quiet.accepted == 10
    suppress = [csamatch.open(tmp_path / "quiet", key=OTHER)]
    matcher = csamatch.Matcher(lists, suppress=suppress)
    for form in ([md5(i) for i in range(400)], [bytes.fromhex(md5(i)) for i in range(400)]):
        matches = matcher.match_digests(form)
        counts = [result.count for result in matches.results]
        assert counts == [100, 190, 290] or counts == list(sizes.values())
        expected = [i < 300 and not 150 <= i < 160 for i in range(400)]
        assert matches.mask.tolist() == expected and matches.suppressed.sum() == 10
    found = matcher.match_urls(["http://bad.example/x", "other.example"])
    assert [(m.query, m.rule) for m in found] == [(0, "domain"), (0, "url")]
