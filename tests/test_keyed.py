"""Lists built with a secret key: same answers, and nothing to read in the file."""

from __future__ import annotations

import hashlib
import io
import os
import struct
import zlib

import numpy as np
import pytest

import csamatch
from csamatch import ListKeyError, _core, cli, listkey
from listfile_reader import ListFile, address_key, key_check, siphash128, subkey

SECRET = bytes(range(100, 132))
OTHER = bytes(32)
TEXTS = [b"synthetic %d" % i for i in range(3000)]
ALGORITHMS = {"md5": 1, "sha1": 2, "sha256": 3}
URLS = [
    "http://www.bad-domain.example/x",
    "only-host.example/y",
    "sub.only-host.example/y",
    "page-host.example/page?x=1",
    "page-host.example/page",
    "http://dir-host.example/directory/below?q",
    "innocent.example/" + "long/" * 100,
    "hxxp://bad-domain[.]example/",
    "mailto:",
]


def digest(name: str, text: bytes) -> bytes:
    return hashlib.new(name, text).digest()


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("keyed")
    lines = [digest(name, text).hex() for text in TEXTS[:2000] for name in ALGORITHMS]
    (folder / "hashes.txt").write_text("\n".join(lines))
    rows = [f"{digest('md5', t).hex()},{i},{i % 3}" for i, t in enumerate(TEXTS[:500])]
    (folder / "ids.csv").write_text("\n".join(["md5,id,category", *rows]))
    (folder / "domains.txt").write_text("bad-domain.example\nhttps://page-host.example/page?x=1\n")
    columns = {"md5": "md5", "id": "id", "category": "category"}
    for name, key in (("plain", None), ("keyed", SECRET)):
        csamatch.build(folder / "hashes.txt", folder / f"hashes.{name}", key=key)
        csamatch.build(folder / "ids.csv", folder / f"ids.{name}", columns=columns, key=key)
        csamatch.build(folder / "domains.txt", folder / f"domains.{name}", key=key)
    return folder


def opened(files, kind, kernel=None):
    plain = csamatch.open(files / f"{kind}.plain", kernel=kernel)
    return plain, csamatch.open(files / f"{kind}.keyed", key=SECRET, kernel=kernel)


@pytest.mark.parametrize("kernel", csamatch.kernels())
def test_same_answers_to_every_form_of_digest(files, kernel):
    plain, keyed = opened(files, "hashes", kernel)
    assert keyed.info.keyed and not plain.info.keyed
    assert keyed.info.counts == plain.info.counts and len(keyed) == len(plain) == 6000
    for name in ALGORITHMS:
        queries = [digest(name, text) for text in TEXTS]
        expected = np.arange(3000) < 2000
        rows = np.frombuffer(b"".join(queries), np.uint8).reshape(3000, -1)
        texts = [query.hex() for query in queries]
        for form in (queries, texts, rows, np.array(texts), np.array(texts, "S")):
            assert np.array_equal(keyed.match(form).mask, expected)
        assert np.array_equal(keyed.match(rows.tobytes(), algorithm=name).mask, expected)
        assert np.array_equal(keyed.match(rows, threads=2).mask, expected)
        for query in (queries[0], texts[1999], queries[2000], texts[2999]):
            assert (query in keyed) == (query in plain) == (keyed.find(query) is not None)
    mixed = [digest(name, text) for text in TEXTS[1990:2010] for name in ALGORITHMS]
    assert np.array_equal(keyed.match(mixed).mask, plain.match(mixed).mask)
    with pytest.raises(csamatch.DigestError):
        keyed.match(["00"])


@pytest.mark.parametrize("count", [0, 1, 31, 32, 33, 2047, 2048, 2049])
def test_batches_of_any_size(files, count):
    _, keyed = opened(files, "hashes")
    matches = keyed.match([digest("sha1", text) for text in TEXTS[:count]])
    assert matches.count == min(count, 2000) and matches.mask.all() == (count <= 2000)


def test_same_entries(files):
    plain, keyed = opened(files, "ids")
    for text in TEXTS[:500]:
        ours, theirs = (lst.find(digest("md5", text)) for lst in (keyed, plain))
        assert (ours is None) == (theirs is None)
        if ours is not None:
            assert (ours.entry.id, ours.entry.category) == (theirs.entry.id, theirs.entry.category)
    assert {m.entry.id for m in keyed.match([digest("md5", t) for t in TEXTS[:500]])} == {
        m.entry.id for m in plain.match([digest("md5", t) for t in TEXTS[:500]])
    }


