"""Numbers for monitoring: a summary of each batch, and a collector for Prometheus."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from csamatch.forks import lock_for
from csamatch.hashlist import HashList
from csamatch.info import ListInfo
from csamatch.live import LiveList
from csamatch.urllist import UrlList

__all__ = ["BatchSummary", "PrometheusCollector", "PrometheusCounters"]


@dataclass(frozen=True, slots=True)
class BatchSummary:
    """What became of one batch, in numbers: what `Matcher` tells ``on_batch``.

    Attributes
    ----------
    kind : str
        ``"hashes"`` or ``"addresses"``.
    queries, matched, invalid, suppressed : int
        How many were asked, hit any list, had no canonical form, had hits that were suppressed.
    hits : tuple of (ListInfo, int)
        For each list that was asked, how many queries hit it.
    seconds : float
        How long it took.
    """

    kind: str
    queries: int
    matched: int
    invalid: int
    suppressed: int
    hits: tuple[tuple[ListInfo, int], ...]
    seconds: float


_TOTALS = {
    "queries": ("lookups", "Digests or addresses looked up"),
    "matched": ("matched", "Look-ups that hit any list"),
    "invalid": ("invalid", "Addresses that could not be looked up"),
    "suppressed": ("suppressed", "Look-ups with hits that were suppressed"),
    "seconds": ("lookup_seconds", "Seconds spent looking up"),
}
_HITS = "Hits in a list"


class PrometheusCounters:
    """Counts batches with counters of prometheus-client itself, which several processes can share.

    Give it to a `Matcher` as ``on_batch`` where a server has several worker processes, and have
    prometheus-client add their counters up (its "multiprocess mode"). Names and labels are those
    of `PrometheusCollector`, which tells of the lists; it need not be a hook then.

    Parameters
    ----------
    prefix : str
        What the names of the metrics begin with.
    registry : prometheus_client.CollectorRegistry, optional
        Where the counters are registered; by default in that of prometheus-client.

    Raises
    ------
    ImportError
        When prometheus-client is not installed.
    """

    def __init__(self, *, prefix: str = "csamatch", registry: Any = None) -> None:
        from prometheus_client import REGISTRY, Counter

        chosen = REGISTRY if registry is None else registry
        self._totals = {
            field: Counter(f"{prefix}_{name}", text, ["kind"], registry=chosen)
            for field, (name, text) in _TOTALS.items()
        }
        self._hits = Counter(f"{prefix}_hits", _HITS, ["list"], registry=chosen)

    def __call__(self, batch: BatchSummary) -> None:
        """Count a batch."""
        for field, counter in self._totals.items():
            counter.labels(batch.kind).inc(getattr(batch, field))
        for info, count in batch.hits:
            self._hits.labels(info.name).inc(count)

    def __repr__(self) -> str:
        return "<PrometheusCounters>"


class PrometheusCollector:
    """Collects what `Matcher` and the lists themselves tell, for the package prometheus-client.

    Give it to a `Matcher` as ``on_batch``, and register it. Labels are the kind of query and the
    names of lists, never a value; lists of one name count as one. Safe to share between threads.
    Counts are those of one process: `PrometheusCounters` is for several.

    Parameters
    ----------
    lists : iterable of HashList, UrlList or LiveList
        The lists whose size and age are told, and for live lists their reloads and errors.
    prefix : str
        What the names of the metrics begin with.

    Examples
    --------
    >>> import csamatch, prometheus_client
    >>> registry = prometheus_client.CollectorRegistry()  # or prometheus_client.REGISTRY
    >>> lists = [csamatch.UrlList(["bad.example"], info={"name": "Example"})]
    >>> collector = PrometheusCollector(lists)
    >>> registry.register(collector)
    >>> matcher = csamatch.Matcher(lists, on_batch=collector)
    >>> matcher.match_urls(["www.bad.example", "good.example"]).count
    1
    >>> registry.get_sample_value("csamatch_lookups_total", {"kind": "addresses"}) == 2
    True
    """

    def __init__(
        self, lists: Iterable[HashList | UrlList | LiveList] = (), *, prefix: str = "csamatch"
    ) -> None:
        self._lists = tuple(lists)
        for each in self._lists:
            if not isinstance(each, (HashList, UrlList, LiveList)):
                raise TypeError(f"lists: expected lists, not {type(each).__name__}")
        self._prefix = prefix
        self._lock = lock_for(self)
        self._totals: Counter[tuple[str, str]] = Counter()
        self._hits: Counter[str] = Counter()

    def __call__(self, batch: BatchSummary) -> None:
        """Count a batch."""
        with self._lock:
            for field in _TOTALS:
                self._totals[field, batch.kind] += getattr(batch, field)
            for info, count in batch.hits:
                self._hits[info.name] += count

    def collect(self) -> Iterator[Any]:
        """Yield all metrics, as prometheus-client asks for them."""
        with self._lock:
            totals, hits = dict(self._totals), dict(self._hits)
        if totals:  # else others may count batches, by the same names
            yield from self._of_batches(totals, hits)
        yield from self._of_lists()

    def _of_batches(
        self, totals: dict[tuple[str, str], int], hits: dict[str, int]
    ) -> Iterator[Any]:
        from prometheus_client.core import CounterMetricFamily

        for field, (name, text) in _TOTALS.items():
            family = CounterMetricFamily(f"{self._prefix}_{name}", text, labels=["kind"])
            for (counted, kind), value in totals.items():
                if counted == field:
                    family.add_metric([kind], value)
            yield family
        family = CounterMetricFamily(f"{self._prefix}_hits", _HITS, labels=["list"])
        for label, value in hits.items():
            family.add_metric([label], value)
        yield family

    def _of_lists(self) -> Iterator[Any]:
        from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

        entries: Counter[str] = Counter()
        ages: dict[str, float] = {}
        stale: dict[str, bool] = {}
        reloads: Counter[str] = Counter()
        errors: Counter[str] = Counter()
        for each in self._lists:
            info, size = each.info, len(each)
            entries[info.name] += size
            if info.age is not None:
                seconds = info.age.total_seconds()
                ages[info.name] = max(ages.get(info.name, seconds), seconds)
            stale[info.name] = stale.get(info.name, False) or info.stale
            if isinstance(each, LiveList):
                reloads[info.name] += each.reloads
                errors[info.name] += each.errors
        for make, name, text, values in (
            (GaugeMetricFamily, "list_keys", "Keys in a list", entries),
            (GaugeMetricFamily, "list_age_seconds", "Time since a list was issued", ages),
            (GaugeMetricFamily, "list_stale", "Whether a list is older than allowed", stale),
            (CounterMetricFamily, "list_reloads", "New versions taken by a live list", reloads),
            (CounterMetricFamily, "list_errors", "What went wrong with a live list", errors),
        ):
            family = make(f"{self._prefix}_{name}", text, labels=["list"])
            for label, value in values.items():
                family.add_metric([label], float(value))
            yield family

    def __repr__(self) -> str:
        return f"<PrometheusCollector: {len(self._lists)} lists>"
