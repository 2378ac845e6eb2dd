"""Updates, beside lists built afresh from what an independent reader says is left."""

from __future__ import annotations

import hashlib
import json
import random
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import csamatch
from csamatch import absence, cli, listfile, listwrite
from csamatch.rules import CODES
from listfile_reader import ListFile, address_key, subkey
from sources import md5, media, sha1, text
from test_diff import RULES, keys_of

EVERY = ["1", "2", "3", None]


def entries_of(path) -> list[tuple[frozenset[tuple[str, bytes]], str, str | None, str | None]]:
    """The entries of a list file: their keys, id, category and source."""
    lst = ListFile(path.read_bytes())
    keys: dict[int, set[tuple[str, bytes]]] = {}
    for subject, all_keys in lst.keys.items():
        for key in all_keys:
            for entry in lst.entries(subject, key):
                keys.setdefault(entry, set()).add((RULES[subject], key))
    return [
        (frozenset(found), lst.id(entry), lst.category(entry), lst.source(entry))
        for entry, found in keys.items()
    ]


def as_source(entries):
    """Entries as VICS Media that says the same, by source where they have sources."""
    named: dict = {}
    for keys, identifier, category, source in entries:
        record: dict = {"MediaID": identifier, "Category": category}
        for rule, key in sorted(keys):
            if rule.upper() in record:
                record.setdefault("AlternativeHashes", []).append(
                    {"HashName": rule.upper(), "HashValue": key.hex()}
                )
            else:
                record[rule.upper()] = key.hex()
        named.setdefault(source, []).append(record)
    if set(named) == {None}:
        return media(named[None])
    return {name: media(records) for name, records in named.items()}


def updated(entries, remove, replace, add):
    """What should be left, in sets."""
    gone = {key for keys, *_ in [*remove, *replace] for key in keys}
    left = [(keys - gone, *said) for keys, *said in entries]
    return [entry for entry in [*left, *replace, *add] if entry[0]]


numbers = st.integers(0, 12)
entry = st.tuples(
    st.frozensets(
        st.one_of(
            st.builds(lambda i: ("md5", bytes.fromhex(md5(i))), numbers),
            st.builds(lambda i: ("sha1", bytes.fromhex(sha1(i))), numbers),
        ),
        min_size=1,
        max_size=3,
    ),
    st.sampled_from(["", "7", "8", "longer"]),
    st.sampled_from(EVERY),
    st.none(),
)
entries = st.lists(entry, min_size=1, max_size=12)


def build(items, out, **options):
    return csamatch.build(as_source(items), out, categories=EVERY, **options)


@settings(max_examples=150, deadline=None)
@given(entries, st.lists(entry, max_size=4), st.lists(entry, max_size=4), entries)
def test_equals_a_fresh_build(tmp_path_factory, held, remove, replace, add):
    folder = tmp_path_factory.mktemp("update")
    base, out, fresh = (folder / f"{name}.csml" for name in ("base", "out", "fresh"))
    info = {"name": "a list", "max_age": "3d"}
    build(held, base, info=info)
    coming = {key for keys, *_ in [*replace, *add] for key in keys}
    remove = [(keys - coming, *said) for keys, *said in remove if keys - coming]
    expected = updated(entries_of(base), remove, replace, add)
    receipt = csamatch.update(
        base,
        out,
        remove=as_source(remove) if remove else None,
        replace=as_source(replace) if replace else None,
        add=as_source(add),
        categories=EVERY,
        allow_shrink=True,
        base_digest=csamatch.verify(base).digest,
        search_all=True,
    )
    build(expected, fresh, info=info)
    assert out.read_bytes() == fresh.read_bytes()
    assert csamatch.verify(out).digest == receipt.digest
    before, after = keys_of(base), keys_of(out)
    for rule in ("md5", "sha1"):
        old, new = before.get(rule, set()), after.get(rule, set())
        assert receipt.added.get(rule, 0) == len(new - old)
        assert receipt.removed.get(rule, 0) == len(old - new)


def test_sources_keep_their_names(tmp_path):
    base, out, fresh = (tmp_path / f"{name}.csml" for name in ("base", "out", "fresh"))
    one, two = {"MediaID": 1, "Category": 1, "MD5": md5(1)}, {"Category": 1, "MD5": md5(2)}
    three = {"MediaID": 3, "Category": 2, "MD5": md5(1), "SHA1": sha1(3)}
    csamatch.build({"A": media([one, two]), "B": media([one])}, base)
    csamatch.update(base, out, add={"C": media([three])}, remove=text(md5(2)), allow_shrink=True)
    csamatch.build({"A": media([one]), "B": media([one]), "C": media([three])}, fresh)
    assert out.read_bytes() == fresh.read_bytes()
    # One without a name comes beside them, and the others keep theirs.
    csamatch.update(out, out, add=[media([two]), text(md5(9))])
    found = {(e.id, e.source) for m in csamatch.open(out).match([md5(1)]) for e in m.entries}
    assert found == {("1", "A"), ("1", "B"), ("3", "C")}
    assert csamatch.open(out).find(md5(2)).entry.source == ""
    csamatch.verify(out)
    # When the last entry with a name is gone, so are the names.
    csamatch.update(out, out, remove=[text(md5(1)), text(sha1(3))], allow_shrink=True)
    assert b'"A"' not in out.read_bytes()
    csamatch.build([media([two]), text(md5(9))], fresh)
    assert out.read_bytes() == fresh.read_bytes()