@pytest.mark.parametrize("kernel", csamatch.kernels())
def test_same_answers_to_urls(files, kernel):
    plain, keyed = opened(files, "domains", kernel)
    for refang in (False, True):
        ours, theirs = (lst.match(URLS, refang=refang) for lst in (keyed, plain))
        assert np.array_equal(ours.mask, theirs.mask)
        assert np.array_equal(ours.invalid, theirs.invalid)
        assert [(m.rule, m.matched) for m in ours] == [(m.rule, m.matched) for m in theirs]
    assert keyed.match(URLS).count == 2
    many = URLS * 50
    assert np.array_equal(keyed.match(many).mask, plain.match(many).mask)
    assert "http://www.bad-domain.example/x" in keyed and "innocent.example" not in keyed
    assert keyed.find("page-host.example/page?x=1").rule == "url"
    assert keyed.match_text(["see http://bad-domain.example/ now"]).count == 1


def test_the_documented_reader_agrees(files):
    oracle = ListFile((files / "hashes.keyed").read_bytes())
    assert oracle.is_keyed and oracle.sections[13, 0][2] == key_check(SECRET)
    _, keyed = opened(files, "hashes")
    for name, subject in ALGORITHMS.items():
        for text in TEXTS[1995:2005]:
            found = oracle.entries(subject, siphash128(subkey(SECRET, name), digest(name, text)))
            match = keyed.find(digest(name, text))
            assert found == ([] if match is None else [match.entry.number])
    oracle = ListFile((files / "domains.keyed").read_bytes())
    key = subkey(SECRET, "address")
    assert oracle.entries(16, address_key("bad-domain.example", key=key))
    assert oracle.entries(18, address_key("page-host.example", "/page?x=1", key=key))
    assert not oracle.entries(16, address_key("bad-domain.example"))


def test_rows_of_any_width_hash_like_the_oracle():
    for width in range(1, 65):
        rows = os.urandom(width * 40)
        hashes = _core.rows_hash(SECRET[:16], rows, 40, width)
        for i in range(40):
            expected = siphash128(SECRET[:16], rows[i * width : (i + 1) * width])
            assert hashes[16 * i : 16 * i + 16] == expected


def every(data, length):
    """All strings of that many bytes, wherever they begin."""
    return {data[at : at + length] for at in range(len(data) - length + 1)}


def test_nothing_of_the_source_is_in_the_file(files):
    for kind in ("hashes", "ids"):
        plain, keyed = ((files / f"{kind}.{name}").read_bytes() for name in ("plain", "keyed"))
        names = ALGORITHMS if kind == "hashes" else ["md5"]
        texts = TEXTS[:2000] if kind == "hashes" else TEXTS[:500]
        values = [digest(name, text) for text in texts for name in names]
        starts, hexed = {value[:6] for value in values}, {v.hex()[:12].encode() for v in values}
        assert all(value in plain for value in values), "what the search would find"
        assert starts & every(plain, 6) == starts
        assert not starts & every(keyed, 6) and not hexed & every(keyed.lower(), 12)
    plain, keyed = ((files / f"domains.{name}").read_bytes() for name in ("plain", "keyed"))
    for host, rest in (("bad-domain.example", ""), ("page-host.example", "/page?x=1")):
        assert address_key(host, rest) in plain
        assert address_key(host, rest) not in keyed and address_key(host, rest)[:6] not in keyed
        assert host.encode() not in keyed and host.encode()[::-1] not in keyed
    for secret in (SECRET, *(subkey(SECRET, name) for name in (*ALGORITHMS, "address"))):
        assert secret not in keyed and secret.hex().encode() not in keyed


def test_the_key_must_be_right(files):
    for kind in ("hashes", "domains"):
        for key, words in ((None, "no key was given"), (OTHER, "not that of the list")):
            with pytest.raises(ListKeyError, match=words):
                csamatch.open(files / f"{kind}.keyed", key=key)
        with pytest.raises(ListKeyError, match="not keyed"):
            csamatch.open(files / f"{kind}.plain", key=SECRET)
        assert csamatch.verify(files / f"{kind}.keyed").keyed
    with pytest.raises(ListKeyError):
        csamatch.open(files / "hashes.keyed", key=SECRET[:16])
    for bad in (b"", bytes(15), bytes(64)):
        with pytest.raises(ListKeyError, match="expected 16 or 32"):
            csamatch.open(files / "hashes.keyed", key=bad)
    with pytest.raises(TypeError):
        csamatch.open(files / "hashes.keyed", key=7)


