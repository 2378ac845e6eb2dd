"""Updates, deltas and differences of lists with keys and canaries, beside lists built afresh."""

from __future__ import annotations

import hashlib
import random

import hypothesis
import pytest
from hypothesis import settings

import csamatch
from csamatch import DeltaError, ListKeyError, cli
from listfile_reader import siphash128, subkey
from sources import md5, sha1, text
from test_update import build, entries, entries_of, entry, st

SECRET = bytes(range(50, 82))
OTHER = bytes(range(16))
WAYS = [{"key": SECRET}, {"canaries": 3}, {"key": SECRET, "canaries": 3}]


def key_of(way):
    return {"key": way.get("key")}


def apart(remove, *others):
    """What is to be removed, without what is to come in."""
    coming = {key for other in others for keys, *_ in other for key in keys}
    return [(keys - coming, *said) for keys, *said in remove if keys - coming]


def left(held, remove, replace, add):
    gone = {key for keys, *_ in [*remove, *replace] for key in keys}
    kept = [(keys - gone, *said) for keys, *said in held]
    return [each for each in [*kept, *replace, *add] if each[0]]


def real_entries(path, key):
    """The entries of a list file without canaries, by digests, which are few and known."""
    known = {}
    for rule, make in (("md5", md5), ("sha1", sha1)):
        for i in range(13):
            digest = bytes.fromhex(make(i))
            stored = digest if key is None else siphash128(subkey(key, rule), digest)
            known[rule, stored] = rule, digest
    found = [
        (frozenset(known[key] for key in keys if key in known), *said)
        for keys, *said in entries_of(path)
    ]
    return [entry for entry in found if entry[0]]


def chain_of(held, changes, folder, way):
    """Update again and again, and compare each time with a list built of what is left."""
    base, fresh = folder / "base.csml", folder / "fresh.csml"
    build(held, base, info={"name": "n"}, **way)
    for number, (removed, replace, add) in enumerate(changes):
        before, info = folder / "before.csml", {"version": str(number)}
        before.write_bytes(base.read_bytes())
        given, sources = {}, {}
        asked = {"remove": apart(removed, replace, add), "replace": replace, "add": add}
        for name, items in asked.items():
            if items:
                build(items, folder / name)  # lists without a key: they are keyed now
                sources[name] = folder / name
            given[name] = entries_of(folder / name) if items else []
        held = left(real_entries(base, way.get("key")), **given)
        options = {"allow_shrink": True, "search_all": True, "info": info, **key_of(way)}
        receipt = csamatch.update(base, base, **sources, **options)
        build(held, fresh, info={"name": "n", **info}, **way)
        assert base.read_bytes() == fresh.read_bytes()
        assert receipt.info == csamatch.verify(base, **key_of(way))
        assert receipt.info.counts == csamatch.open(base, **key_of(way)).info.counts
        assert csamatch.write_delta(before, base, folder / "d", **key_of(way))
        assert (
            csamatch.apply_delta(before, folder / "d", folder / "x", **key_of(way)) == receipt.info
        )
        assert (folder / "x").read_bytes() == base.read_bytes()
        found = csamatch.diff(before, base, **key_of(way))
        assert sum(found.removed.values()) == sum(receipt.removed.values())
        assert sum(found.added.values()) == sum(receipt.added.values())


changes = st.tuples(st.lists(entry, max_size=3), st.lists(entry, max_size=3), entries)


@pytest.mark.parametrize("way", WAYS)
@settings(max_examples=12, deadline=None, phases=[hypothesis.Phase.generate])
@hypothesis.given(entries, st.lists(changes, min_size=1, max_size=3))
def test_a_chain_of_updates_equals_a_fresh_build(tmp_path_factory, way, held, changes):
    chain_of(held, changes, tmp_path_factory.mktemp("chain"), way)


def bare(numbers):
    return [f(i) for i in numbers for f in (md5, sha1)]


