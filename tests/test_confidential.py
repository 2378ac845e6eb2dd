"""No value of a list or of a query shows up where it could end in a log."""

from __future__ import annotations

import gc
import importlib.util
import io
import json
import logging
import pickle
import traceback
import warnings
from pathlib import Path

import numpy as np
import pytest

import csamatch
from csamatch import _core, cli, digests
from csamatch.addresses import listed_address
from csamatch.allow import AllowList
from csamatch.lists import KeyTable
from csamatch.readers import READERS, Head
from csamatch.readers.line_lists import tally

# Values that are listed and asked for; none of these texts may ever be seen.
DIGEST = "5ec2e7a1" * 4
BAD_DIGEST = "5ec2e7a1" * 4 + "f"
NOT_HEX = "5ec2e7a1" * 3 + "5ecret!!"
HOST = "secret-host.example"
URL = f"https://{HOST}/secret-page?secret-query"
CONTEXT = "http://github.com/VICSDATAMODEL/ProjectVic/DataModels/2.0.xml/x/$metadata#Media"
RAW = bytes.fromhex(DIGEST)


def leaks(text: str) -> bool:
    lowered = text.lower()
    return any(
        mark in lowered for mark in ("5ec2e7a1", "secret", "5ecret", repr(RAW)[2:-1].lower())
    )


def test_the_detector_works():
    for text in (DIGEST, DIGEST.upper(), URL, repr(RAW), NOT_HEX, f"x {HOST} y"):
        assert leaks(text)
    assert not leaks("digest 5: 31 hex digits")


@pytest.fixture
def files(tmp_path):
    record = {"MediaID": 1, "Category": 1, "MD5": DIGEST, "SHA1": NOT_HEX}
    vics = {"@odata.context": CONTEXT, "value": [record, {"MD5": BAD_DIGEST, "Category": 2}]}
    (tmp_path / "media.json").write_text(json.dumps(vics))
    (tmp_path / "broken.json").write_text(json.dumps(vics)[:-20])
    (tmp_path / "digests.txt").write_text(f"{DIGEST}\n{BAD_DIGEST}\n{NOT_HEX}\n")
    (tmp_path / "domains.txt").write_text(
        f"{HOST}\n{URL}\n*.{HOST}\n{HOST} {HOST}\nhttp://[{HOST}\n"
    )
    (tmp_path / "mixed.txt").write_text(f"{DIGEST}\n{HOST}\n")
    (tmp_path / "image.png").write_bytes(b"\x89PNG\0" + DIGEST.encode())
    return tmp_path


def test_reprs(files):
    report = csamatch.build(files / "media.json", files / "h.csml")
    addresses = csamatch.build(files / "domains.txt", files / "u.csml", keep_values=True)
    hashes, urls = csamatch.open(files / "h.csml"), csamatch.open(files / "u.csml")
    objects = [report, addresses, *report.samples, *addresses.samples, report.info]
    for lst, asked in (
        (hashes, [DIGEST, RAW]),
        (urls, [URL, HOST, f"http://{HOST}.", "mailto:secret"]),
    ):
        matches = lst.match(asked)
        assert matches.count >= 2
        objects += [lst, lst.info, matches, *matches, *(m.entry for m in matches), lst._entries]
        objects += [lst.find(asked[0]), lst._file, *lst._tables.values()]
        objects += [table.keys for table in lst._tables.values()]
    for reader, name in {
        "text": "digests.txt",
        "domains": "domains.txt",
        "vics": "media.json",
    }.items():
        with (files / name).open("rb") as file:
            objects += READERS[reader].read(file, name, {})
    objects += csamatch.inspect([files / "digests.txt", files / "media.json"], keep_values=True)
    for name in ("digests.txt", "domains.txt"):
        head = Head((files / name).read_bytes())
        objects += [head, head.once(tally), AllowList([hashes])]
    quiet = csamatch.open(files / "h.csml", suppress=hashes)
    objects += [quiet, quiet.match([DIGEST, RAW])]
    objects += [*digests.pack([DIGEST])[1], listed_address(URL), listed_address(HOST)]
    assert any(isinstance(o, KeyTable) for o in objects)
    assert any(isinstance(o, _core.KeySet) for o in objects)
    for thing in objects:
        for text in (repr(thing), str(thing), f"{thing}"):
            assert not leaks(text), type(thing)


