"""What both kinds of list share."""

from __future__ import annotations

from _thread import LockType, allocate_lock, start_new_thread
from bisect import bisect_left, bisect_right
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Self, TypeVar

import numpy as np
import numpy.typing as npt

from csamatch import _core, listfile, listwrite
from csamatch.addresses import ListedAddress, address_key
from csamatch.assemble import Columns, assemble
from csamatch.canaries import CATEGORY
from csamatch.errors import ListFileError
from csamatch.info import ListInfo, envelope
from csamatch.matches import Hits, Match
from csamatch.rules import CODES, NAMES

if TYPE_CHECKING:
    from csamatch.selftest import SelfTest

Ints = npt.NDArray[np.int64]
T = TypeVar("T")

NOTHING: Ints = np.empty(0, np.int64)

# Below this many queries a thread costs more than it saves.
_LEAST = 1 << 15
# At most so many queries at a time, so that batches of any size need little room.
_MOST = 1 << 20
_MOST_THREADS = 64


class KeyTable:
    """The keys of one rule, and the way from a key's position to its entries."""

    def __init__(self, file: listfile.ListFile, subject: int, base: int, kernel: str | None):
        self.keys = file.keys(subject, kernel)
        self.base = base
        self.key_entries = file.key_entries(subject)
        self.more_entries = file.more_entries(subject)

    def entry(self, position: int) -> int:
        """Return the entry of one key."""
        if self.key_entries is None:
            return self.base + position
        return int(self.key_entries[position])

    def entries(self, position: int) -> list[int]:
        """Return all entries of one key, the chief one first."""
        found = [self.entry(position)]
        if self.more_entries is not None:
            keys = self.more_entries[:, 0]
            start, end = bisect_left(keys, position), bisect_right(keys, position)
            found += self.more_entries[start:end, 1].tolist()
        return found

    def entry_numbers(self, positions: Ints) -> Ints:
        """Return the entries of many keys."""
        if self.key_entries is None:
            return positions + self.base
        return self.key_entries[positions].astype(np.int64)