@pytest.mark.parametrize("way", WAYS)
def test_lists_of_keys_alone(tmp_path, way):
    base, fresh = tmp_path / "base.csml", tmp_path / "fresh.csml"
    held = set(bare(range(2000)))
    csamatch.build(text(*held), base, **way)
    rng = random.Random(4)
    for step in range(4):
        remove = set(rng.sample(sorted(held), 100))
        add = set(bare(range(3000 + 50 * step, 3050 + 50 * step)))
        before = tmp_path / "before.csml"
        before.write_bytes(base.read_bytes())
        receipt = csamatch.update(base, base, add=text(*add), remove=text(*remove), **key_of(way))
        held = held - remove | add
        csamatch.build(text(*held), fresh, **way)
        assert base.read_bytes() == fresh.read_bytes()
        assert sum(receipt.removed.values()) == 100 and receipt.info.keyed == ("key" in way)
        csamatch.write_delta(before, base, tmp_path / "d", **key_of(way))
        csamatch.apply_delta(before, tmp_path / "d", tmp_path / "x", **key_of(way))
        assert (tmp_path / "x").read_bytes() == base.read_bytes()
    lst = csamatch.open(base, **key_of(way))
    assert len(lst) == len(held)
    assert lst.self_test().canaries == 2 * way.get("canaries", 0)


@pytest.mark.parametrize("way", WAYS)
def test_addresses(tmp_path, way):
    base, fresh = tmp_path / "base.csml", tmp_path / "fresh.csml"
    held = {f"http://h{i % 9}.example/p{i}" for i in range(90)} | {"bad.example", "worse.test"}
    csamatch.build(text(*held), base, **way)
    csamatch.update(
        base,
        base,
        add=text("third.test", "http://third.test/x"),
        remove=text("worse.test", "http://h0.example/p0"),
        search_all=True,
        **key_of(way),
    )
    held = held - {"worse.test", "http://h0.example/p0"} | {"third.test", "http://third.test/x"}
    csamatch.build(text(*held), fresh, **way)
    assert base.read_bytes() == fresh.read_bytes()
    csamatch.build(text("bad.example", "new.example"), fresh, **way)
    csamatch.write_delta(base, fresh, tmp_path / "d", **key_of(way))
    csamatch.apply_delta(base, tmp_path / "d", tmp_path / "x", **key_of(way))
    assert (tmp_path / "x").read_bytes() == fresh.read_bytes()
    found = csamatch.diff(base, fresh, keys=True, **key_of(way))
    assert dict(found.removed) == {"domain": 1, "url": 90} and found.added["domain"] == 1
    assert len(found.added_keys["domain"]) == 1 and len(found.removed_keys["url"]) == 90


@pytest.fixture
def keyed(tmp_path):
    csamatch.build(text(*bare(range(300))), tmp_path / "old", key=SECRET, canaries=2)
    csamatch.build(text(*bare(range(20, 320))), tmp_path / "new", key=SECRET, canaries=2)
    return tmp_path


@pytest.mark.parametrize("key", [None, OTHER], ids=["missing", "wrong"])
def test_the_key_must_be_right(keyed, key):
    words = "no key was given" if key is None else "not that of the list"
    old, new, out = keyed / "old", keyed / "new", keyed / "out"
    csamatch.write_delta(old, new, keyed / "d", key=SECRET)
    before = sorted(keyed.iterdir())
    with pytest.raises(ListKeyError, match=words):
        csamatch.update(old, out, add=text(md5(999)), key=key)
    with pytest.raises(ListKeyError, match=words):
        csamatch.diff(old, new, key=key)
    with pytest.raises(ListKeyError, match=words):
        csamatch.write_delta(old, new, out, key=key)
    with pytest.raises(ListKeyError, match=words):
        csamatch.apply_delta(old, keyed / "d", out, key=key)
    if key is not None:
        with pytest.raises(ListKeyError, match=words):
            csamatch.verify(old, key=key)
        with pytest.raises(ListKeyError, match=words):
            csamatch.update(csamatch.open(old, key=SECRET), out, key=key)
    assert sorted(keyed.iterdir()) == before


