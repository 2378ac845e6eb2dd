"""How fast VICS is read, beside ijson and msgspec, and what memory that takes.

    python bench/bench_vics.py [SOURCE] [--megabytes 500] [--rounds 3]

The records of SOURCE (a VICS file of Media; by default the stand-in under CSAMATCH_SHARED) are
repeated to the size asked for, in a temporary folder. Each way to read the file runs in a process
of its own, once a round, all of them in turns; what counts are the ratios of the medians. Times
are those of the processor, for none of them waits or uses a second thread. The others only
decode; the build of csamatch also leaves out what must not be listed, sorts, and writes a list.
"""

from __future__ import annotations

import argparse
import functools
import importlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

STAND_IN = "data/vics/vics_2.0_media_synthetic_150k.json"


def read_with_csamatch(path: str) -> int:
    from csamatch.readers import READERS

    with Path(path).open("rb") as file:
        return sum(batch.count for batch in READERS["vics"].read(file, path, {}))


def build_with_csamatch(path: str) -> int:
    import csamatch

    with tempfile.TemporaryDirectory() as folder:
        return csamatch.build(path, Path(folder) / "list.csml").read


def read_with_ijson(path: str) -> int:
    import ijson

    assert ijson.backend_name == "yajl2_c", ijson.backend_name
    with Path(path).open("rb") as file:
        return sum(1 for _ in ijson.items(file, "value.item"))


def read_with_msgspec(path: str) -> int:
    import msgspec

    text, label = str | None, int | str | None
    make = functools.partial(msgspec.defstruct, gc=False)  # as its manual advises for speed
    other = make("Other", [("HashName", text, None), ("HashValue", text, None)])
    file = make("File", [("MD5", text, None)])
    digests = [("MD5", text, None), ("SHA1", text, None)]
    inner = [("AlternativeHashes", list[other], []), ("MediaFiles", list[file], [])]
    media = make("Media", [("MediaID", label, None), ("Category", label, None), *digests, *inner])
    vics = make("Vics", [("value", list[media])])
    return len(msgspec.json.decode(Path(path).read_bytes(), type=vics).value)


WAYS = {
    "csamatch, reading": read_with_csamatch,
    "csamatch, building": build_with_csamatch,
    "ijson.items": read_with_ijson,
    "msgspec, typed": read_with_msgspec,
}


def peak() -> int:
    """The most memory that this process has had, in bytes."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return 1024 * int(line.split()[1])
    return 0


def run(way: str, path: str) -> None:
    """Measure one way, warmed up on nothing but its imports."""
    for name in ("csamatch", "ijson", "msgspec"):
        importlib.import_module(name)
    before = peak()
    start = time.process_time()
    count = WAYS[way](path)
    elapsed = time.process_time() - start
    print(json.dumps([count, elapsed, peak() - before]))


def repeat(source: Path, path: Path, size: int) -> int:
    """Write the records of a file so often that they fill a size; return the size."""
    data = source.read_bytes()
    start, end = data.index(b"[") + 1, data.rindex(b"]")
    times = max(1, size // len(data))
    with path.open("wb") as file:
        file.write(data[:start])
        for i in range(times):
            file.write(b"," * (i > 0) + data[start:end])
        file.write(data[end:])
    return path.stat().st_size


def main() -> None:
    parser = argparse.ArgumentParser(description="How fast VICS is read.")
    shared = os.environ.get("CSAMATCH_SHARED")
    parser.add_argument("source", nargs="?", default=shared and str(Path(shared) / STAND_IN))
    parser.add_argument("--megabytes", type=float, default=500)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--run", choices=WAYS, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.run:
        run(given.run, given.source)
        return
    if given.source is None:
        parser.error("name a source, or set CSAMATCH_SHARED")
    found: dict[str, list[tuple[float, int]]] = {way: [] for way in WAYS}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "media.json"
        size = repeat(Path(given.source), path, int(given.megabytes * 1e6))
        counts = set()
        for _ in range(given.rounds):
            for way in WAYS:
                command = [sys.executable, __file__, str(path), "--run", way]
                said = subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout
                count, elapsed, memory = json.loads(said)
                counts.add(count)
                found[way].append((elapsed, memory))
    assert len(counts) == 1, counts
    show(found, size, counts.pop())


def show(found: dict[str, list[tuple[float, int]]], size: int, count: int) -> None:
    """Print a table in Markdown."""
    medians = {way: statistics.median(t for t, _ in rounds) for way, rounds in found.items()}
    print(f"{size / 1e6:,.0f} MB, {count:,} records, {len(found['ijson.items'])} rounds\n")
    print("| way | MB/s | x ijson | x msgspec | peak memory, MB |\n|---|---|---|---|---|")
    for way, elapsed in medians.items():
        ratios = [medians[other] / elapsed for other in ("ijson.items", "msgspec, typed")]
        memory = max(memory for _, memory in found[way])
        print(
            f"| {way} | {size / elapsed / 1e6:,.0f} | {ratios[0]:.2f} | {ratios[1]:.2f}"
            f" | {memory / 1e6:,.0f} |"
        )


if __name__ == "__main__":
    main()