def walk(error: BaseException):
    """Every text that a logger could get out of an exception, causes and attributes included."""
    seen = []
    while error is not None:
        seen += [str(error), repr(error), repr(error.args), repr(vars(error))]
        seen += getattr(error, "__notes__", [])
        error = error.__cause__ or error.__context__
    return seen


def calls(files):
    hashes = csamatch.HashList([DIGEST])
    urls = csamatch.UrlList([URL])
    out = files / "out.csml"
    bad_digests = [BAD_DIGEST, NOT_HEX, RAW + b"\0", DIGEST[:-1] + "é", DIGEST + "\udc80"]
    for value in bad_digests:
        yield lambda v=value: hashes.find(v)
        yield lambda v=value: v in hashes
        yield lambda v=value: hashes.match([RAW, v])
        yield lambda v=value: csamatch.HashList([v])
    yield lambda: hashes.match([RAW, [DIGEST]])
    yield lambda: hashes.match([(DIGEST,)])
    yield lambda: hashes.find((DIGEST,))
    yield lambda: hashes.match([DIGEST], algorithm=DIGEST)
    yield lambda: csamatch.HashList([DIGEST], DIGEST)
    yield lambda: csamatch.HashList([DIGEST], kernel=DIGEST)
    yield lambda: csamatch.build(files / "digests.txt", out, reader=DIGEST)
    yield lambda: csamatch.open(out, stale=DIGEST)
    yield lambda: csamatch.UrlList([(URL, HOST, URL)])
    yield lambda: hashes.match(DIGEST)
    yield lambda: hashes.match(RAW)
    yield lambda: hashes.match(RAW + b"x", algorithm="md5")
    yield lambda: hashes.match([RAW], algorithm="sha1")
    yield lambda: hashes.match(np.array([NOT_HEX]))
    yield lambda: hashes.match(np.array([BAD_DIGEST]))
    yield lambda: hashes.match(np.frombuffer(RAW, np.uint8))
    for value in (
        f"mailto:{HOST}",
        f"http://[{HOST}",
        f"http://u@http%3A%2F%2F{HOST}/",
        "blob:" * 20 + URL,
    ):
        yield lambda v=value: urls.find(v)
        yield lambda v=value: v in urls
        yield lambda v=value: csamatch.normalize_url(v)
        yield lambda v=value: csamatch.UrlList([v])
    yield lambda: csamatch.normalize_host(URL)
    yield lambda: csamatch.normalize_url((URL,))
    yield lambda: csamatch.normalize_urls(URL)
    yield lambda: urls.match([URL, (URL,)])
    yield lambda: urls.find((URL,))
    yield lambda: csamatch.UrlList([(URL, "domain")])
    yield lambda: csamatch.UrlList([(URL, "prefix")])
    yield lambda: csamatch.UrlList([("domain", HOST)])
    yield lambda: csamatch.build(files / "digests.txt", out, allow=files / "domains.txt")
    yield lambda: csamatch.build(files / "digests.txt", out, admit=[DIGEST])
    yield lambda: csamatch.build(files / "broken.json", out)
    yield lambda: csamatch.build(files / "mixed.txt", out)
    yield lambda: csamatch.build(files / "image.png", out)
    yield lambda: csamatch.build([files / "digests.txt", files / "domains.txt"], out)
    yield lambda: csamatch.build(files / "domains.txt", out, reader="text")
    yield lambda: csamatch.build(files / "domains.txt", out, reader="vics")
    yield lambda: csamatch.build(io.StringIO(DIGEST), out)
    yield lambda: csamatch.open(files / "digests.txt")
    yield lambda: csamatch.verify(files / "domains.txt")


