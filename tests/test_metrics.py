"""Numbers for monitoring."""

from __future__ import annotations

import os
import subprocess
import sys
import threading

import pytest

import csamatch
from csamatch import HashList, LiveList, Matcher, UrlList, metrics

MD5 = [f"{i:032x}" for i in range(0x77777, 0x77777 + 20)]


def test_a_summary_of_each_batch():
    summaries = []
    first = HashList(MD5[:5], info={"name": "first"})
    second = HashList(MD5[4:9], info={"name": "second"})
    urls = UrlList(["bad.example"], info={"name": "urls"})
    matcher = Matcher([first, second, urls], suppress=HashList(MD5[:1]), on_batch=summaries.append)
    matcher.match_digests([*MD5, "0" * 40])
    matcher.match_urls(["bad.example", "mailto:"])
    digests, addresses = summaries
    assert (digests.kind, digests.queries, digests.matched) == ("hashes", 21, 8)
    assert (digests.invalid, digests.suppressed) == (0, 1)
    assert [(info.name, count) for info, count in digests.hits] == [("first", 4), ("second", 5)]
    assert digests.seconds > 0
    assert (addresses.kind, addresses.queries, addresses.matched) == ("addresses", 2, 1)
    assert (addresses.invalid, addresses.suppressed) == (1, 0)
    assert [(info.name, count) for info, count in addresses.hits] == [("urls", 1)]


@pytest.fixture
def prometheus():
    return pytest.importorskip("prometheus_client")