def test_two_secrets_are_never_one_key(tmp_path):
    """HMAC fills keys up with zeros: those of 16 bytes and of 32 must not meet."""
    for short in (SECRET[:16], bytes(16)):
        filled = short + bytes(16)
        csamatch.build(io.BytesIO(b"bad.example"), tmp_path / "l", key=filled)
        assert "bad.example" in csamatch.open(tmp_path / "l", key=filled)
        for other in (short, hashlib.sha256(filled).digest()[:16], filled[:-1] + b"x"):
            with pytest.raises(ListKeyError, match="not that of the list"):
                csamatch.open(tmp_path / "l", key=other)
        assert key_check(filled) in (tmp_path / "l").read_bytes()


def forged(data: bytes, **fields: int) -> bytes:
    """The same file with another header, its checksum made to fit."""
    length = struct.unpack_from("<Q", data, 24)[0]
    header = bytearray(data[: length - 4])
    for offset, value in ((12, fields["features"]),):
        struct.pack_into("<I", header, offset, value)
    return bytes(header) + struct.pack("<I", zlib.crc32(header)) + data[length:]


def test_an_older_reader_refuses_and_features_cannot_be_stripped(files, tmp_path):
    data = (files / "domains.keyed").read_bytes()
    assert struct.unpack_from("<I", data, 12) == (1,)
    for features in (0, 2, 3):
        (tmp_path / "x.csml").write_bytes(forged(data, features=features))
        with pytest.raises(csamatch.ListFileError):
            csamatch.open(tmp_path / "x.csml", key=SECRET)
    (tmp_path / "x.csml").write_bytes(forged((files / "domains.plain").read_bytes(), features=1))
    with pytest.raises(csamatch.ListFileError):
        csamatch.open(tmp_path / "x.csml", key=SECRET)


def test_the_same_bytes_in_any_order(files, tmp_path):
    lines = (files / "hashes.txt").read_text().split()
    (tmp_path / "reversed.txt").write_text("\n".join(reversed(lines)))
    csamatch.build(tmp_path / "reversed.txt", tmp_path / "x.csml", key=SECRET)
    assert (tmp_path / "x.csml").read_bytes() == (files / "hashes.keyed").read_bytes()
    csamatch.build(tmp_path / "reversed.txt", tmp_path / "x.csml", key=OTHER)
    assert (tmp_path / "x.csml").read_bytes() != (files / "hashes.keyed").read_bytes()


def test_key_files(files, tmp_path):
    path = tmp_path / "key"
    for content in (SECRET, SECRET.hex().encode(), SECRET.hex().upper().encode() + b"\n"):
        path.write_bytes(content)
        path.chmod(0o600)
        assert digest("md5", TEXTS[0]) in csamatch.open(files / "hashes.keyed", key=path)
        assert digest("md5", TEXTS[0]) in csamatch.open(files / "hashes.keyed", key=str(path))
        for mode in (0o640, 0o604, 0o620):
            path.chmod(mode)
            with pytest.raises(ListKeyError, match="0600"):
                csamatch.open(files / "hashes.keyed", key=path)
        path.chmod(0o600)
    path.write_bytes(b"0" * 32)  # hex digits, so 16 bytes, with a line end or without
    check = listkey.list_key(path).check_value()
    path.write_bytes(b"0" * 32 + b"\n")
    assert listkey.list_key(path).check_value() == check == key_check(bytes(16))
    for content in (b"", b"x" * 33, b"zz" * 32, SECRET * 2):
        path.write_bytes(content)
        with pytest.raises(ListKeyError, match="neither"):
            csamatch.open(files / "hashes.keyed", key=path)
    with pytest.raises(FileNotFoundError):
        csamatch.open(files / "hashes.keyed", key=tmp_path / "missing")