KEY = b"5ecret key, 5ecret key, 5ecret!!"
HEX_KEY = "5ec2e7a1" * 8


def test_keyed_lists(files, capfd, monkeypatch):
    """No key shows either, in reprs or complaints."""
    monkeypatch.chdir(files)
    for source in ("digests.txt", "domains.txt"):
        csamatch.build(source, "k.csml", key=KEY, canaries=2, max_rejected=1.0)
        lst = csamatch.open("k.csml", key=KEY)
        data = (files / "k.csml").read_bytes()
        assert RAW not in data and b"secret" not in data and KEY not in data
        asked = [DIGEST, RAW] if source == "digests.txt" else [URL, HOST]
        matches = lst.match(asked)
        assert matches.count == 2
        for thing in (lst, lst.info, lst._file, lst._file.key, matches, *matches, lst.self_test()):
            assert not leaks(repr(thing)) and not leaks(str(thing))
        with pytest.raises(TypeError):
            pickle.dumps(lst._file.key)
        for key in (None, KEY[:16], KEY[:15], HEX_KEY.encode(), KEY[::-1]):
            with pytest.raises(csamatch.ListKeyError) as info:
                csamatch.open("k.csml", key=key)
            assert not any(leaks(text) for text in walk(info.value))
    (files / "key").write_text(HEX_KEY + "!")
    (files / "key").chmod(0o600)
    (files / "identity").write_text(f"AGE-SECRET-KEY-1{HEX_KEY}")
    (files / "identity").chmod(0o600)
    for text in (HEX_KEY, HEX_KEY + "!", NOT_HEX):
        monkeypatch.setenv("CSAMATCH_KEY", text)
        assert cli.main(["match", "k.csml", "domains.txt"]) == 2
        assert cli.main(["self-test", "k.csml"]) == 2
        assert cli.main(["sign", "k.csml", "--key", "key", "--serial", "1"]) == 2
        assert cli.main(["match", "k.csml", "domains.txt", "--key-file", "key"]) == 2
        assert cli.main(["match", "k.csml", "domains.txt", "--identity", "identity"]) == 2
    captured = capfd.readouterr()
    assert captured.err and not leaks(captured.err + captured.out)


@pytest.mark.parametrize(
    "secret",
    [
        HEX_KEY,
        HEX_KEY[:32].upper() + "\n",
        "0Secret0Secret0Secret0Secret0Secret0Secret0==",
        " age-secret-key-1secret",
        "-----BEGIN PRIVATE KEY-----\nsecret/key\n" * 200,
    ],
)
def test_a_key_in_place_of_the_path_of_its_file(files, capfd, secret):
    """An easy mistake, whose error must not put the key into a log."""
    path = files / "k.csml"
    csamatch.build(files / "mixed.txt", path, key=KEY, reader="text", max_rejected=1.0)
    calls = [
        lambda: csamatch.open(path, key=secret),
        lambda: csamatch.open(path, key=Path(secret)),
        lambda: csamatch.build(files / "mixed.txt", files / "x.csml", key=secret),
    ]
    if importlib.util.find_spec("pyrage"):
        calls.append(lambda: csamatch.open(path, identity=secret))
    if importlib.util.find_spec("cryptography"):
        calls.append(lambda: csamatch.sign(path, secret, serial=1))
    for call in calls:
        with pytest.raises(csamatch.Error, match="a key was given where") as info:
            call()
        assert not any(leaks(text) for text in walk(info.value))
        assert not leaks("".join(traceback.format_exception_only(info.value)))
    assert cli.main(["self-test", str(path), "--key-file", secret]) == 2
    assert not leaks(capfd.readouterr().err)
    with pytest.raises(FileNotFoundError, match=r"key\.bin"):
        csamatch.open(path, key=files / "key.bin")


