"""What is recorded of look-ups, and what never is."""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
import multiprocessing
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import csamatch
from csamatch import HashList, Matcher, UrlList, audit

KEY = b"0123456789abcdef"
MD5 = [f"{i:032x}" for i in range(0x77777, 0x77777 + 20)]


@pytest.fixture
def listed(tmp_path):
    """A list with ids and categories."""
    context = "http://github.com/VICSDATAMODEL/ProjectVic/DataModels/2.0.xml/x/$metadata#Media"
    records = [
        {"MediaID": 100 + i, "Category": 1 + i % 2, "MD5": digest} for i, digest in enumerate(MD5)
    ]
    records.append({"MediaID": 7, "Category": 2, "MD5": MD5[0]})
    text = json.dumps({"@odata.context": context, "value": records})
    (tmp_path / "media.json").write_text(text)
    said = {
        "name": "Baseline",
        "source": "INTERPOL",
        "version": "47",
        "issued": "2026-11-21",
        "contact": "desk@police.example",
        "agreement": "MoU 7",
        "handling": "confidential",
    }
    csamatch.build(tmp_path / "media.json", tmp_path / "l.csml", info=said)
    return csamatch.open(tmp_path / "l.csml")


def test_a_record_of_each_batch_and_of_each_hit(listed):
    records = []
    harmless = HashList([MD5[2]], info={"name": "harmless"})
    other = HashList([MD5[1]], info={"name": "other", "version": "3"})
    matcher = Matcher([listed, other], suppress=harmless, audit=records.append, audit_key=KEY)
    before = datetime.now(UTC)
    matcher.match_digests(["0" * 32, MD5[1], MD5[2]], tag="upload 5")
    batch, *hits = records
    assert before - timedelta(seconds=1) <= datetime.fromisoformat(batch["time"])
    assert datetime.fromisoformat(batch["time"]) <= datetime.now(UTC)
    common = {name: batch.pop(name) for name in ("time", "batch", "tag")}
    assert common["tag"] == "upload 5"
    assert batch == {
        "event": "batch",
        "kind": "hashes",
        "queries": 3,
        "invalid": 0,
        "matched": 1,
        "suppressed": 1,
        "lists": [
            {
                "list": "Baseline",
                "version": "47",
                "list_sha256": listed.info.digest,
                "hits": 1,
                "suppressed": 1,
            },
            {
                "list": "other",
                "version": "3",
                "list_sha256": other.info.digest,
                "hits": 1,
                "suppressed": 0,
            },
        ],
        "csamatch": csamatch.__version__,
    }
    keyed = {i: hmac.new(KEY, bytes.fromhex(MD5[i]), hashlib.sha256).hexdigest() for i in range(3)}
    first = {
        "event": "hit",
        **common,
        "query": 1,
        "query_hmac": keyed[1],
        "list": "Baseline",
        "version": "47",
        "list_sha256": listed.info.digest,
        "entry_id": "101",
        "entry_number": 1,
        "entry_source": "",
        "category": "2",
        "rule": "md5",
    }
    assert hits[0] == first | {"entry_number": hits[0]["entry_number"]}
    assert hits[1]["list"] == "other" and hits[1]["entry_id"] == ""
    assert [hit["query_hmac"] for hit in hits] == [keyed[1], keyed[1], keyed[2]]
    assert [hit["event"] for hit in hits] == ["hit", "hit", "suppressed"]
    assert hits[2]["entry_id"] == "102"


def test_batches_without_hits_are_recorded_too():
    records = []
    matcher = Matcher([HashList(MD5), UrlList(["bad.example"])], audit=records.append)
    matcher.match_digests([])
    matcher.match_urls(["good.example", "mailto:"])
    assert [(r["event"], r["queries"], r["invalid"], r["kind"]) for r in records] == [
        ("batch", 0, 0, "hashes"),
        ("batch", 2, 1, "addresses"),
    ]
    assert records[0]["batch"] != records[1]["batch"]


