"""Canaries, and the proof that a list works."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest

import csamatch
from csamatch import SelfTestError, _core, cli, listfile, listkey
from listfile_reader import ListFile, address_key, siphash128, subkey

SECRET = bytes(range(32))
CODES = {"md5": 1, "sha1": 2, "sha256": 3, "domain": 16, "host": 17, "url": 18, "prefix": 19}
SOURCES = {
    "bare": "\n".join(hashlib.md5(b"%d" % i).hexdigest() for i in range(500)),
    "all": "\n".join(
        hashlib.new(name, b"%d" % i).hexdigest()
        for i in range(300)
        for name in ("md5", "sha1", "sha256")
    ),
    "ids": "md5,id,category\n"
    + "\n".join(f"{hashlib.md5(b'%d' % i).hexdigest()},{i},{i % 3}" for i in range(300)),
    "addresses": "bad.example\nhttps://host.example/page\nother.example\n",
}


def make(tmp_path, kind, **options):
    (tmp_path / kind).write_text(SOURCES[kind])
    if kind == "ids":
        options["columns"] = {"md5": "md5", "id": "id", "category": "category"}
    report = csamatch.build(tmp_path / kind, tmp_path / "l.csml", **options)
    return report, csamatch.open(tmp_path / "l.csml", key=options.get("key"))


@pytest.mark.parametrize("key", [None, SECRET])
@pytest.mark.parametrize("kind", SOURCES)
def test_canaries_hit_and_count_nowhere(tmp_path, kind, key):
    before, plain = make(tmp_path, kind, key=key)
    report, lst = make(tmp_path, kind, key=key, canaries=5)
    assert report.accepted == before.accepted and report.duplicate == before.duplicate
    assert report.counts == before.counts == dict(lst.info.counts) == dict(plain.info.counts)
    assert len(lst) == len(plain) and report.info == lst.info
    csamatch.verify(tmp_path / "l.csml")
    oracle = ListFile((tmp_path / "l.csml").read_bytes())
    for rule in lst.info.counts:
        canaries = oracle.canaries(CODES[rule])
        assert len(canaries) == 5
        for text, position in canaries.items():
            made = hashlib.new(rule, text).digest() if kind != "addresses" else text.decode()
            if kind != "addresses":
                stored = made if key is None else siphash128(subkey(key, rule), made)
            else:
                host, mark, rest = made.partition("/")
                args = (host, mark + rest)
                stored = address_key(*args, *([subkey(key, "address")] if key else []))
            assert oracle.keys[CODES[rule]][position] == stored
            found = lst.find(made)
            assert found.entry.canary and found.entry.category == "canary" and found.rule == rule
            assert made in lst and made not in plain
            assert [m.entry.canary for m in lst.match([made])] == [True]
    if kind != "addresses":
        real = lst.find(hashlib.md5(b"7").digest())
        assert not real.entry.canary and real.entry.category != "canary"
        assert real.entry.id == plain.find(hashlib.md5(b"7").digest()).entry.id
    result = lst.self_test()
    assert result.canaries == 5 * len(lst.info.counts) and result.kernels == csamatch.kernels()
    assert result.keys == len(lst) + result.canaries


def test_named_sources(tmp_path):
    for name in ("a", "b"):
        (tmp_path / name).write_text(
            "\n".join(hashlib.md5(name.encode() * i).hexdigest() for i in range(1, 9))
        )
    csamatch.build({"A": tmp_path / "a", "B": tmp_path / "b"}, tmp_path / "l.csml", canaries=3)
    lst = csamatch.open(tmp_path / "l.csml")
    csamatch.verify(tmp_path / "l.csml")
    assert lst.self_test().canaries == 3 and len(lst) == 16
    oracle = ListFile((tmp_path / "l.csml").read_bytes())
    assert {lst.find(hashlib.md5(c).digest()).entry.source for c in oracle.canaries(1)} == {""}
    assert lst.find(hashlib.md5(b"aa").digest()).entry.source == "A"


def test_the_same_bytes_in_any_order(tmp_path):
    make(tmp_path, "all", canaries=4)
    first = (tmp_path / "l.csml").read_bytes()
    lines = SOURCES["all"].split()
    (tmp_path / "r").write_text("\n".join([*reversed(lines), lines[0]]))
    csamatch.build(tmp_path / "r", tmp_path / "l.csml", canaries=4)
    assert (tmp_path / "l.csml").read_bytes() == first
    seed = ListFile(first).sections[15, 0][2]
    for more, info in (("00" * 15 + "99", None), (lines[0], {"name": "another"})):
        (tmp_path / "r").write_text("\n".join([*lines, more]))
        csamatch.build(tmp_path / "r", tmp_path / "l.csml", canaries=4, info=info)
        assert ListFile((tmp_path / "l.csml").read_bytes()).sections[15, 0][2] != seed


@pytest.mark.parametrize("key", [None, SECRET])
@pytest.mark.parametrize("kind", ["md5", "domain", "ids"])
def test_a_source_that_lists_a_canary(tmp_path, kind, key):
    """The record is an entry as any other, and other canaries are planted."""
    lines = [
        f"{i}.example" if kind == "domain" else hashlib.md5(b"%d" % i).hexdigest()
        for i in range(500)
    ]
    options = {}
    if kind == "ids":
        lines = ["md5,id", *(f"{line},{i}" for i, line in enumerate(lines))]
        options["columns"] = {"md5": "md5", "id": "id"}
    base, out, fresh, source = (tmp_path / name for name in ("base", "out", "fresh", "source"))
    source.write_text("\n".join(lines))
    csamatch.build(source, base, canaries=5, key=key, **options)
    rule = "domain" if kind == "domain" else "md5"
    oracle = ListFile(base.read_bytes())
    # The seed depends on the lowest and the highest key: one between them does not change it.
    positions = oracle.canaries(CODES[rule])
    made = next(text for text, at in positions.items() if 0 < at < 504)
    record = made.decode() if rule == "domain" else hashlib.md5(made).hexdigest()
    line = f"{record},1000" if kind == "ids" else record
    source.write_text("\n".join([*lines, line]))
    report = csamatch.build(source, fresh, canaries=5, key=key, **options)
    lst = csamatch.open(fresh, key=key)
    assert (report.accepted, report.counts[rule], len(lst)) == (501, 501, 501)
    assert not lst.find(record).entry.canary
    assert lst.self_test().canaries == 5
    assert not set(ListFile(fresh.read_bytes()).canaries(CODES[rule])) & set(positions)
    (tmp_path / "one").write_text("\n".join([*lines[: kind == "ids"], line]))
    come = csamatch.update(base, out, add=tmp_path / "one", key=key, **options)
    assert come.added == {rule: 1}
    assert out.read_bytes() == fresh.read_bytes()
    for change in ({}, {"replace": tmp_path / "one"}):  # it is among what stays, or comes anew
        csamatch.update(fresh, out, key=key, **change, **options)
        assert out.read_bytes() == fresh.read_bytes()
    assert csamatch.update(fresh, out, remove=tmp_path / "one", key=key, **options).removed == {
        rule: 1
    }
    assert out.read_bytes() == base.read_bytes()


@pytest.mark.parametrize("value", [-1, 10_001])
def test_how_many(tmp_path, value):
    with pytest.raises(ValueError, match="canaries"):
        make(tmp_path, "bare", canaries=value)


@pytest.mark.parametrize("key", [None, SECRET])
@pytest.mark.parametrize("canaries", [0, 3])
@pytest.mark.parametrize("kind", SOURCES)
def test_damage_is_found(tmp_path, kind, canaries, key):
    """Parts of the directory zeroed in memory: its filters, its counts, all of it."""
    for where in ("filter", "counts", "all", "keys"):
        _, lst = make(tmp_path, kind, canaries=canaries, key=key)
        lst.self_test()
        subject = lst._file.subjects()[0]
        row = lst._file._sections[listfile.DIRECTORY, subject]
        start, end = {"filter": (16, 64), "counts": (4, 16), "all": (0, 64), "keys": (0, 0)}[where]
        lines = np.frombuffer(lst._file.data, np.uint8)[row[4] : row[4] + row[5]].reshape(-1, 64)
        if where == "keys":
            row = lst._file._sections[listfile.KEYS, subject]
            np.frombuffer(lst._file.data, np.uint8)[row[4] : row[4] + row[2]] = 255
        else:
            lines[:, start:end] = 0
        with pytest.raises(SelfTestError):
            lst.self_test()


@pytest.mark.parametrize("canaries", [0, 3])
@pytest.mark.parametrize("key", [None, SECRET])
def test_damage_to_any_section_is_found(tmp_path, key, canaries):
    """Also where no key tells of it, such as a host noted beside a page, which is missed then."""
    for kind in SOURCES:
        make(tmp_path, kind, key=key, canaries=canaries)
        path = tmp_path / "l.csml"
        data = path.read_bytes()
        for (section, _), (_, _, content) in ListFile(data).sections.items():
            if section in (1, 13) or not content:
                continue  # what the list and its key are: that is read when it is opened
            at = data.index(content) + len(content) // 2
            path.write_bytes(data[:at] + bytes([data[at] ^ 4]) + data[at + 1 :])
            path.chmod(0o600)
            with pytest.raises((SelfTestError, csamatch.ListFileError)):
                csamatch.open(path, key=key, verify=False).self_test()
        path.write_bytes(data)
        csamatch.open(path, key=key, verify=False).self_test()


@pytest.mark.parametrize("key", [None, SECRET])
def test_damage_to_what_is_not_in_the_file(tmp_path, monkeypatch, key):
    """The filter of the hosts of pages is made when a list is opened."""
    made = []
    key_set = _core.KeySet

    def remember(data, offset, count, width, kernel, place, *more):
        if offset == 0:
            made.append(data[place[0] :].reshape(-1, 64))
        return key_set(data, offset, count, width, kernel, place, *more)

    make(tmp_path, "addresses", key=key)
    with monkeypatch.context() as patch:
        patch.setattr(_core, "KeySet", remember)
        lst = csamatch.open(tmp_path / "l.csml", key=key)
    (lines,) = made
    lst.self_test()
    assert "https://host.example/page" in lst
    lines[:, 16:] = 0
    assert "https://host.example/page" not in lst
    with pytest.raises(SelfTestError, match="host of a page"):
        lst.self_test()


def test_look_ups_alone_find_a_zeroed_filter(tmp_path, monkeypatch):
    """Even if nobody compared the directory with the keys."""
    monkeypatch.setattr(listfile.ListFile, "check_index", lambda self, subject: None)
    for key in (None, SECRET):
        _, lst = make(tmp_path, "bare", key=key)
        row = lst._file._sections[listfile.DIRECTORY, 1]
        lines = np.frombuffer(lst._file.data, np.uint8)[row[4] : row[4] + row[5]].reshape(-1, 64)
        lst.self_test()
        lines[:, 16:] = 0
        with pytest.raises(SelfTestError, match="not found"):
            lst.self_test()


@pytest.mark.parametrize("kind", ["bare", "addresses"])
@pytest.mark.parametrize("canaries", [0, 3])
def test_a_wrong_key_is_found(tmp_path, kind, canaries, monkeypatch):
    _, lst = make(tmp_path, kind, key=SECRET, canaries=canaries)
    lst.self_test()
    lst._file.key._memory[:] = listkey.ListKey(bytes(16))._memory[:]
    with pytest.raises(SelfTestError, match="key is not that of the list"):
        lst.self_test()
    if canaries:  # by matching alone, too
        monkeypatch.setattr(listkey.ListKey, "compare", lambda self, value: None)
        with pytest.raises(SelfTestError, match="canary"):
            lst.self_test()


def test_lists_in_memory():
    assert csamatch.HashList(["00" * 15 + "07"]).self_test().keys == 1
    assert csamatch.UrlList([]).self_test().keys == 0
    assert csamatch.UrlList(["bad.example"]).self_test().canaries == 0


def test_canaries_are_not_exported(tmp_path):
    _, lst = make(tmp_path, "all", canaries=3)
    csamatch.export(lst, tmp_path / "x", allow_export=True)
    assert sorted((tmp_path / "x").read_text().split()) == sorted(SOURCES["all"].split())


def test_command_line(tmp_path, capfd):
    (tmp_path / "s").write_text(SOURCES["bare"])
    out = str(tmp_path / "l.csml")
    assert cli.main(["build", str(tmp_path / "s"), "-o", out, "--canaries", "2"]) == 0
    assert cli.main(["self-test", out]) == 0
    assert "works; keys found: 502, canaries: 2, with " in capfd.readouterr().out
    text = next(iter(ListFile((tmp_path / "l.csml").read_bytes()).canaries(1)))
    (tmp_path / "q").write_text(hashlib.md5(text).hexdigest())
    assert cli.main(["match", out, str(tmp_path / "q")]) == 1
    assert '"canary": true' in capfd.readouterr().out