def test_exceptions(files, caplog):
    caplog.set_level(logging.DEBUG)
    count = 0
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for call in calls(files):
            with pytest.raises((csamatch.Error, ValueError, TypeError)) as info:
                call()
            count += 1
            for text in walk(info.value):
                assert not leaks(text), type(info.value)
            # The frames below the call are ours; their lines of code hold no values.
            assert not leaks("".join(traceback.format_exception_only(info.value)))
    assert count > 50
    assert not any(leaks(str(w.message)) for w in caught)
    assert not leaks(caplog.text)
    gc.collect()


def test_warnings(files):
    said = {"name": "n", "issued": "2020-01-01", "max_age": "1d"}
    csamatch.build(files / "digests.txt", files / "old.csml", info=said)
    with pytest.warns(csamatch.StaleListWarning) as caught:
        csamatch.open(files / "old.csml")
    assert not any(leaks(str(w.message)) for w in caught)


def test_live_lists(files, caplog, monkeypatch):
    """What takes the place of a live list's file is never shown, nor is the list."""
    path = files / "live.csml"
    csamatch.build(files / "digests.txt", path)
    errors = []
    heard = csamatch.LiveList(path, interval=1000, on_error=errors.append)
    silent = csamatch.LiveList(path, interval=1000)
    for name in ("digests.txt", "domains.txt", "broken.json", "image.png"):
        (files / "new").write_bytes((files / name).read_bytes())
        (files / "new").replace(path)
        for live in (heard, silent):
            assert not live.check()
            assert not leaks(repr(live)) and not leaks(str(live))
    (files / "new").write_text(f"{HOST}\n")
    (files / "new").replace(path)
    assert not heard.check() and not silent.check()
    csamatch.build(files / "domains.txt", path)
    assert not heard.check() and not silent.check()
    assert len(errors) == 6
    assert len(caplog.records) == 6
    for text in [*(text for error in errors for text in walk(error)), caplog.text]:
        assert not leaks(text)
    assert DIGEST in heard

    def fail(*_, **__):
        raise ValueError(URL)  # none of ours would say so

    csamatch.build(files / "media.json", path)
    monkeypatch.setattr("csamatch.live.open_accepted", fail)
    assert not silent.check()
    assert "ValueError" in caplog.text and not leaks(caplog.text)
    with pytest.raises(csamatch.DigestError) as info:
        heard.find(BAD_DIGEST)
    assert not any(leaks(text) for text in walk(info.value))


def test_matchers(caplog):
    hashes, urls = csamatch.HashList([DIGEST]), csamatch.UrlList([HOST])
    matcher = csamatch.Matcher([hashes, urls], suppress=csamatch.UrlList([URL]))
    objects = [matcher, matcher.match_digests([DIGEST, RAW]), matcher.match_urls([HOST, URL])]
    objects += [match for matches in objects[1:] for match in matches]
    assert len(objects) == 6
    for thing in objects:
        assert not leaks(repr(thing)) and not leaks(str(thing))
    for call in (
        lambda: matcher.match_digests([RAW, BAD_DIGEST]),
        lambda: matcher.match_digests([NOT_HEX]),
        lambda: matcher.match_digests(DIGEST),
        lambda: matcher.match_digests(RAW),
        lambda: matcher.match_urls(URL),
        lambda: matcher.match_urls([(URL,)]),
        lambda: csamatch.Matcher([hashes, (DIGEST,)]),
        lambda: csamatch.Matcher(urls).match_digests([DIGEST]),
    ):
        with pytest.raises((csamatch.Error, ValueError, TypeError)) as info:
            call()
        assert not any(leaks(text) for text in walk(info.value))
    assert not leaks(caplog.text)