def test_opened_lists_have_their_key(keyed):
    old, new = (csamatch.open(keyed / name, key=SECRET) for name in ("old", "new"))
    csamatch.write_delta(old, new, keyed / "d")
    csamatch.apply_delta(old, keyed / "d", keyed / "out")
    assert (keyed / "out").read_bytes() == (keyed / "new").read_bytes()
    found = csamatch.diff(old, new)
    assert dict(found.added) == dict(found.removed) == {"md5": 20, "sha1": 20}
    csamatch.update(old, keyed / "out", add=text(md5(999)))
    assert md5(999) in csamatch.open(keyed / "out", key=SECRET)


def test_lists_of_different_keys_do_not_go_together(keyed):
    for name, key in (("plain", None), ("other", OTHER)):
        csamatch.build(text(*bare(range(20, 320))), keyed / name, key=key)
    old = csamatch.open(keyed / "old", key=SECRET)
    plain, other = csamatch.open(keyed / "plain"), csamatch.open(keyed / "other", key=OTHER)
    for lists in ((old, plain), (plain, old), (old, other)):
        with pytest.raises(ListKeyError, match="different keys"):
            csamatch.diff(*lists)
        with pytest.raises(ListKeyError, match="different keys"):
            csamatch.write_delta(*lists, keyed / "d")
    with pytest.raises(ListKeyError, match="not that of the list"):
        csamatch.update(old, keyed / "out", add=other)
    with pytest.raises(ListKeyError, match="keyed list for one"):
        csamatch.update(plain, keyed / "out", add=old)
    csamatch.update(old, keyed / "out", add=plain, remove=csamatch.HashList([md5(0)]))
    lst = csamatch.open(keyed / "out", key=SECRET)
    assert [md5(i) in lst for i in (0, 1, 319, 320)] == [False, True, True, False]
    csamatch.update(old, keyed / "out", add=keyed / "new")  # with the same key
    assert md5(319) in csamatch.open(keyed / "out", key=SECRET)


def test_addresses_without_a_key_cannot_be_keyed(tmp_path):
    csamatch.build(text("bad.example"), tmp_path / "k", key=SECRET)
    csamatch.build(text("other.example"), tmp_path / "p")
    with pytest.raises(ListKeyError, match="without a key"):
        csamatch.update(tmp_path / "k", tmp_path / "k", add=tmp_path / "p", key=SECRET)


def test_a_delta_holds_hashes_alone(keyed):
    csamatch.write_delta(keyed / "old", keyed / "new", keyed / "d", key=SECRET)
    data = (keyed / "d").read_bytes()
    for i in range(320):
        for name, hexed in (("md5", md5(i)), ("sha1", sha1(i))):
            digest = bytes.fromhex(hexed)
            assert digest[:6] not in data and hexed[:12].encode() not in data.lower()
            assert (siphash128(subkey(SECRET, name), digest) in data) == (i >= 300)


def test_a_delta_is_bound_to_both_ends(keyed):
    csamatch.write_delta(keyed / "old", keyed / "new", keyed / "d", key=SECRET)
    csamatch.build(text(*bare(range(300))), keyed / "other", key=OTHER, canaries=2)
    csamatch.build(text(*bare(range(300))), keyed / "fewer", key=SECRET, canaries=1)
    for name, key in (("other", OTHER), ("fewer", SECRET), ("new", SECRET)):
        with pytest.raises(DeltaError, match="not for"):
            csamatch.apply_delta(keyed / name, keyed / "d", keyed / "out", key=key)
    data = (keyed / "d").read_bytes()
    for at in range(0, len(data), 7):
        (keyed / "d").write_bytes(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])
        with pytest.raises(DeltaError):
            csamatch.apply_delta(keyed / "old", keyed / "d", keyed / "out", key=SECRET)
    assert not (keyed / "out").exists()


