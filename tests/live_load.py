"""A list that is replaced again and again while threads and forked workers match against it.

    python live_load.py FOLDER REPLACEMENTS HOW

A process of its own, because forking one that runs threads is a risk of its own: it forks first.
Version v lists the probes whose number is v modulo 7, and probe v itself. Every tenth replacement,
or more often so that each kind has its turn, is by a file that must not be taken. Prints as JSON
what each process saw.
"""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import csamatch

WATCHERS = 4
SECRET = bytes(range(32))
PATIENCE = 30  # seconds


class Published:
    """A list and its successors."""

    def __init__(self, folder: Path, replacements: int, how: str) -> None:
        self.folder, self.how = folder, how
        self.probes = [hashlib.md5(b"%d" % i).digest() for i in range(replacements + 50)]
        self.place = folder / "lists"
        self.version = 0
        self.pointer = how in ("published", "secured")
        self.path = self.place / "current" if self.pointer else folder / "list.csml"
        if how == "secured":
            from signers import write_key  # needs an extra

            for name in ("signer", "stranger"):
                write_key(folder, name)

    def listed(self, version: int) -> list[bool]:
        return [i % 7 == version % 7 or i == version for i in range(len(self.probes))]

    def build(self, version: int, name: str = "list.csml", **info) -> bytes:
        chosen = zip(self.probes, self.listed(version), strict=True)
        source = self.folder / "source.txt"
        source.write_text("\n".join(probe.hex() for probe, is_in in chosen if is_in))
        said = {"name": "n", "version": str(version), **info}
        options: dict = {"key": SECRET, "canaries": 3} if self.how == "secured" else {}
        csamatch.build(source, self.folder / name, info=said, **options)
        return (self.folder / name).read_bytes()

    @property
    def signature(self) -> Path:
        """Where the signature of a bad file waits, if it has one."""
        return self.folder / "bad.csml.sig"

    def sign(self, path: Path, signer: str = "signer") -> Path:
        return csamatch.sign(path, self.folder / signer, serial=self.version + 1)

    def replace(self, version: int) -> None:
        self.version = version
        self.build(version)
        if self.how == "secured":
            self.sign(self.folder / "list.csml")
        if self.pointer:
            csamatch.publish(self.folder / "list.csml", self.place, keep=1)

    def put(self, data: bytes | None, number: int) -> None:
        """Bring in a file as it is; None takes away the one there is."""
        if data is None:
            self.path.unlink()
            return
        if self.pointer:
            (self.place / f"bad{number}.csml").write_bytes(data)
            if self.signature.exists():
                self.signature.rename(self.place / f"bad{number}.csml.sig")
            data = b"bad%d.csml" % number
        new = self.folder / "new"
        new.write_bytes(data)
        new.replace(self.path)

    def options(self) -> dict:
        """What the list is opened with."""
        options = {"interval": 0.01, "stale": "error", "mmap": self.how != "read"}
        if self.how == "secured":
            options |= {"key": SECRET, "trusted_key": self.folder / "signer.pub"}
        return options


def damaged(published: Published, good: bytes) -> bytes:
    return good[:-1] + bytes([good[-1] ^ 1])


def of_addresses(published: Published, good: bytes) -> bytes:
    source, out = published.folder / "domains.txt", published.folder / "domains.csml"
    source.write_text("bad.example\n")
    csamatch.build(source, out)
    return out.read_bytes()


def stale(published: Published, good: bytes) -> bytes:
    return published.build(1, "stale.csml", issued="2020-01-01", max_age="1d")


def signed(published: Published, data: bytes, signer: str = "signer") -> bytes:
    path = published.folder / "bad.csml"
    path.write_bytes(data)
    published.sign(path, signer)
    return data


def keyed(published: Published, **options) -> bytes:
    """Build a list that is signed as it should be, with another key or with none."""
    path = published.folder / "bad.csml"
    csamatch.build(published.folder / "source.txt", path, **options)
    return signed(published, path.read_bytes())


def changed_once_signed(published: Published, good: bytes) -> bytes:
    return damaged(published, signed(published, good))


# Every kind of file that must not be taken: what makes one out of a good one, and a word of what is
# reported.
Kinds = dict[str, tuple[Callable[[Published, bytes], bytes | None], str]]
BAD: Kinds = {
    "truncated": (lambda _, good: good[:-1], "shorter than its header says"),
    "damaged": (damaged, "checksum"),
    "stale": (stale, "stale"),
    "empty": (lambda *_: b"", "empty"),
    "no list": (lambda *_: b"no list at all", "not a csamatch list file"),
    "missing": (lambda *_: None, "No such file"),
    "a header alone": (lambda _, good: good[:100], "shorter than its header says"),
    "of another kind": (of_addresses, "addresses"),
}
BAD_SECURED: Kinds = {
    "unsigned": (lambda _, good: good, "there is no signature"),
    "signed by a stranger": (lambda p, good: signed(p, good, "stranger"), "another key"),
    "changed once signed": (changed_once_signed, "does not fit the list"),
    "wrongly keyed": (lambda p, _: keyed(p, key=bytes(32)), "not that of the list"),
    "not keyed": (lambda p, _: keyed(p), "the list is not keyed"),
    "missing": (lambda *_: None, "No such file"),
}


