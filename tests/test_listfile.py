"""The list file: as documented, whole or not at all, and harmless when damaged."""

from __future__ import annotations

import contextlib
import hashlib
import json
import random
import stat
import warnings
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

import csamatch
from csamatch import ListFileError
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
    from csamatch import listfile

    file = listfile.ListFile(bytes(bytearray(data)), verify=False)
    cls = {"hashes": csamatch.HashList, "addresses": csamatch.UrlList}[file.kind]
    return cls.__new__(cls)._adopt(file, None)


def use(lst: object) -> None:
    """Ask a list that may hold nonsense everything there is to ask."""
    if isinstance(lst, csamatch.HashList):
        matches = lst.match([*DIGESTS, *(hashlib.sha1(bytes([i])).digest() for i in range(40))])
    else:
        matches = lst.match(["bad.example", "x.bad.example/y", "host.example/page?x=1"])
    for query in np.flatnonzero(matches.mask).tolist():
        rule = matches._rule if isinstance(matches._rule, int) else int(matches._rule[query])
        with contextlib.suppress(ListFileError):
            lst._hit(query, csamatch.rules.NAMES[rule], int(matches._position[query]))
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


def test_every_truncation(hash_file, address_file, tmp_path):
    for file in (hash_file, address_file):
        data = file.read_bytes()
        for length in range(len(data)):
            damaged(file, data[:length], tmp_path)
        damaged(file, data + b"\0", tmp_path)


def header_length(data: bytes) -> int:
    return int.from_bytes(data[24:32], "little")


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


def test_a_liar_with_correct_checksums(hash_file, tmp_path):
    """Content changed and every checksum made to fit: verify looks closer."""
    import struct
    import zlib

    data = hash_file.read_bytes()
    rows = {}
    for i in range(int.from_bytes(data[20:24], "little")):
        kind, subject, *_, offset, length = struct.unpack_from("<IIQQQQ", data, 80 + 40 * i)
        rows[kind, subject] = (offset, length)
    changes = {
        "keys out of order": (rows[2, 1][0], b"\xff"),
        "an entry that is not there": (rows[3, 2][0], b"\xff\xff\xff\xff"),
        "a further entry that is not there": (rows[4, 1][0] + 4, b"\xff\xff\xff\xff"),
        "a further entry of a key that is not there": (rows[4, 1][0], b"\xff\xff\xff\xff"),
        "an id that ends outside": (rows[5, 0][0], b"\xff" * 8),
        "a category without a name": (rows[7, 0][0], b"\xff"),
        "categories that are no JSON": (rows[8, 0][0], b"{"),
        "info that is no JSON": (rows[1, 0][0], b"}"),
    }
    for what, (offset, patch) in changes.items():
        changed = bytearray(data)
        changed[offset : offset + len(patch)] = patch
        at = header_length(data)
        changed[48:80] = hashlib.sha256(changed[at:]).digest()
        changed[at - 4 : at] = struct.pack("<I", zlib.crc32(changed[: at - 4]))
        victim = tmp_path / "liar.csml"
        victim.write_bytes(changed)
        with pytest.raises(ListFileError):
            csamatch.verify(victim)
            pytest.fail(what)
        try:
            lst = load(bytes(changed))
        except ListFileError:
            continue
        use(lst)


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
    with pytest.raises(ValueError, match="no kernel"):
        csamatch.open(hash_file, kernel="abacus")
    with pytest.raises(NotImplementedError):
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


def test_a_list_of_the_other_kind(hash_file, address_file):
    assert isinstance(csamatch.open(hash_file), csamatch.HashList)
    assert isinstance(csamatch.open(address_file), csamatch.UrlList)