def test_canaries_are_neither_removed_nor_counted(tmp_path):
    csamatch.build(text(*bare(range(300))), tmp_path / "l", canaries=2)
    seed = csamatch.open(tmp_path / "l")._file.canary_seed().hex()
    canary = hashlib.md5(f"csamatch canary {seed} 0".encode()).hexdigest()
    assert csamatch.open(tmp_path / "l").find(canary).entry.canary
    receipt = csamatch.update(tmp_path / "l", tmp_path / "x", remove=text(canary), search_all=True)
    assert receipt.removed == {"md5": 0} and receipt.absent == {"md5": 1}
    assert (tmp_path / "x").read_bytes() == (tmp_path / "l").read_bytes()
    csamatch.build(text(md5(999)), tmp_path / "p")
    csamatch.update(tmp_path / "p", tmp_path / "x", add=tmp_path / "l")  # without its canaries
    assert len(csamatch.open(tmp_path / "x")) == 601 and canary not in csamatch.open(tmp_path / "x")


@pytest.mark.parametrize("wish", [0, 1, 7])
def test_how_many_canaries(tmp_path, wish):
    csamatch.build(text(*bare(range(30))), tmp_path / "l", canaries=2)
    csamatch.update(tmp_path / "l", tmp_path / "x", add=text(md5(77)), canaries=wish)
    csamatch.build(text(*bare(range(30)), md5(77)), tmp_path / "y", canaries=wish)
    assert (tmp_path / "x").read_bytes() == (tmp_path / "y").read_bytes()
    for bad in (-1, 10_001):
        with pytest.raises(ValueError, match="canaries"):
            csamatch.update(tmp_path / "l", tmp_path / "x", canaries=bad)


def test_purge_takes_a_keyed_list_and_its_deltas(keyed):
    (keyed / "old.sig").write_text("a signature")
    csamatch.write_delta(keyed / "old", keyed / "new", keyed / "d", key=SECRET)
    receipt = csamatch.purge(keyed / "old")
    assert set(receipt.removed) == {"old", "old.sig", "d"}
    assert {path.name for path in keyed.iterdir()} == {"new", "old.purged.json"}


def test_command_line(keyed, capfd, monkeypatch):
    (keyed / "key").write_text(SECRET.hex())
    (keyed / "key").chmod(0o600)
    old, new, out, delta = (str(keyed / name) for name in ("old", "new", "out", "d"))
    (keyed / "add").write_text(md5(999))
    key = ["--key-file", str(keyed / "key")]
    assert cli.main(["diff", old, new]) == 2
    assert "no key was given" in capfd.readouterr().err
    assert cli.main(["diff", old, new, *key]) == 1
    assert cli.main(["delta", old, new, "-o", delta, *key]) == 0
    assert cli.main(["apply", old, delta, "-o", out, *key]) == 0
    assert (keyed / "out").read_bytes() == (keyed / "new").read_bytes()
    assert cli.main(["verify", out, *key]) == 0
    assert cli.main(["update", old, "-o", out, "--add", str(keyed / "add"), "-q", *key]) == 0
    assert cli.main(["self-test", out, *key]) == 0
    assert "602" not in capfd.readouterr().err
    monkeypatch.setenv("CSAMATCH_KEY", SECRET.hex())
    assert cli.main(["diff", old, new]) == 1
    csamatch.build(text(md5(1)), keyed / "plain")  # the key of the environment is not for it
    assert cli.main(["match", str(keyed / "plain"), str(keyed / "add")]) == 0
    assert cli.main(["verify", str(keyed / "plain")]) == 0
    assert cli.main(["match", str(keyed / "plain"), str(keyed / "add"), *key]) == 2
    assert "not keyed" in capfd.readouterr().err
