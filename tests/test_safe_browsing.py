"""The public vectors of Google Safe Browsing, up to scheme and port, which are not in our form."""

from __future__ import annotations

import json

from csamatch import UrlError, explain_url, normalize_url


def load(shared, name):
    return json.loads((shared / "suites" / name).read_text(encoding="utf-8"))


def without_scheme(url: str) -> str:
    return url.partition("://")[2]


def differing(cases) -> dict[str, str | None]:
    """The vectors that we read differently, and our form; their bytes are written as Latin-1."""
    found = {}
    for case in cases:
        try:
            form = normalize_url(case["in"].encode("latin-1"))
        except UrlError:
            form = None
        if form != (case["out"] and without_scheme(case["out"])):
            found[case["in"]] = form
    return found


# Where the Go client and our rules differ.
GO = {
    # It drops queries; what it asks its server for has them.
    "http://www.google.com/q?": "www.google.com/q?",
    "http://www.google.com/q?r?": "www.google.com/q?r?",
    "http://www.google.com/q?r?s": "www.google.com/q?r?s",
    "http://www.google.com/q?r?s%3F": "www.google.com/q?r?s?",
    "http://evil.com/foo?bar;": "evil.com/foo?bar;",
    # It leaves the case of escapes as it is; the documentation wants upper case.
    "http://some%1bhost.com/%1b": "some%1Bhost.com/%1B",
    # It leaves characters in hosts that no browser takes.
    "http://W!eird<>Ho$^.com/": "w!eird%3C%3Eho$%5E.com/",
    # It wants a host where browsers skip slashes until they find one.
    "/blah": "blah/",
    "/blah#ref": "blah/",
    "/blah?query#ref": "blah/?query",
    "/blah;param": "blah;param/",
    "http:///blah#ref": "blah/",
    "http:///blah?query#ref": "blah/?query",
    "http:///blah;param": "blah;param/",
    "http:///blah;param?query#ref": "blah;param/?query",
}


def test_documented_vectors(shared):
    cases = load(shared, "gsb_docs_v4.json")
    assert len(cases) == 33
    assert differing(cases) == {}
    for case in cases:  # listed, the documented form is hit by it
        assert normalize_url(case["out"]) == without_scheme(case["out"])


def test_go_canonical(shared):
    cases = load(shared, "gsb_go_canonical.json")["vectors"]
    assert len(cases) == 52
    assert differing(cases) == GO


def test_go_patterns(shared):
    """It looks up at most five hosts and six paths; each of these we look up as well."""
    cases = load(shared, "gsb_go_patterns.json")
    assert len(cases) == 13
    for case in cases:
        said = explain_url(case["in"])
        domains = {lookup.form for lookup in said.lookups if lookup.rule == "domain"}
        forms = {lookup.form for lookup in said.lookups if lookup.rule in ("url", "prefix")}
        for pattern in case["out"]:
            host, slash, path = pattern.partition("/")
            assert host in domains
            # Paths of parent domains, and paths without their query, are no rule of ours.
            if host == said.host and ("?" in pattern or "?" not in said.canonical):
                assert host + slash + path in forms


# What the Go client takes for an address, or not, unlike ours.
GO_IP = {
    # It cuts the host at a blank, as one old browser did.
    "10.192.95.89 xy": "10.192.95.89%20xy",
}


def test_go_ip(shared):
    cases = load(shared, "gsb_go_ip.json")
    assert len(cases) == 11
    for host, expected in cases:
        hosts = [form.partition("/")[0] for form in explain_url(f"http://{host}/").readings]
        if host in GO_IP:
            assert hosts == [GO_IP[host]]
        else:
            assert (expected or host) in hosts, host
