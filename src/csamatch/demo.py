"""``csamatch demo``: the whole path on synthetic lists, checked and timed."""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

import csamatch

MEDIA: Final = 500_000
"""Media records; each has an MD5 and a SHA-1, which makes a million digests."""
QUERIES: Final = 1_000_000
DOMAINS: Final = 50_000
URLS: Final = 100_000
PLANTED: Final = 1_000
ROUNDS: Final = 3

Digests = npt.NDArray[np.uint8]


def _random_digests(rng: np.random.Generator, count: int, width: int) -> Digests:
    return rng.integers(0, 256, (count, width), dtype=np.uint8)


def _write_vics(path: Path, md5: Digests, sha1: Digests) -> None:
    """Write a VICS 2.0 Media file, every tenth record of category 0."""
    context = (
        "http://github.com/VICSDATAMODEL/ProjectVic/DataModels/2.0.xml/Default/$metadata#Media"
    )
    md5_hex, sha1_hex = md5.tobytes().hex().upper(), sha1.tobytes().hex().upper()
    with path.open("w", encoding="utf-8-sig") as file:
        file.write(f'{{"@odata.context":{json.dumps(context)},"value":[\n')
        for i in range(len(md5)):
            file.write(
                f'{{"MediaID":{i + 1},"Category":{0 if i % 10 == 9 else 1 + i % 2},'
                f'"MD5":"{md5_hex[32 * i : 32 * i + 32]}",'
                f'"SHA1":"{sha1_hex[40 * i : 40 * i + 40]}","MediaSize":{1000 + i}}}'
                f"{',' if i + 1 < len(md5) else ''}\n"
            )
        file.write("]}\n")


def _write_domains(path: Path) -> None:
    lines = ["# synthetic list of domains", *(f"site{i}.listed.example" for i in range(DOMAINS))]
    path.write_text("\r\n".join(lines), encoding="utf-8")