def values(prometheus, collector):
    registry = prometheus.CollectorRegistry()
    registry.register(collector)
    text = prometheus.generate_latest(registry).decode()
    rows = [line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#")]
    return {name: float(value) for name, value in rows}


def test_prometheus(prometheus, tmp_path):
    (tmp_path / "source.txt").write_text("\n".join(MD5[:5]))
    said = {"name": "live", "issued": "2020-01-01", "max_age": "1d"}
    csamatch.build(tmp_path / "source.txt", tmp_path / "l.csml", info=said)
    live = LiveList(tmp_path / "l.csml", interval=1000, stale="serve", on_error=lambda error: None)
    urls = UrlList(["bad.example", "bad.test"], info={"name": 'the "worst"'})
    collector = metrics.PrometheusCollector([live, urls])
    before = values(prometheus, collector)
    assert before['csamatch_list_keys{list="live"}'] == 5
    assert not any("lookups_total{" in name for name in before)
    matcher = Matcher([live, urls], suppress=HashList(MD5[:1]), on_batch=collector)
    matcher.match_digests(MD5)
    matcher.match_digests(MD5[:2])
    matcher.match_urls(["bad.example", "mailto:"])
    (tmp_path / "source.txt").write_text("\n".join(MD5[:6]))
    csamatch.build(tmp_path / "source.txt", tmp_path / "l.csml", info=said)
    live.check()
    (tmp_path / "l.csml").unlink()
    live.check()
    found = values(prometheus, collector)
    for kind in ("hashes", "addresses"):
        assert found.pop(f'csamatch_lookup_seconds_total{{kind="{kind}"}}') > 0
    age = found.pop('csamatch_list_age_seconds{list="live"}')
    assert 6 * 365 * 86400 < age < 100 * 365 * 86400
    assert found == {
        'csamatch_lookups_total{kind="hashes"}': 22,
        'csamatch_lookups_total{kind="addresses"}': 2,
        'csamatch_matched_total{kind="hashes"}': 5,
        'csamatch_matched_total{kind="addresses"}': 1,
        'csamatch_invalid_total{kind="hashes"}': 0,
        'csamatch_invalid_total{kind="addresses"}': 1,
        'csamatch_suppressed_total{kind="hashes"}': 2,
        'csamatch_suppressed_total{kind="addresses"}': 0,
        'csamatch_hits_total{list="live"}': 5,
        'csamatch_hits_total{list="the \\"worst\\""}': 1,
        'csamatch_list_keys{list="live"}': 6,
        'csamatch_list_keys{list="the \\"worst\\""}': 2,
        'csamatch_list_stale{list="live"}': 1,
        'csamatch_list_stale{list="the \\"worst\\""}': 0,
        'csamatch_list_reloads_total{list="live"}': 1,
        'csamatch_list_errors_total{list="live"}': 1,
    }


def test_lists_of_one_name_count_as_one(prometheus):
    lists = [
        HashList(MD5[:5]),
        HashList(MD5),
        UrlList(["bad.example"], info={"issued": "2020-01-01"}),
    ]
    found = values(prometheus, metrics.PrometheusCollector(lists, prefix="own"))
    assert found['own_list_keys{list=""}'] == 26
    assert found['own_list_age_seconds{list=""}'] > 0


def test_threads_count_together(prometheus):
    lst = HashList(MD5, info={"name": "n"})
    collector = metrics.PrometheusCollector([lst])
    matcher = Matcher(lst, on_batch=collector)
    threads = [
        threading.Thread(target=lambda: [matcher.match_digests(MD5[:3]) for _ in range(300)])
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = values(prometheus, collector)
    assert found['csamatch_lookups_total{kind="hashes"}'] == 3600
    assert found['csamatch_hits_total{list="n"}'] == 3600


def test_the_package_is_needed_only_where_it_is_used():
    code = "import sys, csamatch; print('prometheus_client' in sys.modules)"
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert result.stdout == "False\n"


def test_what_a_collector_cannot_be_made_of():
    with pytest.raises(TypeError, match="lists"):
        metrics.PrometheusCollector([MD5])
    assert repr(metrics.PrometheusCollector([HashList(MD5)])) == "<PrometheusCollector: 1 lists>"


def test_counters_that_processes_share(prometheus):
    registry = prometheus.CollectorRegistry()
    urls = UrlList(["bad.example"], info={"name": "urls"})
    matcher = Matcher(urls, on_batch=metrics.PrometheusCounters(registry=registry))
    matcher.match_urls(["bad.example", "mailto:", "good.example"])
    matcher.match_urls(["sub.bad.example"])
    registry.register(metrics.PrometheusCollector([urls]))  # no name is taken twice
    assert registry.get_sample_value("csamatch_lookups_total", {"kind": "addresses"}) == 4
    assert registry.get_sample_value("csamatch_matched_total", {"kind": "addresses"}) == 2
    assert registry.get_sample_value("csamatch_invalid_total", {"kind": "addresses"}) == 1
    assert registry.get_sample_value("csamatch_hits_total", {"list": "urls"}) == 2
    assert registry.get_sample_value("csamatch_list_keys", {"list": "urls"}) == 1


def test_counters_add_up_over_processes(prometheus, tmp_path):
    """prometheus-client's way of doing it, which an environment variable switches on."""
    program = """
import sys
import csamatch
from csamatch import metrics
if sys.argv[1] == "count":
    lst = csamatch.UrlList(["bad.example"], info={"name": "urls"})
    matcher = csamatch.Matcher(lst, on_batch=metrics.PrometheusCounters())
    matcher.match_urls(["bad.example"] * 3)
else:
    import prometheus_client.multiprocess
    registry = prometheus_client.CollectorRegistry()
    prometheus_client.multiprocess.MultiProcessCollector(registry)
    print(prometheus_client.generate_latest(registry).decode())
"""
    environment = os.environ | {"PROMETHEUS_MULTIPROC_DIR": str(tmp_path)}
    for what in ("count", "count", "show"):
        done = subprocess.run(
            [sys.executable, "-c", program, what],
            env=environment, check=True, capture_output=True, text=True,
        )  # fmt: skip
    assert 'csamatch_lookups_total{kind="addresses"} 6.0' in done.stdout
    assert 'csamatch_hits_total{list="urls"} 6.0' in done.stdout