def test_metadata_of_removed_entries_is_gone(tmp_path):
    base = tmp_path / "list.csml"
    records = [
        {"MediaID": f"id-{i}", "Category": str(i), "MD5": md5(i), "SHA1": sha1(i)}
        for i in range(1, 9)
    ]
    csamatch.build(media(records), base, categories=[str(i) for i in range(9)])
    assert b"id-8" in base.read_bytes() and b'"8"' in base.read_bytes()
    csamatch.update(base, base, remove=text(md5(8)))
    assert sha1(8) in csamatch.open(base), "the entry still has another key"
    assert csamatch.open(base).find(sha1(8)).entry.id == "id-8"
    csamatch.update(base, base, remove=text(sha1(8)))
    content = base.read_bytes()
    for gone in (b"id-8", b'"8"', bytes.fromhex(md5(8)), bytes.fromhex(sha1(8))):
        assert gone not in content
    csamatch.update(base, base, remove=media(records), allow_shrink=True, add=text(md5(50)))
    csamatch.build(text(md5(50)), tmp_path / "fresh.csml")
    assert base.read_bytes() == (tmp_path / "fresh.csml").read_bytes()


def test_lists_as_changes(tmp_path):
    base, out, fresh = (tmp_path / f"{name}.csml" for name in ("base", "out", "fresh"))
    csamatch.build(text(*map(md5, range(20))), base)
    csamatch.build(text(md5(3)), tmp_path / "gone.csml")
    csamatch.build(media([{"MediaID": 9, "Category": 1, "MD5": md5(30)}]), tmp_path / "come.csml")
    receipt = csamatch.update(
        csamatch.open(base),
        out,
        remove=[tmp_path / "gone.csml", text(md5(4))],
        add=csamatch.open(tmp_path / "come.csml"),
        replace=csamatch.HashList([md5(5), md5(40)]),
    )
    assert receipt.added == {"md5": 2} and receipt.removed == {"md5": 2}
    assert receipt.replaced == {"md5": 1}
    left = [i for i in range(20) if i not in (3, 4)]
    record = {"MediaID": 9, "Category": 1, "MD5": md5(30)}
    csamatch.build([media([record]), text(*map(md5, left), md5(40))], fresh)
    assert out.read_bytes() == fresh.read_bytes()
    with pytest.raises(ValueError, match="a list of addresses for one of hashes"):
        csamatch.update(base, out, add=csamatch.UrlList(["bad.example"]))
    with pytest.raises(csamatch.FormatError, match="addresses for a list of hashes"):
        csamatch.update(base, out, add=text("bad.example"))


def test_what_is_refused(tmp_path):
    base, out = tmp_path / "list.csml", tmp_path / "out.csml"
    csamatch.build(text(*map(md5, range(10))), base)
    with pytest.raises(csamatch.ListFileError, match="not the base expected"):
        csamatch.update(base, out, base_digest="0" * 64)
    with pytest.raises(csamatch.UpdateError, match="1 keys are both to be removed and to be added"):
        csamatch.update(base, out, add=text(md5(1)), remove=text(md5(1)))
    with pytest.raises(csamatch.UpdateError, match="removed and to be replaced"):
        csamatch.update(base, out, replace=text(md5(1)), remove=text(md5(1)))
    with pytest.raises(csamatch.UpdateError, match="from 10 keys to 7"):
        csamatch.update(base, out, remove=text(*map(md5, range(3))))
    with pytest.raises(csamatch.UpdateError, match="from 10 keys to 5"):
        csamatch.update(base, out, remove=text(*map(md5, range(5))), allow_shrink=0.4)
    with pytest.raises(ValueError, match="allow_shrink"):
        csamatch.update(base, out, allow_shrink=3)
    assert not out.exists()
    csamatch.update(base, out, remove=text(*map(md5, range(2))))
    csamatch.update(base, out, remove=text(*map(md5, range(4))), allow_shrink=0.4)
    receipt = csamatch.update(base, out, remove=text(*map(md5, range(12))), allow_shrink=True)
    assert receipt.absent == {"md5": 2} and receipt.removed == {"md5": 10}
    assert len(csamatch.open(out)) == 0