def test_allow_and_suppress(files, tmp_path):
    """Plain lists work beside keyed ones, and the other way round."""
    _, keyed = opened(files, "domains")
    (tmp_path / "more.txt").write_text(
        "bad-domain.example\nhttps://page-host.example/page?x=1\nn.test.example\n"
    )
    for key in (None, OTHER):
        report = csamatch.build(tmp_path / "more.txt", tmp_path / "x", allow=keyed, key=key)
        assert report.accepted == 1 and report.quarantined["allow-list"] == 2
    _, hashes = opened(files, "hashes")
    (tmp_path / "d.txt").write_text("\n".join(digest("md5", t).hex() for t in TEXTS[1900:2100]))
    report = csamatch.build(tmp_path / "d.txt", tmp_path / "y", allow=hashes, key=SECRET)
    assert report.accepted == 100 and report.quarantined["allow-list"] == 100
    quiet = csamatch.open(files / "hashes.keyed", key=SECRET, suppress=tmp_path / "d.txt")
    matches = quiet.match([digest("md5", t) for t in TEXTS])
    assert matches.count == 1900 and matches.suppressed.sum() == 100


def test_no_export(files, tmp_path):
    _, keyed = opened(files, "hashes")
    with pytest.raises(csamatch.Error, match="keyed"):
        csamatch.export(keyed, tmp_path / "x", allow_export=True)
    with pytest.raises(ListKeyError):
        csamatch.export(files / "hashes.keyed", tmp_path / "x", allow_export=True)


def test_command_line(files, tmp_path, capfd, monkeypatch):
    (tmp_path / "key").write_text(SECRET.hex())
    (tmp_path / "key").chmod(0o600)
    key, list_file = str(tmp_path / "key"), str(tmp_path / "c.csml")
    (tmp_path / "q").write_text("www.bad-domain.example\n")
    source, query = str(files / "domains.txt"), str(tmp_path / "q")
    assert cli.main(["build", source, "-o", list_file, "--key-file", key]) == 0
    assert (tmp_path / "c.csml").read_bytes() == (files / "domains.keyed").read_bytes()
    assert cli.main(["info", list_file]) == 0 and cli.main(["verify", list_file]) == 0
    assert "keyed     yes" in capfd.readouterr().out
    assert cli.main(["match", list_file, query]) == 2
    assert "no key was given" in capfd.readouterr().err
    assert cli.main(["match", list_file, query, "--key-file", key]) == 1
    monkeypatch.setenv("CSAMATCH_KEY", SECRET.hex())
    assert cli.main(["match", list_file, query]) == 1
    monkeypatch.setenv("CSAMATCH_KEY", SECRET.hex()[:-2] + "zz")
    assert cli.main(["match", list_file, query]) == 2
    captured = capfd.readouterr()
    assert SECRET.hex()[:12] not in captured.err + captured.out


def test_a_million_queries(tmp_path):
    """As many as a busy service asks in a second, in bytes; a tenth of them listed."""
    rng = np.random.default_rng(11)
    keys = rng.integers(0, 256, (20_000, 20), dtype=np.uint8)
    queries = rng.integers(0, 256, (1_000_000, 20), dtype=np.uint8)
    expected = rng.random(len(queries)) < 0.1
    queries[expected] = keys[rng.integers(0, len(keys), int(expected.sum()))]
    (tmp_path / "s").write_text("\n".join(row.tobytes().hex() for row in keys))
    for name, key in (("plain", None), ("keyed", SECRET)):
        csamatch.build(tmp_path / "s", tmp_path / name, key=key)
        matches = csamatch.open(tmp_path / name, key=key).match(queries)
        assert np.array_equal(matches.mask, expected) and matches.count == expected.sum()


def test_a_hundred_thousand_urls(tmp_path):
    listed = [f"host{i}.example" for i in range(500)]
    listed += [f"pages{i}.example/p{i}?x" for i in range(500)]
    (tmp_path / "s").write_text("\n".join(listed))
    urls = [f"http://www.host{i % 1000}.example/{i}" for i in range(50_000)]
    urls += [f"pages{i % 700}.example/p{i % 600}?x" for i in range(50_000)]
    found = []
    for name, key in (("plain", None), ("keyed", SECRET)):
        csamatch.build(tmp_path / "s", tmp_path / name, key=key)
        found.append(csamatch.open(tmp_path / name, key=key).match(urls).mask)
    expected = [i % 1000 < 500 for i in range(50_000)]
    expected += [i % 700 == i % 600 < 500 for i in range(50_000)]
    assert found[0].tolist() == found[1].tolist() == expected
