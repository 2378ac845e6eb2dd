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
import os
import tempfile
from pathlib import Path

import processes

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
        processes.run(WAYS[given.run], given.source, ["csamatch", "ijson", "msgspec"])
        return
    if given.source is None:
        parser.error("name a source, or set CSAMATCH_SHARED")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "media.json"
        size = repeat(Path(given.source), path, int(given.megabytes * 1e6))
        found, count = processes.in_turns(__file__, WAYS, path, given.rounds)
    processes.show(found, size, count, ["ijson.items", "msgspec, typed"])


if __name__ == "__main__":
    main()