class BaseList:
    """What both kinds of list share."""

    _kind = ""

    _file: listfile.ListFile
    _tables: dict[str, KeyTable]
    _canaries: dict[str, dict[int, None]]  # by rule, positions in the order of their numbers

    def _adopt(self, file: listfile.ListFile, kernel: str | None) -> Self:
        if kernel is not None and kernel not in _core.kernels():
            raise ValueError(f"no such kernel here; there are {', '.join(_core.kernels())}")
        if file.kind != self._kind:
            raise ListFileError(f"a list of {file.kind}, not of {self._kind}")
        self._file = file
        self._tables = {}
        base = 0
        for rule, count in file.counts.items():
            self._tables[rule] = KeyTable(file, CODES[rule], base, kernel)
            base += count
        self._entries = file.entries()
        self._count = sum(file.info.counts.values())
        found = {rule: file.canaries(CODES[rule]) for rule in self._tables}
        self._canaries = {rule: dict.fromkeys(places) for rule, places in found.items() if places}
        return self

    @classmethod
    def _from_columns(cls, columns: Columns, info: Any) -> listfile.ListFile:
        sections = assemble(columns, envelope(info)).sections
        return listfile.ListFile(listwrite.image(cls._kind, sections), verify=False)

    @classmethod
    def _of_columns(cls, columns: Columns) -> Self:
        """Make a list of gathered columns, nameless."""
        return cls.__new__(cls)._adopt(cls._from_columns(columns, None), None)

    def _holds(self, rule: str, value: bytes | ListedAddress) -> bool:
        """Whether this very digest or address is listed by this very rule."""
        table = self._tables.get(rule)
        if isinstance(value, ListedAddress):
            value = address_key(value, self._address_secret())
        return table is not None and table.keys.find(value) >= 0

    def _address_secret(self) -> memoryview | None:
        """Return what the keys of addresses are made with; None for the public key."""
        return None if self._file.key is None else self._file.key.of("address")

    @property
    def info(self) -> ListInfo:
        """What the list says of itself."""
        return self._file.info

    def self_test(self) -> SelfTest:
        """Prove that this list matches, without showing any entry.

        Every key of the list is looked up with every kernel and must be found at its place; what
        lies beside some of them must not. Canaries, where the list was built with any, are looked
        up through ``in``, `find` and `match` like any query. Last, the content as it lies in memory
        is compared with its checksum.

        Returns
        -------
        SelfTest
            What was looked up.

        Raises
        ------
        SelfTestError
            Naming what went wrong: the list in memory is damaged, or has another key.
        """
        from csamatch.selftest import self_test

        return self_test(self)  # type: ignore[arg-type]

    @property
    def kernel(self) -> str:
        """The kernel in use; that of an empty list is the default."""
        return next((t.keys.kernel for t in self._tables.values()), _core.kernels()[0])

    def __len__(self) -> int:
        return self._count

    def __repr__(self) -> str:
        counts = ", ".join(f"{count:,} {rule}" for rule, count in self.info.counts.items())
        keyed = ", keyed" if self.info.keyed else ""
        return f"<{type(self).__name__} {self.info.name!r}: {counts or 'empty'}{keyed}>"

    def _hit(self, query: int, rule: str, position: int, matched: str = "") -> Match:
        entries = tuple(self._entries[n] for n in self._tables[rule].entries(position))
        if position in self._canaries.get(rule, ()):
            entries = tuple(replace(e, category=CATEGORY, canary=True) for e in entries)
        return Match(query, entries[0], rule, self.info, entries, matched)

    def _entry_numbers(self, hits: Hits) -> Ints:
        """Return the chief entry of each hit."""
        if isinstance(hits.rule, int):
            if not len(hits.position):
                return hits.position
            return self._tables[NAMES[hits.rule]].entry_numbers(hits.position)
        numbers = np.empty(len(hits.position), np.int64)
        for name, table in self._tables.items():
            chosen = hits.rule == CODES[name]
            numbers[chosen] = table.entry_numbers(hits.position[chosen])
        return numbers


def share(make_run: Callable[[], Callable[[int, int], T]], size: int, threads: int) -> list[T]:
    """Work a batch off in chunks, in threads where that pays.

    Parameters
    ----------
    make_run : callable
        Called once in each thread; makes the function that is then called with the start and the
        size of one chunk after another.
    size : int
        How many queries there are.
    threads : int
        How many threads may share them, the caller's own among them.

    Returns
    -------
    list
        What the calls returned, in the order of the chunks.
    """
    threads = max(1, min(threads, _MOST_THREADS, size // _LEAST))
    # Several chunks for each thread, so that none waits long for one that was held up.
    chunk = max(_LEAST, min(_MOST, -(-size // (8 * threads)))) if threads > 1 else _MOST
    starts = range(0, size, chunk)
    results: dict[int, T] = {}
    failures: list[BaseException] = []
    remaining = iter(starts)

    def work() -> None:
        run = make_run()
        while not failures and (start := next(remaining, None)) is not None:
            results[start] = run(start, min(chunk, size - start))

    def work_beside(done: LockType) -> None:
        try:
            work()
        except BaseException as error:
            failures.append(error)
        finally:
            done.release()

    # A thread of the threading module is waited for until it runs, which costs the time that a
    # sleeping core takes to wake; these are not, and the caller's thread works meanwhile.
    helpers: list[LockType] = []
    try:
        for _ in range(threads - 1):
            done = allocate_lock()
            done.acquire()
            try:
                start_new_thread(work_beside, (done,))
            except RuntimeError:
                break  # the system has no thread to spare; those there are do it all
            helpers.append(done)
        work()
        _await(helpers)
    except BaseException as error:
        failures.append(error)  # which stops the others after the chunk they are at
        _await(helpers)
        raise
    if failures:
        raise failures[0]
    return [results[start] for start in starts]


def _await(helpers: list[LockType]) -> None:
    """Wait until each has let go of its lock; again, if an interrupt ended the first wait."""
    for done in helpers:
        with done:
            pass