def test_audits_reports_and_floods(files, caplog, capfd):
    """Records of hits hold no query in any form, nor any form of it that is listed."""
    caplog.set_level(logging.DEBUG)
    lists = [csamatch.HashList([DIGEST]), csamatch.UrlList([HOST, (URL, "url")])]
    floods, records = [], []
    guard = csamatch.FloodGuard(1, floods.append)
    with csamatch.audit.JsonLines(files / "audit.jsonl") as sink:
        for each in (sink, csamatch.audit.Logging(), records.append):
            matcher = csamatch.Matcher(
                lists, suppress=csamatch.UrlList([f"a.{HOST}"]), audit=each, guard=guard
            )
            matches = matcher.match_digests([DIGEST, RAW])
            urls = matcher.match_urls([URL, f"a.{HOST}", f"hxxp://{HOST}", "mailto:secret"])
            assert matches.count == 2 and urls.count >= 1 and urls.suppressed.any()
    texts = [(files / "audit.jsonl").read_text(), caplog.text, *capfd.readouterr()]
    texts += [repr(thing) for thing in (*records, *floods, guard, sink, matches, urls)]
    texts += [json.dumps(match.report()) for match in (*matches, *urls)]
    assert len(records) > 5 and len(floods) == 3 and "query_hmac" in caplog.text
    assert not any(leaks(text) for text in texts)


def test_metrics():
    prometheus = pytest.importorskip("prometheus_client")
    lists = [csamatch.HashList([DIGEST]), csamatch.UrlList([HOST])]
    summaries = []
    collector = csamatch.metrics.PrometheusCollector(lists)
    for hook in (summaries.append, collector):
        matcher = csamatch.Matcher(lists, on_batch=hook)
        matcher.match_digests([DIGEST, RAW])
        matcher.match_urls([URL, "mailto:secret"])
    registry = prometheus.CollectorRegistry()
    registry.register(collector)
    text = prometheus.generate_latest(registry).decode()
    assert 'csamatch_hits_total{list=""} 3.0' in text
    assert not leaks(text)
    assert not leaks(repr(summaries)) and not leaks(repr(collector))


def test_reports_hold_no_values_unless_asked(files):
    for name in ("digests.txt", "domains.txt", "media.json"):
        report = csamatch.build(files / name, files / "x.csml")
        assert report.samples
        assert not leaks(json.dumps(report.as_dict()))
        asked_for = csamatch.build(files / name, files / "x.csml", keep_values=True)
        assert leaks(json.dumps(asked_for.as_dict()))
        assert not leaks(str(asked_for)) and not leaks(repr(asked_for))


@pytest.mark.shows_values
def test_command_line(files, capfd, monkeypatch):
    """Neither results nor complaints repeat a value, unless --echo asks for it."""
    runs = [
        ["build", "digests.txt", "-o", "h.csml", "--report", "report.json"],
        ["build", "media.json", "-o", "v.csml"],
        ["build", "domains.txt", "-o", "u.csml"],
        ["build", "broken.json", "-o", "x.csml"],
        ["build", "mixed.txt", "-o", "x.csml"],
        ["match", "h.csml", "digests.txt"],
        ["match", "v.csml", "digests.txt"],
        ["match", "u.csml", "domains.txt"],
        ["match", "h.csml", "domains.txt"],
        ["info", "h.csml"],
        ["info", "u.csml", "--json"],
        ["verify", "u.csml"],
        ["verify", "domains.txt"],
    ]
    monkeypatch.chdir(files)
    for arguments in runs:
        cli.main(arguments)
    captured = capfd.readouterr()
    assert captured.out and captured.err
    assert not leaks(captured.out)
    assert not leaks(captured.err)
    assert not leaks((files / "report.json").read_text())
    cli.main(["match", "h.csml", "digests.txt", "--echo"])
    assert DIGEST in capfd.readouterr().out


def test_the_file_shows_no_address(files):
    csamatch.build(files / "domains.txt", files / "u.csml")
    assert b"secret" not in (files / "u.csml").read_bytes()