def resident() -> int:
    """The memory in use, in pages; 0 where the system does not say."""
    path = Path("/proc/self/statm")
    return int(path.read_text().split()[1]) if path.exists() else 0


class Watch:
    """Threads that match all the time, and what they and their process see."""

    def __init__(self, published: Published, live: csamatch.LiveList, stop, threads: int) -> None:
        self.published, self.live, self.stop = published, live, stop
        self.wrong: list[str] = []
        self.versions: set[str] = set()
        self.batches, self.sizes = 0, [0, 0]
        self.threads = [threading.Thread(target=self.match) for _ in range(threads)]
        for thread in self.threads:
            thread.start()

    def match(self) -> None:
        while not self.stop.is_set():
            matches = self.live.match(self.published.probes)
            said = {match.list.version for match in matches}
            entries = [match.entry.number for match in matches]
            if len(said) != 1:
                self.wrong.append(f"versions {said}")
            elif matches.mask.tolist() != self.published.listed(int(*said)):
                self.wrong.append(f"version {said} with the answers of another")
            elif len(set(entries)) != len(entries):
                self.wrong.append("entries that repeat")
            self.batches += 1
            self.versions |= said
            time.sleep(0.001)

    def measure(self) -> None:
        """Note the memory in use after ten reloads, and now."""
        if self.live.reloads >= 10:
            self.sizes = [self.sizes[0] or resident(), resident()]

    def found(self) -> dict:
        for thread in self.threads:
            thread.join()
        return {
            "wrong": self.wrong,
            "batches": self.batches,
            "versions": len(self.versions),
            "errors": self.live.errors,
            "last": self.live.info.version,
            "sizes": self.sizes,
        }


def work(published: Published, live: csamatch.LiveList, stop, counters, row: int, answers) -> None:
    """What a forked worker does."""
    watch = Watch(published, live, stop, 1)
    while not stop.is_set():
        counters[row] = live.errors
        watch.measure()
        time.sleep(0.005)
    answers.put(watch.found())


def replace_all(published: Published, replacements: int, watch: Watch, counters, heard) -> list:
    """Replace the list; return which bad files were not reported as they should, and where."""
    unheard = []
    good = (published.folder / "list.csml").read_bytes()
    kinds = [
        (kind, *row) for kind, row in (BAD_SECURED if published.how == "secured" else BAD).items()
    ]
    step = min(10, replacements // len(kinds))
    for version in range(1, replacements + 1):
        watch.measure()
        if version % step:
            published.replace(version)
            time.sleep(0.005)
            continue
        bad = version // step
        kind, make, said = kinds[(bad - 1) % len(kinds)]
        published.version = version
        published.put(make(published, good), bad)
        end = time.monotonic() + PATIENCE
        while (len(heard), *counters) != (bad,) * (WATCHERS + 1) and time.monotonic() < end:
            time.sleep(0.005)
        if (len(heard), *counters) != (bad,) * (WATCHERS + 1) or said not in heard[-1]:
            unheard.append([kind, *heard[bad - 1 :], len(heard), *counters])
    return unheard


def main(folder: Path, replacements: int, how: str) -> dict:
    published = Published(folder, replacements, how)
    published.replace(0)
    fork = multiprocessing.get_context("fork")
    stop, counters, answers = fork.Event(), fork.Array("i", WATCHERS), fork.SimpleQueue()
    heard: list[str] = []
    live = csamatch.LiveList(
        published.path, on_error=lambda error: heard.append(str(error)), **published.options()
    )
    workers = [
        fork.Process(target=work, args=(published, live, stop, counters, row, answers))
        for row in range(WATCHERS)
    ]
    for worker in workers:
        worker.start()
    watch = Watch(published, live, stop, WATCHERS)
    try:
        unheard = replace_all(published, replacements, watch, counters, heard)
        published.replace(replacements + 1)
        time.sleep(1)
        watch.measure()
    finally:
        stop.set()
    found = [answers.get() for _ in workers]
    for worker in workers:
        worker.join()
        assert worker.exitcode == 0
    return {"bad": len(heard), "unheard": unheard, "found": [*found, watch.found()]}


if __name__ == "__main__":
    print(json.dumps(main(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3])))