def test_sections_unknown_here_are_not_dropped(tmp_path):
    base = tmp_path / "list.csml"
    sections = [
        listfile.Section(listfile.INFO, 0, 1, b"{}"),
        listfile.Section(listfile.KEYS, 1, 16, bytes.fromhex(md5(1))),
        listfile.Section(900, 0, 1, b"from the future"),
    ]
    listwrite.write(base, "hashes", sections)
    csamatch.verify(base)
    with pytest.raises(csamatch.ListFileError, match="kinds unknown to this version \\(900\\)"):
        csamatch.update(base, tmp_path / "out.csml", add=text(md5(2)))


def test_info(tmp_path):
    base, out = tmp_path / "list.csml", tmp_path / "out.csml"
    info = {"name": "n", "version": "1", "issued": "2026-11-20", "max_age": "30d", "purpose": "p"}
    csamatch.build(text(md5(1)), base, info=info)
    csamatch.update(base, out, add=text(md5(2)), info={"version": "2", "issued": "2026-11-21"})
    csamatch.build(
        text(md5(1), md5(2)),
        tmp_path / "fresh.csml",
        info={**info, "version": "2", "issued": "2026-11-21"},
    )
    assert out.read_bytes() == (tmp_path / "fresh.csml").read_bytes()


def canonical(path: Path) -> dict[str, str]:
    """The canonical form of each line that has one, and the line."""
    found = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            try:
                found[csamatch.normalize_url(line)] = line
            except csamatch.UrlError:
                continue
    return found


def test_versions_of_a_real_list(shared, tmp_path):
    """Each as an update of the one before: the same bytes as built afresh; nothing left behind."""
    versions = sorted((shared / "data" / "updates").glob("urlhaus-online-*.txt"))
    assert len(versions) == 24
    chain, fresh = tmp_path / "chain.csml", tmp_path / "fresh.csml"
    csamatch.build(versions[0], chain, reader="urls")
    gone_so_far = 0
    for old, new in pairwise(versions):
        before, after = canonical(old), canonical(new)
        for name, these, those in (("add", after, before), ("remove", before, after)):
            lines = [these[url] for url in sorted(these.keys() - those.keys())]
            (tmp_path / name).write_text("\n".join(lines), encoding="utf-8")
        listed = keys_of(chain)
        receipt = csamatch.update(
            chain, chain, add=tmp_path / "add", remove=tmp_path / "remove", reader="urls"
        )
        csamatch.build(new, fresh, reader="urls")
        assert chain.read_bytes() == fresh.read_bytes()
        built = keys_of(fresh)
        for rule in built:
            assert receipt.added.get(rule, 0) == len(built[rule] - listed[rule])
            assert receipt.removed.get(rule, 0) == len(listed[rule] - built[rule])
        content = chain.read_bytes()
        assert receipt.digest == hashlib.sha256(content[len_of_header(content) :]).hexdigest()
        # Beside a url that is still listed lies the key of its host, which may have been a domain.
        for (kind, _), (_, _, noted) in ListFile(content).sections.items():
            if kind == 12:
                content = content.replace(noted, b"")
        lost = {key for rule in listed for key in listed[rule] - built[rule]}
        lost -= {key for rule in built for key in built[rule]}
        assert not any(key in content for key in lost)
        gone_so_far += len(lost)
    assert gone_so_far > 1000


def test_a_key_of_one_rule_that_another_rule_has_too(tmp_path):
    """A host withdrawn as a domain, but listed as a host, and shown beside a url of its own."""
    lists = {name: tmp_path / f"{name}.csml" for name in ("base", "out", "fresh", "gone")}
    listed = csamatch.UrlList.from_entries
    page = "https://bad.example/page"
    for name, entries in (
        ("base", [("bad.example", "domain"), ("bad.example", "host"), page, "x.example"]),
        ("gone", [("bad.example", "domain")]),
        ("fresh", [("bad.example", "host"), page, "x.example"]),
    ):
        lists[name].write_bytes(bytes(listed(entries)._file.data))
    receipt = csamatch.update(
        lists["base"], lists["out"], remove=lists["gone"], allow_shrink=True, search_all=True
    )
    assert lists["out"].read_bytes() == lists["fresh"].read_bytes()
    assert receipt.removed == {"domain": 1}
    csamatch.verify(lists["out"])


def len_of_header(content: bytes) -> int:
    return int.from_bytes(content[24:32], "little")


