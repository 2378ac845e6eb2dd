"""What differs between two lists, beside sets taken from an independent reader of the files."""

from __future__ import annotations

import json
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import csamatch
from csamatch import cli
from listfile_reader import ListFile
from sources import md5, media, sha1, text

RULES = {1: "md5", 2: "sha1", 3: "sha256", 16: "domain", 17: "host", 18: "url", 19: "prefix"}


def keys_of(path) -> dict[str, set[bytes]]:
    return {RULES[code]: set(keys) for code, keys in ListFile(path.read_bytes()).keys.items()}


def check(old, new) -> csamatch.Diff:
    """Compare a diff of two files with one of sets."""
    found = csamatch.diff(old, new, keys=True)
    before, after = keys_of(old), keys_of(new)
    rules = {*before, *after}
    for rule in rules:
        gone = before.get(rule, set()) - after.get(rule, set())
        come = after.get(rule, set()) - before.get(rule, set())
        assert [row.tobytes() for row in found.removed_keys[rule]] == sorted(gone)
        assert [row.tobytes() for row in found.added_keys[rule]] == sorted(come)
        assert (found.removed[rule], found.added[rule]) == (len(gone), len(come))
        assert found.common[rule] == len(before.get(rule, set()) & after.get(rule, set()))
    assert set(found.added) == set(found.removed) == set(found.common) == rules
    return found


@settings(max_examples=30, deadline=None)
@given(
    st.sets(st.integers(0, 40), min_size=1),
    st.sets(st.integers(0, 40), min_size=1),
    st.sets(st.integers(0, 9)),
)
def test_against_sets(tmp_path_factory, first, second, others):
    folder = tmp_path_factory.mktemp("diff")
    csamatch.build(text(*map(md5, first), *map(sha1, others)), folder / "a.csml")
    csamatch.build(text(*map(md5, second)), folder / "b.csml")
    found = check(folder / "a.csml", folder / "b.csml")
    assert found.equal == (first == second and not others)
    assert found.same_keys == found.equal
    check(folder / "b.csml", folder / "a.csml")


def test_many_keys_chunk_by_chunk(tmp_path):
    rng = random.Random(2)
    numbers = rng.sample(range(10**7), 700_000)
    for name, chosen in (("a", numbers[:600_000]), ("b", numbers[50_000:])):
        (tmp_path / name).write_text("\n".join(f"{n * 2654435761 % 2**64:032x}" for n in chosen))
        csamatch.build(tmp_path / name, tmp_path / f"{name}.csml")
    found = check(tmp_path / "a.csml", tmp_path / "b.csml")
    assert (found.added, found.removed) == ({"md5": 100_000}, {"md5": 50_000})


def test_metadata_alone_differs(tmp_path):
    for category in (1, 2):
        record = {"MediaID": 1, "Category": category, "MD5": md5(1)}
        csamatch.build(media([record]), tmp_path / f"{category}.csml")
    found = csamatch.diff(tmp_path / "1.csml", tmp_path / "2.csml")
    assert found.same_keys and not found.equal
    assert found.added_keys is None and found.removed_keys is None
    assert "the keys are the same" in str(found)


def test_opened_lists(tmp_path):
    old = csamatch.HashList([md5(1), md5(2)])
    new = csamatch.HashList([md5(2), sha1(1)])
    found = csamatch.diff(old, new)
    assert found.added == {"md5": 0, "sha1": 1}
    assert found.removed == {"md5": 1, "sha1": 0}
    assert csamatch.diff(old, old).equal
    with pytest.raises(ValueError, match="cannot be compared"):
        csamatch.diff(old, csamatch.UrlList(["bad.example"]))
    with pytest.raises(TypeError, match="expected a list or a path"):
        csamatch.diff(old, [md5(1)])


def test_command_line(tmp_path, capsys):
    for name, lines in (("a", [md5(1), md5(2)]), ("b", [md5(2), md5(3), md5(4)])):
        csamatch.build(text(*lines), tmp_path / f"{name}.csml")
    a, b = str(tmp_path / "a.csml"), str(tmp_path / "b.csml")
    assert cli.main(["diff", a, a]) == 0
    capsys.readouterr()
    assert cli.main(["diff", a, b, "--json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert found == {
        "equal": False,
        "same_keys": False,
        "added": {"md5": 2},
        "removed": {"md5": 1},
        "common": {"md5": 1},
        "old_digest": csamatch.verify(a).digest,
        "new_digest": csamatch.verify(b).digest,
    }
    assert cli.main(["diff", a, b]) == 1
    assert "2 added" in capsys.readouterr().out
    assert cli.main(["diff", a, str(tmp_path / "none.csml")]) == 2
    (tmp_path / "c.csml").write_bytes(b"no list")
    assert cli.main(["diff", a, str(tmp_path / "c.csml")]) == 2


def test_nothing_shows_in_a_repr(tmp_path):
    found = csamatch.diff(csamatch.HashList([md5(1)]), csamatch.HashList([md5(2)]), keys=True)
    for shown in (repr(found), str(found)):
        assert md5(1)[:8] not in shown and "array" not in shown
