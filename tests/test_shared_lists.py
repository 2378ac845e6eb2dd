"""Real public lists, against independent oracles. They need CSAMATCH_SHARED."""

from __future__ import annotations

import csv
import hashlib
import json

import numpy as np
import pytest

import csamatch

COUNTS = {"md5": 44_041, "sha1": 12_866, "sha256": 116_970}
EMPTY = {name: hashlib.new(name).hexdigest() for name in COUNTS}


@pytest.fixture(scope="module")
def benign(shared):
    with (shared / "data/hashes/real_files_md5_sha1_sha256_size.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 149_836
    return rows


def malware(shared, name):
    return shared / f"data/hashes/malware_{name}.txt"


@pytest.mark.parametrize("name", COUNTS)
def test_each_malware_list(shared, tmp_path, name):
    report = csamatch.build(malware(shared, name), tmp_path / "m.csml", info={"name": "malware"})
    assert report.accepted == COUNTS[name]
    expected = {} if name == "sha256" else {"empty-file": 1}
    assert report.quarantined == expected
    assert report.counts == {name: COUNTS[name]}


def test_all_malware_lists_together(shared, tmp_path, benign):
    sources = [malware(shared, name) for name in COUNTS]
    report = csamatch.build(sources, tmp_path / "m.csml")
    assert report.counts == COUNTS
    lst = csamatch.open(tmp_path / "m.csml")
    asked = [row[name] for row in benign for name in COUNTS]
    assert lst.match(asked).count == 0
    csamatch.build(sources, tmp_path / "e.csml", admit=["empty-file"])
    matches = csamatch.open(tmp_path / "e.csml").match(asked)
    listed = {line for name in COUNTS for line in malware(shared, name).read_text().split()}
    assert {asked[m.query] for m in matches} == {EMPTY["md5"], EMPTY["sha1"]} & listed
    assert {asked[m.query] for m in matches} == {EMPTY["md5"], EMPTY["sha1"]}


def test_every_listed_digest_hits_with_its_own_entry(shared, tmp_path):
    sources = [malware(shared, name) for name in COUNTS]
    csamatch.build(sources, tmp_path / "m.csml")
    lst = csamatch.open(tmp_path / "m.csml")
    listed = [line for source in sources for line in source.read_text().split()]
    listed = [line for line in listed if line not in EMPTY.values()]
    raw = [bytes.fromhex(line) for line in listed]
    # Entries are numbered as the sorted digests are, MD5 before SHA-1 before SHA-256.
    order = sorted(range(len(listed)), key=lambda i: (len(raw[i]), raw[i]))
    expected = np.empty(len(listed), np.int64)
    expected[order] = np.arange(len(listed))
    for form in (listed, [line.upper() for line in listed], raw):
        matches = lst.match(form)
        assert np.array_equal(matches.entry, expected)
    for i in range(0, len(listed), 7):
        for single in (listed[i], listed[i].upper(), raw[i]):
            assert single in lst
            assert lst.find(single).entry.number == expected[i]


@pytest.fixture(scope="module")
def phishing(shared, tmp_path_factory):
    source = shared / "data/domains/blocklistproject_phishing_20260705.txt"
    out = tmp_path_factory.mktemp("phishing") / "d.csml"
    report = csamatch.build(source, out)
    left_out = {int(s.where.removeprefix("line ")) for s in report.samples}
    lines = enumerate(source.read_text().splitlines(), 1)
    names = [
        line.strip().removesuffix("/")
        for number, line in lines
        if line.strip() and not line.startswith("#") and number not in left_out
    ]
    assert report.accepted == len({name.lower() for name in names})
    assert set(report.quarantined) == {"public-suffix"}
    assert report.rejected == 0
    return csamatch.open(out), names


def test_every_listed_domain_hits_in_every_spelling(phishing):
    lst, names = phishing
    entries = lst.match(names).entry
    assert (entries >= 0).all()
    for spell in ("{}.", "https://user@{}:8443/a/b?c"):
        assert np.array_equal(lst.match([spell.format(n) for n in names]).entry, entries)
    assert np.array_equal(lst.match([name.upper() for name in names]).entry, entries)
    assert lst.match([f"sub.{name}" for name in names]).mask.all()


def covered(name: str, listed: set[str]) -> bool:
    labels = name.split(".")
    return any(".".join(labels[i:]) in listed for i in range(len(labels)))


def test_benign_domains_against_the_suffix_oracle(shared, phishing):
    lst, names = phishing
    listed = {name.lower() for name in names}
    benign = (shared / "data/domains/benign_cloudflare_top100k.txt").read_text().split()
    matches = lst.match(benign)
    assert not matches.invalid.any()
    hits = [name for name, hit in zip(benign, matches.mask.tolist(), strict=True) if hit]
    expected = [name for name in benign if covered(name, listed)]
    assert hits == expected
    assert len(expected) > 0


def test_parents_and_siblings_of_listed_domains(phishing):
    lst, names = phishing
    listed = {name.lower() for name in names}
    asked = []
    for name in sorted(listed):
        first, _, parent = name.partition(".")
        asked += [parent, f"x{name}", f"{first}x.{parent}", f"{name}.other.example"]
    matches = lst.match(asked)
    expected = [covered(name, listed) for name in asked]
    assert matches.mask.tolist() == expected
    assert expected.count(False) > len(listed)


def vics_records(path):
    document = json.loads(path.read_text(encoding="utf-8-sig"))
    for item in document["value"]:
        yield from item.get("Media", [item])


def vics_digests(media) -> set[str]:
    found = {media.get("MD5"), media.get("SHA1")}
    for other in media.get("AlternativeHashes") or []:
        if other["HashName"] == "SHA256":
            found.add(other["HashValue"])
    return {digest.lower() for digest in found if digest}


@pytest.mark.parametrize(
    ("name", "filtered"),
    [
        ("vics_1.2_nist_caid_real_record.json", 0),
        ("vics_1.3_cases_synthetic_100.json", 40),
        ("vics_2.0_media_synthetic_150k.json", 52_440 + 7_492),
    ],
)
def test_vics(shared, tmp_path, name, filtered):
    source = shared / "data/vics" / name
    report = csamatch.build(source, tmp_path / "v.csml")
    records = list(vics_records(source))
    assert report.read == len(records)
    assert report.filtered == filtered
    assert report.filtered == sum(r.get("Category") in (0, None) for r in records)
    assert report.rejected == 0
    lst = csamatch.open(tmp_path / "v.csml")
    left_out = {s.where for s in report.samples}
    expected: dict[str, set] = {}
    others = set()
    for number, r in enumerate(records, 1):
        for digest in vics_digests(r):
            if r.get("Category") in (0, None):
                others.add(digest)
            elif f"Media {number}" not in left_out:
                expected.setdefault(digest, set()).add((str(r["MediaID"]), str(r["Category"])))
    asked = list(expected)
    matches = lst.match(asked)
    assert matches.mask.all()
    for match in matches:
        assert {(e.id, e.category) for e in match.entries} == expected[asked[match.query]]
        assert (match.entry.id, match.entry.category) in expected[asked[match.query]]
    assert len(lst) == len(expected)
    assert not lst.match(sorted(others - set(expected))).mask.any()


def test_vics_with_chosen_categories(shared, tmp_path):
    source = shared / "data/vics/vics_2.0_media_synthetic_150k.json"
    report = csamatch.build(source, tmp_path / "v.csml", categories=[0, None])
    assert report.filtered == 29_968 + 52_444 + 7_492
    assert report.accepted + sum(report.quarantined.values()) == 52_440 + 7_492


def test_updates_build(shared, tmp_path):
    """Twice-daily versions of a real list: all are read, nothing is silently lost."""
    for source in sorted((shared / "data/updates").glob("*.txt"))[:3]:
        report = csamatch.build(source, tmp_path / "u.csml")
        lines = [
            line for line in source.read_text().splitlines() if line and not line.startswith("!")
        ]
        assert report.read == len(lines)
        assert report.rejected == 0
        assert report.accepted + report.duplicate + sum(report.quarantined.values()) == len(lines)
        # Bare names and addresses, the bulk of the lines, are domains: compared as sets.
        bare = {line.lower() for line in lines if "/" not in line and "|" not in line}
        assert report.counts["domain"] == len(bare)
