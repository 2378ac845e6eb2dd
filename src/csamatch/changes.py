"""Which entries two lists do not share."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from csamatch import _core
from csamatch.columns import Columns
from csamatch.differing import locate
from csamatch.errors import ListFileError
from csamatch.listfile import ListFile
from csamatch.revision import add_hints, chosen_entries, real_entries, references
from csamatch.rules import CODES

Ints = npt.NDArray[np.int64]


class _Side(NamedTuple):
    """The entries of one list, in terms that both lists share."""

    entry: Ints  # of each (entry, key) pair, ascending
    key: Ints  # the key's number, by entry ascending
    slots: npt.NDArray[np.void]  # of each entry, its first key and what it says of itself


def _names(names: tuple[str, ...], known: dict[str, int]) -> Ints:
    """Return the shared code of each code, 0 for none."""
    return np.array([0, *(known.setdefault(name, len(known) + 1) for name in names)])


def _ids(file: ListFile, count: int, known: dict[bytes, int]) -> Ints:
    """Return the shared number of each entry's id, 0 for none."""
    ends, text = file.entries().ids
    if ends is None:
        return np.zeros(count, np.int64)
    found = []
    for at in range(0, count, 1 << 16):
        stops = ends[at : at + (1 << 16)]
        first = int(ends[at - 1]) if at else 0
        relative = (stops - np.uint64(first)).astype(np.uint32)
        numbers = _core.number_texts(relative, text[first : int(stops[-1])], known)
        found.append(np.frombuffer(numbers, np.uint32))
    return np.concatenate(found).astype(np.int64)


class _Shared:
    """Numbers for ids, categories and sources that both lists use."""

    def __init__(self) -> None:
        self.ids: dict[bytes, int] = {}
        self.categories: dict[str, int] = {}
        self.sources: dict[str, int] = {}

    def side(self, file: ListFile, numbers: dict[str, Ints]) -> _Side:
        """Bring a list's entries into shared terms; `numbers` has those of its keys."""
        table, base, pairs = file.entries(), 0, []
        for rule, count in file.counts.items():
            rank, entry = references(file, rule, base)
            pairs.append(np.stack([entry.astype(np.int64), numbers[rule][rank]]))
            base += count
        count = base if table.is_absent else len(table)
        entry, key = np.concatenate([np.empty((2, 0), np.int64), *pairs], axis=1)
        order = np.lexsort((key, entry))
        entry, key = entry[order], key[order]
        starts = np.searchsorted(entry, np.arange(count))
        if not np.array_equal(entry[np.minimum(starts, len(entry) - 1)], np.arange(count)):
            raise ListFileError("an entry has no key")
        columns = [key[starts], _ids(file, count, self.ids)]
        for (codes, names), known in (
            (table.categories, self.categories),
            (table.sources, self.sources),
        ):
            shared = _names(names, known)
            columns.append(np.zeros(count, np.int64) if codes is None else shared[codes])
        slots = np.ascontiguousarray(np.stack(columns, axis=1)).view("V32").ravel()
        return _Side(entry, key, slots)


def _key_numbers(old: ListFile, new: ListFile) -> tuple[dict[str, Ints], dict[str, Ints]]:
    """Give the keys of both lists numbers, equal ones the same."""
    before: dict[str, Ints] = {}
    after: dict[str, Ints] = {}
    first = 0
    for rule in sorted({*old.counts, *new.counts}, key=CODES.__getitem__):
        keys, others = old.key_bytes(CODES[rule]), new.key_bytes(CODES[rule])
        width = old.widths[rule]
        at = locate(keys, others, width)
        count, fresh = len(keys) // width, at < 0
        # In the order of the keys, so that the first key of an entry is so by its number, too.
        belongs = np.bincount(~at[fresh], minlength=count + 1)
        before[rule] = first + np.arange(count) + np.cumsum(belongs)[:count]
        after[rule] = np.empty(len(at), np.int64)
        after[rule][~fresh] = before[rule][at[~fresh]]
        after[rule][fresh] = first + ~at[fresh] + np.arange(int(fresh.sum()))
        first += count + int(fresh.sum())
    return before, after


def _matched(old: _Side, new: _Side) -> tuple[Ints, Ints]:
    """Return the numbers of entries that are the same in both, two by two."""
    _, mine, yours = np.intersect1d(old.slots, new.slots, return_indices=True)
    sizes = np.bincount(old.entry, minlength=len(old.slots))
    others = np.bincount(new.entry, minlength=len(new.slots))
    alike = sizes[mine] == others[yours]
    mine, yours = mine[alike], yours[alike]
    size = sizes[mine]
    within = np.arange(int(size.sum())) - np.repeat(np.cumsum(size) - size, size)
    left = old.key[np.repeat(np.searchsorted(old.entry, mine), size) + within]
    right = new.key[np.repeat(np.searchsorted(new.entry, yours), size) + within]
    differ = np.zeros(len(mine), np.bool_)
    differ[np.repeat(np.arange(len(mine)), size)[left != right]] = True
    return mine[~differ], yours[~differ]


def _bare_changes(old: ListFile, new: ListFile) -> tuple[npt.NDArray[np.uint64], Columns]:
    """Return what differs between lists of keys alone."""
    gone, come, base = [np.empty(0, np.uint64)], Columns(old.widths), 0
    for rule in sorted({*old.counts, *new.counts}, key=CODES.__getitem__):
        keys, others = old.key_bytes(CODES[rule]), new.key_bytes(CODES[rule])
        width = old.widths[rule]
        at = locate(keys, others, width)
        lost = np.ones(len(keys) // width, np.bool_)
        lost[at[at >= 0]] = False
        lost[old.canary_places(rule)] = False
        at[new.canary_places(rule)] = 0  # they do not come as what they are not
        gone.append(np.flatnonzero(lost).astype(np.uint64) + np.uint64(base))
        rows = np.frombuffer(others, np.uint8).reshape(-1, width)
        come.extend(rule, rows[at < 0].tobytes())
        add_hints(come, new, rule, at < 0)
        base += len(lost)
    return np.concatenate(gone), come


def changes(old: ListFile, new: ListFile) -> tuple[npt.NDArray[np.uint64], Columns]:
    """Say which entries of the old list the new one has not, and gather those it has instead.

    Entries are the same when their keys, ids, categories and sources are. Canaries are left out.

    Parameters
    ----------
    old, new : ListFile
        Checked.

    Returns
    -------
    array, Columns
        The numbers of the old entries, ascending; the new entries, keys and all.
    """
    if old.entries().is_absent and new.entries().is_absent:
        return _bare_changes(old, new)
    before, after = _key_numbers(old, new)
    shared = _Shared()
    mine, yours = shared.side(old, before), shared.side(new, after)
    same, as_same = _matched(mine, yours)
    gone = np.ones(len(mine.slots), np.bool_)
    gone[same] = False
    come = np.ones(len(yours.slots), np.bool_)
    come[as_same] = False
    gone &= real_entries(old)
    come &= real_entries(new)
    says: npt.NDArray[np.bool_] = np.any(yours.slots.view(np.int64).reshape(-1, 4)[:, 1:], axis=1)
    if come.any() and says.any() and not says[come].any():
        # A list of entries that say nothing would be one of keys alone, each for itself: one that
        # says something goes and comes back, to keep them together.
        anchor = int(np.flatnonzero(says)[0])
        come[anchor] = True
        gone[same[as_same == anchor]] = True
    return np.flatnonzero(gone).astype(np.uint64), chosen_entries(new, come)