@pytest.mark.parametrize("key", [None, bytes(range(32))])
def test_what_is_left_of_a_withdrawn_host(tmp_path, key):
    """Its bytes stay beside its pages that are listed, and as what else it is listed as."""
    path, host = tmp_path / "list.csml", "bad.example"
    page = f"https://{host}/page"
    sought = address_key(host, "", *([] if key is None else [subkey(key, "address")]))
    domain, of_host, hint = (2, CODES["domain"]), (2, CODES["host"]), (12, CODES["url"])

    def places():
        """The sections in which the host's key is, each with its rule."""
        content = path.read_bytes()
        assert host.encode() not in content
        found = [at for at, (*_, data) in ListFile(content).sections.items() if sought in data]
        assert (sought in content) == bool(found)
        return sorted(found)

    def remains(withdrawn):
        options = {"search_all": True, "allow_shrink": True}
        csamatch.update(path, path, remove=withdrawn, key=key, **options)
        lst = csamatch.open(path, key=key)
        return [url in lst for url in (f"http://sub.{host}/", f"http://{host}/", page)]

    csamatch.build(text("other.example", host, page), path, key=key)
    if key is None:  # no source of a keyed list says that it means a host alone
        alone = csamatch.UrlList.from_entries([(host, "host")])
        csamatch.update(path, path, add=alone)
        assert places() == [domain, of_host, hint]
        assert remains(text(host)) == [False, True, True]
        assert places() == [of_host, hint]
        assert remains(alone) == [False, False, True]
    else:
        assert places() == [domain, hint]
        assert remains(text(host)) == [False, False, True]
    assert places() == [hint]
    assert remains(text(page)) == [False, False, False]
    assert places() == []


def test_receipts_hold_no_entry(tmp_path):
    base = tmp_path / "list.csml"
    csamatch.build(
        media([{"MediaID": "secret", "Category": 1, "MD5": md5(i)} for i in range(9)]), base
    )
    receipt = csamatch.update(base, base, add=text(md5(20), "5ec2e7"), remove=text(md5(1)))
    for shown in (repr(receipt), str(receipt), json.dumps(receipt.as_dict())):
        assert not any(mark in shown for mark in ("secret", "5ec2e7", md5(1)[:8], md5(20)[:8]))
    assert receipt.reports["add"].rejected == 1


def test_many_keys(tmp_path):
    """Of three algorithms, enough of them for the directory and the sample to count."""
    rng = random.Random(4)
    base, out, fresh = (tmp_path / f"{name}.csml" for name in ("base", "out", "fresh"))
    lines = [
        hashlib.new(name, str(i).encode()).hexdigest()
        for i in range(30_000)
        for name in ("md5", "sha1", "sha256")
    ]
    rng.shuffle(lines)
    csamatch.build(text(*lines[:80_000]), base)
    receipt = csamatch.update(base, out, add=text(*lines[80_000:]), remove=text(*lines[:15_000]))
    csamatch.build(text(*lines[15_000:]), fresh)
    assert out.read_bytes() == fresh.read_bytes()
    assert sum(receipt.added.values()) == 10_000 and sum(receipt.removed.values()) == 15_000
    assert receipt.searched == 3 * absence.SAMPLE


def test_command_line(tmp_path, capsys):
    base, out, fresh = (str(tmp_path / f"{name}.csml") for name in ("base", "out", "fresh"))
    for name, chosen in (("base", range(10)), ("add", (3, 20)), ("gone", (1, 30)), ("new", (4,))):
        (tmp_path / f"{name}.txt").write_text("\n".join(map(md5, chosen)))
    assert cli.main(["build", f"{tmp_path}/base.txt", "-o", base, "-q", "--max-age", "3d"]) == 0
    command = ["update", base, "-o", out, "--add", f"{tmp_path}/add.txt", "--name", "N"]
    command += ["--remove", f"{tmp_path}/gone.txt", "--replace", f"{tmp_path}/new.txt", "--json"]
    digest = csamatch.verify(base).digest
    receipt = f"{tmp_path}/receipt.json"
    assert cli.main([*command, "--base-digest", digest, "--receipt", receipt]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown == json.loads(Path(receipt).read_text())
    assert shown["base_digest"] == digest and shown["digest"] == csamatch.verify(out).digest
    changes = {name: shown[name] for name in ("added", "removed", "replaced", "known", "absent")}
    assert changes == {name: {"md5": 1} for name in changes}
    lines = [md5(i) for i in range(10) if i != 1]
    csamatch.build(text(*lines, md5(20)), fresh, info={"name": "N", "max_age": "3d"})
    assert Path(out).read_bytes() == Path(fresh).read_bytes()
    assert cli.main([*command, "--base-digest", "ff"]) == 2
    assert cli.main(["update", base, "-o", out, "--remove", f"{tmp_path}/base.txt"]) == 2
    assert "--allow-shrink" in capsys.readouterr().err