def test_all_spellings_of_a_query_have_one_digest():
    records = []
    lists = [HashList(MD5), UrlList(["bad.example"])]
    matcher = Matcher(lists, audit=records.append, audit_key=KEY)
    raw = bytes.fromhex(MD5[11])
    matcher.match_digests([MD5[11], raw, MD5[11].upper()])
    matcher.match_digests(raw, algorithm="md5")
    matcher.match_digests([MD5[11], "0" * 40])
    found = {r["query_hmac"] for r in records if r["event"] == "hit"}
    assert found == {hmac.new(KEY, raw, hashlib.sha256).hexdigest()}
    records.clear()
    matcher.match_urls(["http://bad.example/a", b"https://u@BAD.example:8443/./a#x"])
    matcher.match_urls(["hxxp://bad[.]example/a"], refang=True)
    found = [r["query_hmac"] for r in records if r["event"] == "hit"]
    assert found == [hmac.new(KEY, b"bad.example/a", hashlib.sha256).hexdigest()] * 3


def test_without_a_key_of_the_callers():
    """A random one, the same in one process; nobody can test guesses without it."""
    records = []
    for _ in range(2):
        Matcher(HashList(MD5), audit=records.append).match_digests(MD5[:1])
    first, second = (r["query_hmac"] for r in records if r["event"] == "hit")
    assert first == second
    for key in (b"", b"\0" * 16, b"\0" * 32):
        assert first != hmac.new(key, bytes.fromhex(MD5[0]), hashlib.sha256).hexdigest()


def test_what_an_audit_cannot_be_made_of():
    for options, error in (
        ({"audit": 5}, TypeError),
        ({"audit": print, "audit_key": "text"}, TypeError),
        ({"audit": print, "audit_key": b"short"}, ValueError),
        ({"audit_key": KEY}, ValueError),
    ):
        with pytest.raises(error, match="audit"):
            Matcher(HashList(MD5), **options)
    with pytest.raises(TypeError, match="tag"):
        Matcher(HashList(MD5)).match_digests(MD5, tag=5)


def test_what_is_not_recorded_is_not_answered():
    def full(record):
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        Matcher(HashList(MD5), audit=full).match_digests(MD5)


def lines(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_json_lines(tmp_path):
    path = tmp_path / "audit.jsonl"
    for run in range(2):
        with audit.JsonLines(path) as sink:
            Matcher(HashList(MD5), audit=sink).match_digests(MD5[:3], tag=f"run\n{run} é")
    found = lines(path)
    assert [r["event"] for r in found] == ["batch", "hit", "hit", "hit"] * 2
    assert {r["tag"] for r in found} == {"run\n0 é", "run\n1 é"}
    assert path.stat().st_mode & 0o777 == 0o600
    assert repr(sink) == f"<JsonLines {str(path)!r}>"
    sink.close()
    with pytest.raises(OSError):
        sink({})


def test_json_lines_on_disk(tmp_path, monkeypatch):
    synced = []
    monkeypatch.setattr(os, "fsync", synced.append)
    with audit.JsonLines(tmp_path / "a", fsync=True) as sink:
        sink({"a": 1})
        sink({"a": 2})
    assert len(synced) == 2


def test_json_lines_rotated(tmp_path):
    path = tmp_path / "a"
    with audit.JsonLines(path) as sink:
        sink({"a": 1})
        path.rename(tmp_path / "a.1")
        sink({"a": 2})
        sink.reopen()
        sink({"a": 3})
    assert lines(tmp_path / "a.1") == [{"a": 1}, {"a": 2}]
    assert lines(path) == [{"a": 3}]


def test_a_record_cut_short_spoils_no_other(tmp_path, monkeypatch):
    path = tmp_path / "a"
    write = os.write
    with audit.JsonLines(path) as sink:
        sink({"a": 1})
        with monkeypatch.context() as patch:
            patch.setattr(os, "write", lambda fd, data: write(fd, data[:4]))
            with pytest.raises(OSError, match="cut short"):
                sink({"a": 2})
        sink({"a": 3})
    assert path.read_text() == '{"a":1}\n{"a"\n{"a":3}\n'


def test_a_full_disk_is_told(tmp_path):
    """A limit of the file's size stands for the end of the disk."""
    code = """
import resource, signal, sys
from csamatch import audit
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))
sink = audit.JsonLines(sys.argv[1])
for i in range(20):
    try:
        sink({"number": i})
    except OSError as error:
        print(i, type(error).__name__)
        break
"""
    pytest.importorskip("resource")
    command = [sys.executable, "-c", code, tmp_path / "a"]
    result = subprocess.run(command, capture_output=True, text=True, check=True)
    assert result.stdout == "7 OSError\n"
    whole = (tmp_path / "a").read_text().splitlines()[:7]
    assert [json.loads(line)["number"] for line in whole] == list(range(7))


def _append(path, number):
    with audit.JsonLines(path) as sink:
        for i in range(300):
            sink({"process": number, "i": i, "text": "x" * 3000})


@pytest.mark.any_kernel
def test_several_processes_share_a_file(tmp_path):
    path = tmp_path / "a"
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=_append, args=(path, n)) for n in range(4)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
        assert process.exitcode == 0
    found = lines(path)
    for number in range(4):
        assert [r["i"] for r in found if r["process"] == number] == list(range(300))
    assert {len(r["text"]) for r in found} == {3000}


