"""The list file: as documented, whole or not at all, and harmless when damaged."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import random
import stat
import struct
import subprocess
import sys
import warnings
import zlib
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

import csamatch
from csamatch import ListFileError, listfile, listwrite
from listfile_reader import ListFile, address_key

DIGESTS = [hashlib.md5(bytes([i])).digest() for i in range(40)]


def vics(records: list[dict]) -> str:
    context = "http://github.com/VICSDATAMODEL/ProjectVic/DataModels/2.0.xml/x/$metadata#Media"
    return json.dumps({"@odata.context": context, "value": records})


@pytest.fixture(scope="module")
def hash_file(tmp_path_factory):
    folder = tmp_path_factory.mktemp("hashes")
    records = [
        {
            "MediaID": 100 + i,
            "Category": 1 + i % 3,
            "MD5": DIGESTS[i].hex(),
            "SHA1": hashlib.sha1(bytes([i])).hexdigest(),
        }
        for i in range(40)
    ]
    records.append({"MediaID": 7, "Category": 1, "MD5": DIGESTS[3].hex()})
    (folder / "media.json").write_text(vics(records))
    csamatch.build(
        folder / "media.json", folder / "list.csml", info={"name": "n", "issued": "2026-11-01"}
    )
    return folder / "list.csml"


@pytest.fixture(scope="module")
def address_file(tmp_path_factory):
    folder = tmp_path_factory.mktemp("addresses")
    (folder / "list.txt").write_text("bad.example\nhttps://host.example/page?x=1\n")
    csamatch.build(folder / "list.txt", folder / "list.csml")
    return folder / "list.csml"


def test_the_documented_reader_agrees_on_hashes(hash_file):
    oracle = ListFile(hash_file.read_bytes())
    lst = csamatch.open(hash_file)
    assert oracle.kind == 1
    assert oracle.info == {"name": "n", "issued": "2026-11-01"}
    assert oracle.digest.hex() == lst.info.digest
    assert {subject: len(keys) for subject, keys in oracle.keys.items()} == {1: 40, 2: 40}
    for i in range(40):
        for subject, digest in ((1, DIGESTS[i]), (2, hashlib.sha1(bytes([i])).digest())):
            entries = oracle.entries(subject, digest)
            match = lst.find(digest)
            assert [e.number for e in match.entries] == entries
            assert [e.id for e in match.entries] == [oracle.id(e) for e in entries]
            assert [e.category for e in match.entries] == [oracle.category(e) for e in entries]
            assert str(100 + i) in {oracle.id(e) for e in entries}
    assert {oracle.id(e) for e in oracle.entries(1, DIGESTS[3])} == {"103", "7"}
    assert len(lst.find(DIGESTS[3]).entries) == 2


def test_the_directory_is_as_documented(hash_file, address_file):
    for file in (hash_file, address_file):
        oracle = ListFile(file.read_bytes())
        for subject, keys in oracle.keys.items():
            assert oracle.sections[9, subject][1] == len(keys) // 43 + 2
            for key in keys:
                assert oracle.filter_passes(subject, key)
                assert key in oracle.bucket(subject, key)
    strangers = [hashlib.md5(b"x%d" % i).digest() for i in range(1000)]
    oracle = ListFile(hash_file.read_bytes())
    assert sum(oracle.filter_passes(1, key) for key in strangers) < 200


def test_the_documented_reader_agrees_on_addresses(address_file):
    oracle = ListFile(address_file.read_bytes())
    lst = csamatch.open(address_file)
    assert oracle.kind == 2
    assert oracle.entries(16, address_key("bad.example")) == [0]
    assert oracle.entries(18, address_key("host.example", "/page?x=1")) == [1]
    assert lst.find("bad.example").entry.number == 0
    assert lst.find("host.example/page?x=1").entry.number == 1


@pytest.mark.parametrize("mmap", [False, True])
@pytest.mark.parametrize("verify", [False, True])
@pytest.mark.parametrize("kernel", csamatch.kernels())
def test_ways_to_open(hash_file, mmap, verify, kernel):
    lst = csamatch.open(hash_file, mmap=mmap, verify=verify, kernel=kernel)
    assert lst.kernel == kernel
    assert lst.match(DIGESTS).mask.all()
    assert [m.entry.id for m in lst.match(DIGESTS[:3])] == ["100", "101", "102"]


def test_only_the_owner_can_read_it(hash_file):
    assert stat.S_IMODE(hash_file.stat().st_mode) == 0o600


def load(data: bytes) -> object:
    """Open and verify a list held in exactly as many bytes of heap as it has."""
    file = listfile.ListFile(bytes(bytearray(data)), verify=False)
    cls = {"hashes": csamatch.HashList, "addresses": csamatch.UrlList}[file.kind]
    return cls.__new__(cls)._adopt(file, None)


def use(lst: object) -> None:
    """Ask a list that may hold nonsense everything there is to ask."""
    if isinstance(lst, csamatch.HashList):
        asked = [*DIGESTS, *(hashlib.sha1(bytes([i])).digest() for i in range(40))]
    else:
        asked = ["bad.example", "x.bad.example/y", "host.example/page?x=1"]
    matches = lst.match(asked)
    for query in np.flatnonzero(matches.mask).tolist():
        with contextlib.suppress(ListFileError):
            lst.find(asked[query])
    with contextlib.suppress(ListFileError):
        assert len(list(matches)) == len(matches)
    assert len(matches.entry) == len(asked)
    repr(lst)


def damaged(path, data: bytes, tmp_path) -> None:
    """A damaged file is refused by open and by verify, and harms nobody who insists."""
    victim = tmp_path / "damaged.csml"
    victim.write_bytes(data)
    for attempt in (csamatch.open, csamatch.verify):
        with pytest.raises(ListFileError) as caught:
            attempt(victim)
        assert str(victim) in str(caught.value)
    try:
        lst = load(data)
    except ListFileError:
        return
    use(lst)


@pytest.mark.any_kernel
def test_every_truncation(hash_file, address_file, tmp_path):
    for file in (hash_file, address_file):
        data = file.read_bytes()
        for length in range(len(data)):
            damaged(file, data[:length], tmp_path)
        damaged(file, data + b"\0", tmp_path)


def header_length(data: bytes) -> int:
    return int.from_bytes(data[24:32], "little")


@pytest.mark.any_kernel
def test_every_byte_of_the_header(hash_file, address_file, tmp_path):
    for file in (hash_file, address_file):
        data = file.read_bytes()
        for at in range(header_length(data)):
            for flip in (0x01, 0x80, 0xFF):
                flipped = bytearray(data)
                flipped[at] ^= flip
                damaged(file, bytes(flipped), tmp_path)


def test_random_flips_elsewhere(hash_file, address_file, tmp_path):
    rng = random.Random(11)
    for file in (hash_file, address_file):
        data = file.read_bytes()
        for _ in range(1000):
            flipped = bytearray(data)
            for _ in range(rng.choice([1, 1, 1, 5])):
                flipped[rng.randrange(header_length(data), len(data))] ^= 1 << rng.randrange(8)
            if bytes(flipped) != data:
                damaged(file, bytes(flipped), tmp_path)


def sections_of(data: bytes) -> dict:
    """(kind, subject) -> (place of its line in the table, offset, length)."""
    found = {}
    for i in range(int.from_bytes(data[20:24], "little")):
        kind, subject, *_, offset, length = struct.unpack_from("<IIQQQQ", data, 80 + 40 * i)
        found[kind, subject] = (80 + 40 * i, offset, length)
    return found


def sealed(data: bytearray) -> bytes:
    """The file with all its checksums made to fit."""
    at = header_length(data)
    data[48:80] = hashlib.sha256(data[at:]).digest()
    data[at - 4 : at] = struct.pack("<I", zlib.crc32(data[: at - 4]))
    return bytes(data)


def test_a_liar_with_correct_checksums(hash_file, tmp_path):
    """Content changed and every checksum made to fit: verify looks closer."""
    data = hash_file.read_bytes()
    rows = {key: offset for key, (_, offset, _) in sections_of(data).items()}
    ends = struct.pack("<5Q", 2**62, 2**63, 2**63 + 2**62, 2**64 - 1, 5)
    changes = {
        "keys out of order": (rows[2, 1], b"\xff"),
        "an entry that is not there": (rows[3, 2], b"\xff\xff\xff\xff"),
        "a further entry that is not there": (rows[4, 1] + 4, b"\xff\xff\xff\xff"),
        "a further entry of a key that is not there": (rows[4, 1], b"\xff\xff\xff\xff"),
        "an id that ends outside": (rows[5, 0], b"\xff" * 8),
        "ids that wrap around": (rows[5, 0] + 36 * 8, ends),
        "a category without a name": (rows[7, 0], b"\xff"),
        "categories that are no JSON": (rows[8, 0], b"{"),
        "info that is no JSON": (rows[1, 0], b"}"),
        "a filter that passes nothing": (rows[9, 1] + 16, bytes(48)),
        "a directory that leads astray": (rows[9, 1], b"\x28"),
    }
    for what, (offset, patch) in changes.items():
        changed = bytearray(data)
        changed[offset : offset + len(patch)] = patch
        victim = tmp_path / "liar.csml"
        victim.write_bytes(sealed(changed))
        with pytest.raises(ListFileError):
            csamatch.verify(victim)
            pytest.fail(what)
        with contextlib.suppress(ListFileError):
            use(load(victim.read_bytes()))


def test_fewer_entries_than_keys(hash_file, tmp_path):
    """Without a section of key entries, keys are numbered like entries: there must be as many."""
    changed = bytearray(hash_file.read_bytes())
    for key, (line, _, _) in sections_of(changed).items():
        if key[0] == 3:
            changed[line : line + 4] = (999).to_bytes(4, "little")
    (tmp_path / "l").write_bytes(sealed(changed))
    with pytest.raises(ListFileError, match="fewer entries than keys"):
        csamatch.verify(tmp_path / "l")


@pytest.mark.parametrize(
    "info",
    [
        '{"issued":5}',
        '{"contact":5}',
        '{"max_age":true}',
        '{"max_age":-1}',
        '{"name":5}',
        "[]",
        '{"issued":"x"}',
    ],
)
def test_info_that_makes_no_sense(tmp_path, info):
    sections = [listfile.Section(listfile.INFO, 0, 1, info.encode())]
    (tmp_path / "l").write_bytes(listwrite.image("hashes", sections))
    with pytest.raises(ListFileError, match="info"):
        csamatch.open(tmp_path / "l")


def test_a_list_without_a_directory_still_works(hash_file):
    changed = bytearray(hash_file.read_bytes())
    for key, (line, _, _) in sections_of(changed).items():
        if key[0] == 9:
            changed[line : line + 4] = (1000 + key[0]).to_bytes(4, "little")
    lst = load(sealed(changed))
    assert lst.match(DIGESTS).mask.all()
    assert not lst.match([bytes(16), b"\xff" * 16]).mask.any()


def test_not_a_list_file(tmp_path):
    for content in (b"", b"hello", b"\0" * 500, b"\x89PNG\r\n\x1a\n" + b"\0" * 500):
        (tmp_path / "x").write_bytes(content)
        with pytest.raises(ListFileError):
            csamatch.open(tmp_path / "x")
        with pytest.raises(ListFileError):
            csamatch.verify(tmp_path / "x")
    with pytest.raises(FileNotFoundError):
        csamatch.open(tmp_path / "missing")
    with pytest.raises(IsADirectoryError):
        csamatch.open(tmp_path)


def test_parameters(hash_file):
    with pytest.raises(ValueError, match="stale"):
        csamatch.open(hash_file, stale="never")
    with pytest.raises(ValueError, match="no such kernel"):
        csamatch.open(hash_file, kernel="abacus")
    with pytest.raises(csamatch.ListKeyError):
        csamatch.open(hash_file, key=b"0" * 16)


def test_staleness(tmp_path):
    (tmp_path / "s").write_text("bad.example\n")
    now = datetime.now(UTC)
    for age, stale in ((timedelta(hours=1), False), (timedelta(days=3), True)):
        csamatch.build(
            tmp_path / "s",
            tmp_path / "l",
            info={"name": "iwol", "issued": now - age, "max_age": "2d", "version": "17"},
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            info = csamatch.open(tmp_path / "l").info
        assert info.stale is stale
        assert age <= info.age < age + timedelta(minutes=5)
        assert info.max_age == timedelta(days=2)
        if stale:
            with pytest.warns(csamatch.StaleListWarning, match="iwol"):
                csamatch.open(tmp_path / "l")
            with pytest.raises(csamatch.StaleListError):
                csamatch.open(tmp_path / "l", stale="error")
        else:
            csamatch.open(tmp_path / "l", stale="error")
        assert len(csamatch.open(tmp_path / "l", stale="serve")) == 1
        assert csamatch.verify(tmp_path / "l") == info


def test_a_list_that_was_issued_in_the_future(tmp_path):
    """It would never become stale; clocks may differ by a day."""
    (tmp_path / "s").write_text("bad.example\n")
    path, now = tmp_path / "l", datetime.now(UTC)
    for ahead, age, stale in (
        (timedelta(hours=23), "2d", False),
        (timedelta(hours=25), "2d", True),
        (timedelta(days=9999), "2d", True),
        (timedelta(days=9999), None, False),  # it never does, and does not say so
    ):
        csamatch.build(tmp_path / "s", path, info={"issued": now + ahead, "max_age": age})
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            assert csamatch.open(path).info.stale is stale
        if stale:
            with pytest.warns(csamatch.StaleListWarning, match="to come"):
                csamatch.open(path)
            with pytest.raises(csamatch.StaleListError, match="to come"):
                csamatch.LiveList(path, stale="error")
        else:
            csamatch.open(path, stale="error")


@pytest.mark.parametrize("what", ["pipe", "link", "folder", "device", "socket"])
def test_what_is_no_regular_file(tmp_path, hash_file, what):
    """Nothing waits for somebody to write into a pipe, or reads a device to its end."""
    path = tmp_path / "l.csml"
    if what == "folder":
        path.mkdir()
    elif what == "device":
        path.symlink_to("/dev/zero")
    elif what == "socket":
        # Its name must be short.
        subprocess.run(
            [sys.executable, "-c", "import socket; socket.socket(socket.AF_UNIX).bind('l.csml')"],
            cwd=tmp_path,
            check=True,
        )
    else:
        os.mkfifo(tmp_path / "pipe")
        path.symlink_to("pipe")
    calls = [csamatch.open, csamatch.verify, csamatch.LiveList]
    calls += [lambda p: csamatch.open(p, mmap=True), lambda p: csamatch.diff(p, hash_file)]
    calls += [
        lambda p: csamatch.update(p, tmp_path / "out"),
        lambda p: csamatch.publish(p, tmp_path),
    ]
    error = IsADirectoryError if what == "folder" else csamatch.ListFileError
    for call in calls:
        with pytest.raises(error, match="directory" if what == "folder" else "not a regular file"):
            call(path)


def test_a_pipe_that_takes_the_place_of_a_list(tmp_path, hash_file):
    path, errors = tmp_path / "l.csml", []
    path.write_bytes(hash_file.read_bytes())
    path.chmod(0o600)
    live = csamatch.LiveList(path, on_error=errors.append)
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "pipe").replace(path)
    assert not live.check()
    assert [type(error) for error in errors] == [csamatch.ListFileError]
    assert len(live) == len(csamatch.open(hash_file))


def test_a_list_of_the_other_kind(hash_file, address_file):
    assert isinstance(csamatch.open(hash_file), csamatch.HashList)
    assert isinstance(csamatch.open(address_file), csamatch.UrlList)