def _median_time(action: Callable[[], Any]) -> float:
    times = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        action()
        times.append(time.perf_counter() - start)
    return sorted(times)[ROUNDS // 2]


def _say(text: str = "") -> None:
    print(text, flush=True)


def _check(what: str, matches: csamatch.Matches, planted: npt.NDArray[np.bool_]) -> bool:
    """Compare hits with what was planted, query for query."""
    wrong = int(np.count_nonzero(matches.mask != planted))
    _say(
        f"  {what}: {len(planted):,} looked up, {int(planted.sum()):,} planted, "
        f"{matches.count:,} found, {wrong} wrong"
    )
    return wrong == 0


def _demo_hashes(folder: Path, rng: np.random.Generator) -> bool:
    _say(f"1. A hash list of {2 * MEDIA:,} digests, written as VICS 2.0 JSON and built:")
    md5, sha1 = _random_digests(rng, MEDIA, 16), _random_digests(rng, MEDIA, 20)
    source, file = folder / "baseline.json", folder / "baseline.csml"
    _write_vics(source, md5, sha1)
    start = time.perf_counter()
    report = csamatch.build(source, file, info={"name": "demo baseline", "issued": "2026-11-21"})
    _say("\n".join(f"  {line}" for line in str(report).splitlines()))
    _say(f"  {source.stat().st_size / 1e6:.0f} MB read in {time.perf_counter() - start:.1f} s")
    _say()
    hashes = csamatch.open(file)
    listed = np.flatnonzero(np.arange(MEDIA) % 10 != 9)
    queries = _random_digests(rng, QUERIES, 16)
    planted = np.zeros(QUERIES, np.bool_)
    places = rng.choice(QUERIES, PLANTED, replace=False)
    planted[places] = True
    chosen = rng.choice(listed, PLANTED, replace=False)
    queries[places] = md5[chosen]
    _say(f"2. Matching {QUERIES:,} uploads against it:")
    matches = hashes.match(queries)
    good = _check("digests", matches, planted)
    ids = [match.entry.id for match in matches]
    by_place = dict(zip(places.tolist(), chosen.tolist(), strict=True))
    expected = [str(by_place[place] + 1) for place in np.flatnonzero(planted).tolist()]
    good = good and ids == expected
    _say(f"  each hit names its own MediaID: {'yes' if ids == expected else 'NO'}")
    first = next(iter(matches))
    _say(
        f"  the first: upload {first.query:,}, list {first.list.name!r} of {first.list.issued}, "
        f"entry {first.entry.id}, category {first.entry.category}, by {first.rule}"
    )
    _say()
    _race(hashes, md5[listed], queries)
    return good


def _race(hashes: Any, keys: Digests, queries: Digests) -> None:
    """Time the same look-ups beside set and numpy, in one run."""
    cells = np.sort(np.ascontiguousarray(keys).view("S16").ravel())
    key_set = {row.tobytes() for row in keys}
    as_bytes = [row.tobytes() for row in queries]
    as_cells = np.ascontiguousarray(queries).view("S16").ravel()

    def with_numpy() -> Any:
        found = np.searchsorted(cells, as_cells)
        return cells[np.minimum(found, len(cells) - 1)] == as_cells

    runs: list[tuple[str, Callable[[], Any]]] = [
        ("csamatch, (n, 16) array", lambda: hashes.match(queries)),
        ("csamatch, list of bytes", lambda: hashes.match(as_bytes)),
        ("Python set of bytes", lambda: [digest in key_set for digest in as_bytes]),
        ("numpy.searchsorted", with_numpy),
    ]
    _say(f"3. Speed, one thread, {len(keys):,} MD5 keys, median of {ROUNDS} runs on this machine:")
    for name, action in runs:
        seconds = _median_time(action)
        _say(f"  {name:<26}{len(queries) / seconds / 1e6:>8.2f} million look-ups a second")
    _say()


def _demo_urls(folder: Path, rng: np.random.Generator) -> bool:
    source, file = folder / "domains.txt", folder / "domains.csml"
    _write_domains(source)
    report = csamatch.build(source, file, info={"name": "demo domains", "issued": "2026-11-21"})
    _say(f"4. A list of {report.accepted:,} domains, and {URLS:,} URLs against it:")
    urls = csamatch.open(file)
    spellings = (
        "http://{}/",
        "HTTPS://user@{}:8443/a/b?c",
        "www.{}",
        "http://cdn.x.{}./%70age",
    )
    strangers = (
        "https://site{}.unlisted.example/",
        "https://listed.example/site{}.listed.example",
        "https://notsite{}.listed.example/",
        "https://site{}.listed.example.other.example/",
    )
    queries = [strangers[i % 4].format(i) for i in range(URLS)]
    planted = np.zeros(URLS, np.bool_)
    for i, place in enumerate(rng.choice(URLS, PLANTED, replace=False).tolist()):
        planted[place] = True
        queries[place] = spellings[i % 4].format(f"site{i}.listed.example")
    good = _check("URLs", urls.match(queries), planted)
    seconds = _median_time(lambda: urls.match(queries))
    _say(f"  {URLS / seconds / 1e6:.2f} million URLs a second")
    _say()
    return good


def run(quiet: bool = False) -> int:
    """Run the demo in a temporary folder. 0 when exactly the planted ones were found, else 2."""
    with contextlib.ExitStack() as stack:
        if quiet:
            nowhere = stack.enter_context(Path(os.devnull).open("w"))
            stack.enter_context(contextlib.redirect_stdout(nowhere))
        return _run()


def _run() -> int:
    rng = np.random.default_rng(20261121)
    with tempfile.TemporaryDirectory(prefix="csamatch-demo-") as name:
        good = _demo_hashes(Path(name), rng)
        good = _demo_urls(Path(name), rng) and good
    if not good:
        _say("Something planted was missed, or something else was found. This is a bug.")
        return 2
    _say("Exactly what was planted was found. With a list of your own:")
    _say("  csamatch build LIST.json -o list.csml --name baseline")
    _say("  csamatch info list.csml")
    _say("  md5sum uploads/* | csamatch match list.csml")
    return 0