def test_logging(caplog):
    caplog.set_level(logging.INFO)
    Matcher(HashList(MD5), audit=audit.Logging()).match_digests(MD5[:1], tag="100% %s")
    Matcher(HashList(MD5), audit=audit.Logging(logging.getLogger("own"), 30)).match_digests([])
    assert [(r.name, r.levelno) for r in caplog.records] == [
        ("csamatch.audit", 20),
        ("csamatch.audit", 20),
        ("own", 30),
    ]
    assert json.loads(caplog.records[1].getMessage())["tag"] == "100% %s"


def test_logging_that_would_drop_a_record():
    """As Python's logging does with all below a warning until it is set up."""
    logger = logging.getLogger("csamatch.test_audit")
    matcher = Matcher(HashList(MD5), audit=audit.Logging(logger))
    for level in (logging.WARNING, logging.ERROR):
        logger.setLevel(level)
        with pytest.raises(csamatch.Error, match="set its level"):
            matcher.match_digests(MD5)
    logger.setLevel(logging.INFO)
    assert matcher.match_digests(MD5).count == len(MD5)


def test_the_report_of_a_match(listed):
    (match,) = listed.match([MD5[0]])
    zone = datetime.fromisoformat("2026-11-22T03:04:05.006+02:00")
    report = match.report(time=zone)
    assert report == {
        "list": "Baseline",
        "source": "INTERPOL",
        "version": "47",
        "issued": "2026-11-21",
        "list_sha256": listed.info.digest,
        "contact": "desk@police.example",
        "agreement": "MoU 7",
        "handling": "confidential",
        "entry_id": "100",
        "entry_number": match.entry.number,
        "entry_source": "",
        "entry_ids": ["100", "7"],
        "category": "1",
        "rule": "md5",
        "time": "2026-11-22T01:04:05.006+00:00",
        "csamatch": csamatch.__version__,
    }
    assert json.loads(json.dumps(report)) == report
    naive = match.report(time=datetime(2026, 11, 22, 1, 4, 5))
    assert naive["time"] == "2026-11-22T01:04:05.000+00:00"
    now = datetime.fromisoformat(match.report()["time"])
    assert abs(datetime.now(UTC) - now) < timedelta(minutes=1)


def test_the_report_of_a_list_that_says_nothing():
    report = UrlList(["bad.example"]).find("www.bad.example").report()
    assert (report["rule"], report["issued"], report["entry_ids"]) == ("domain", None, [])
    assert "bad.example" not in json.dumps(report)


def test_every_field_is_documented():
    text = (Path(__file__).parent.parent / "docs" / "audit.md").read_text()
    records = []
    matcher = Matcher(HashList(MD5), audit=records.append)
    (match,) = matcher.match_digests(MD5[:1])
    for record in (match.report(), *records, *records[0]["lists"]):
        for name in record:
            assert f"| `{name}` |" in text, name
