"""Who the engine is compared with."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import numpy as np

from csamatch.bench import stores, structures
from csamatch.bench.peer import Peer
from csamatch.bench.sample import Queries, Sample
from csamatch.bench.turns import Contender, Row, Say

SECTION = "peers"

PEERS: Final[dict[str, type[Peer]]] = {
    "set": structures.Set,
    "searchsorted": structures.SearchSorted,
    "isin": structures.IsIn,
    "pandas": structures.Pandas,
    "sortednp": structures.SortedNp,
    "polars": stores.Polars,
    "duckdb": stores.DuckDb,
    "pyarrow": stores.PyArrow,
    "lmdb": stores.Lmdb,
    "sqlite": stores.Sqlite,
    "bloom": structures.Bloom,
    "threatexchange": structures.ThreatExchange,
    "hfind": stores.Hfind,
}
"""By the name that the command line has for each."""

WIDTH: Final = 16


def versions() -> dict[str, str]:
    """Return the versions of what is installed, by the name it is installed by."""
    installed = {name: peer for name, peer in PEERS.items() if peer.is_installed()}
    found = {peer.module or name: peer.version() for name, peer in installed.items()}
    return {name: version for name, version in found.items() if version}


class Loaded:
    """The peers that can hold a sample, holding it; and rows that say why the others do not.

    Parameters
    ----------
    sample : Sample
        The keys.
    chosen : list of str or None
        Which peers, by their names in `PEERS`, however many keys there are; all that the
        number of keys suits by default.
    folder : path
        Where they may keep files.
    say : callable
        Told what is going on.
    """

    def __init__(self, sample: Sample, chosen: list[str] | None, folder: Path, say: Say) -> None:
        self.peers: list[Peer] = []
        self.absent: list[Row] = []
        for name in PEERS if chosen is None else chosen:
            cls = PEERS[name]
            if not cls.is_installed():
                self.absent.append(Row(SECTION, cls.name, note="not installed"))
            elif chosen is None and sample.count > cls.largest:
                note = f"left out: more than {cls.largest:,} keys"
                self.absent.append(Row(SECTION, cls.name, note=note))
            else:
                say(f"loading {sample.count:,} keys into {cls.name}")
                self._load(cls, sample, folder / name)

    def _load(self, cls: type[Peer], sample: Sample, folder: Path) -> None:
        folder.mkdir()
        try:
            self.peers.append(cls(sample.keys, folder))
        except Exception as error:  # whatever another package may raise: it must not end the run
            note = f"failed to load: {type(error).__name__}"
            self.absent.append(Row(SECTION, cls.name, note=note))

    def contenders(self, queries: Queries) -> list[Contender]:
        """One for each peer, its queries brought into its own form."""
        return [_contender(peer, queries.first(peer.most_queries)) for peer in self.peers]


def _contender(peer: Peer, queries: Queries) -> Contender:
    rows, listed = queries
    kept: list[Any] = []

    def ready() -> Any:
        if peer.fresh:
            return peer.ready(rows)
        if not kept:
            kept.append(peer.ready(rows))
        return kept[0]

    def check(answer: Any) -> bool:
        found = peer.found(answer, len(rows))
        if peer.exact:
            return np.array_equal(found, listed)
        return len(found) == len(listed) and bool(found[listed].all())

    note = "" if peer.exact else "not exact"
    return Contender(SECTION, peer.name, peer.look_up, check, ready, len(rows), note=note)
