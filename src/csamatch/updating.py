"""Updating a list: records added, removed, replaced."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Mapping
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from csamatch import _core, listread, listwrite, quarantine
from csamatch.absence import Search, look_up
from csamatch.allow import Harmless, allow_list, is_list_file
from csamatch.base import Base
from csamatch.canaries import MOST
from csamatch.columns import Columns
from csamatch.differing import Places, locate
from csamatch.encrypted import check_clear
from csamatch.errors import FormatError, ListFileError, ListKeyError, UpdateError
from csamatch.filters import RejectionLimit, wanted_categories
from csamatch.hashlist import HashList
from csamatch.info import ListInfo, decode_info, encode_info, envelope
from csamatch.intake import Intake
from csamatch.listfile import ListFile
from csamatch.listkey import Key, ListKey
from csamatch.readers import delimited
from csamatch.reading import Progress, Request, read_source
from csamatch.receipt import UpdateReceipt
from csamatch.report import BuildReport
from csamatch.revision import Removal, append, columns_of, revise
from csamatch.rules import CODES
from csamatch.sources import Sources, is_path, named_sources
from csamatch.unpack import Limits
from csamatch.urllist import UrlList

__all__ = ["update"]

SHRINK: Final = 0.2
"""The share of its keys that a list may lose by an update unless more is allowed."""

Keys = npt.NDArray[np.uint8]
Change = Sources | HashList | UrlList
"""What a list is changed by: sources, or a list."""


def _named(given: Any) -> list[tuple[str, Any]]:
    """Return sources and lists with their names."""
    if isinstance(given, (HashList, UrlList)):
        return [("", given)]
    if isinstance(given, (list, tuple)):
        return [named for each in given for named in _named(each)]
    return list(named_sources(given))


def _make_distinct(packed: bytearray, width: int) -> None:
    """Sort packed keys, and leave each once."""
    count = len(packed) // width
    _core.rows_sort(packed, count, width)
    del packed[_core.rows_unique(packed, count, width) * width :]


class Gathering:
    """What the sources of one of an update's lists of changes hold.

    Parameters
    ----------
    file : ListFile
        The list, with its key if it has one.
    intake : Intake
        What takes the records in.
    """

    def __init__(self, file: ListFile, intake: Intake) -> None:
        self.kind = file.kind
        self.key = file.key
        self.intake = intake
        self.columns = Columns(file.widths)

    def _of_list(self, given: Any) -> Columns:
        """Return what a list holds, by keys as the list to be changed has them."""
        is_open = isinstance(given, (HashList, UrlList))
        file = given._file if is_open else listread.read(given, verify=True, mmap=False)
        if file.kind != self.kind:
            raise ValueError(f"a list of {file.kind} for one of {self.kind}")
        columns = columns_of(file)
        if file.is_keyed:
            if self.key is None:
                raise ListKeyError("a keyed list for one that is not")
            self.key.compare(file.key_check())
        elif self.key is not None:
            if self.kind == "addresses":
                raise ListKeyError("a list of addresses without a key for a keyed one")
            columns.conceal(self.key)
        return columns

    def read(self, given: Any, request: Request) -> None:
        """Read sources and lists; FormatError or ValueError when they are of another kind."""
        for name, each in _named(given):
            if isinstance(each, (HashList, UrlList)) or (is_path(each) and is_list_file(each)):
                append(self.columns, self._of_list(each))
                continue
            if name:
                self.intake.begin_source(name)
            read_source(self.intake, each, request)
            if self.intake.kind != self.kind:
                source = self.intake.report.sources[-1].name
                raise FormatError(source, f"{self.intake.kind} for a list of {self.kind}")
        self.intake.finish()
        if self.key is not None:
            self.intake.columns.conceal(self.key)
        append(self.columns, self.intake.columns)

    def keys(self) -> dict[str, Keys]:
        """Return the distinct keys, sorted, by rule."""
        found = {}
        columns = self.columns
        for rule in sorted({*columns.bare, *columns.keys}, key=CODES.__getitem__):
            width, bare = columns.width(rule), columns.bare.get(rule)
            if bare is not None and rule not in columns.keys:
                _make_distinct(bare, width)  # only once: the list is made of them
                packed = bytearray(bare)
            else:
                packed = bytearray(bare or b"") + columns.keys[rule]
                _make_distinct(packed, width)
            found[rule] = np.frombuffer(packed, np.uint8).reshape(-1, width)
        return found


def _places(file: ListFile, keys: Mapping[str, Keys]) -> dict[str, Places]:
    """Return where in a list those of some keys are that it has; its canaries are not there."""
    found = {}
    for rule, rows in keys.items():
        if not len(rows):
            continue
        at = look_up(file, rule, rows)[:, 1].astype(np.int64)
        planted = file.canary_places(rule).astype(np.int64)
        found[rule] = np.setdiff1d(at, planted, assume_unique=True) if len(planted) else at
    return found


def _count(places: Mapping[str, Places]) -> dict[str, int]:
    return {rule: len(at) for rule, at in places.items()}


def _others(keys: Mapping[str, Keys], places: Mapping[str, Places]) -> dict[str, int]:
    """How many of some keys a list does not have."""
    return {rule: len(keys[rule]) - len(at) for rule, at in places.items()}


def _check_counts(
    base: ListInfo, now: Mapping[str, int], added: Mapping[str, int], removed: Mapping[str, int]
) -> None:
    """Refuse a base in which keys were not found that it holds.

    They are found by its directory, while the new list is made of its keys.
    """
    for rule in {*base.counts, *now}:
        due = base.counts.get(rule, 0) + added.get(rule, 0) - removed.get(rule, 0)
        if now.get(rule, 0) != due:
            raise ListFileError("the directory of the base does not fit its keys")


def _check_apart(removed: Mapping[str, Keys], come: Mapping[str, Keys], what: str) -> None:
    """Refuse an update that says two things of one key."""
    both = 0
    for rule, keys in removed.items():
        if len(keys) and len(come.get(rule, ())):
            at = locate(come[rule].data.cast("B"), keys.data.cast("B"), keys.shape[1])
            both += int(np.count_nonzero(at >= 0))
    if both:
        raise UpdateError(f"{both:,} keys are both to be removed and to be {what}")


def check_shrink(base: ListInfo, counts: Mapping[str, int], allowed: bool | float) -> None:
    """Refuse a list that has become smaller than is allowed."""
    limit = SHRINK if allowed is False else 1.0 if allowed is True else float(allowed)
    if not 0 <= limit <= 1:
        raise ValueError("allow_shrink: expected a share from 0 to 1, or a bool")
    held, now = sum(base.counts.values()), sum(counts.values())
    if held - now > limit * held:
        raise UpdateError(
            f"the list would shrink from {held:,} keys to {now:,}, by more than {limit:.0%};"
            " allow_shrink lets it"
        )


def check_base(file: ListFile, expected: str | None) -> None:
    """Refuse a list that is not the one expected, or that this version cannot update."""
    if expected is not None and file.info.digest != expected.lower():
        raise ListFileError(f"not the base expected: its digest is {file.info.digest}")
    if file.unknown:
        kinds = ", ".join(map(str, file.unknown))
        raise ListFileError(f"sections of kinds unknown to this version ({kinds}) would be lost")


def _new_info(base: ListInfo, given: ListInfo | Mapping[str, Any] | None) -> dict[str, Any]:
    """Return the new envelope: the old one's fields, but for those given."""
    if given is None or isinstance(given, ListInfo):
        return envelope(base if given is None else given)
    if not isinstance(given, Mapping):
        raise TypeError(f"info: expected a mapping, not {type(given).__name__}")
    # An age is taken as it is: as a number of seconds it would be read as days.
    return envelope({**envelope(base), "max_age": base.max_age, **given})


def _no_canaries(keys: Mapping[str, Keys], planted: Mapping[str, list[bytes]]) -> dict[str, Keys]:
    """Return keys by rule without those that were planted: in the file, they are to be found."""
    found = dict(keys)
    for rule, canaries in planted.items():
        if rule in keys:
            known = set(canaries)
            found[rule] = keys[rule][[row.tobytes() not in known for row in keys[rule]]]
    return found


def update(
    base: str | os.PathLike[str] | HashList | UrlList,
    out: str | os.PathLike[str],
    *,
    add: Change | Iterable[Change] | None = None,
    remove: Change | Iterable[Change] | None = None,
    replace: Change | Iterable[Change] | None = None,
    base_digest: str | None = None,
    info: ListInfo | Mapping[str, Any] | None = None,
    allow_shrink: bool | float = False,
    search_all: bool = False,
    key: Key | ListKey | None = None,
    canaries: int | None = None,
    trusted_key: bytes | str | os.PathLike[str] | None = None,
    minimum_serial: int | None = None,
    identity: Any = None,
    reader: str = "auto",
    allow: Harmless | Iterable[Harmless] | None = None,
    admit: Iterable[str] = (),
    categories: Collection[str | int | None] | None = None,
    where: Mapping[str, Any] | None = None,
    max_rejected: float | str | None = None,
    max_size: int = Limits.max_size,
    max_ratio: float = Limits.max_ratio,
    columns: Mapping[str, str | int] | None = None,
    options: Mapping[str, Any] | None = None,
    progress: Progress | None = None,
    keep_values: bool = False,
) -> UpdateReceipt:
    """Update a list: take keys out, put records in, and write the result in one step.

    The new file is, byte for byte, the one that a build of the resulting entries would write.
    Removed keys are not in it, nor is anything that was said of entries that have no key left.
    It is not encrypted, and needs a signature of its own.

    Parameters
    ----------
    base : path, HashList or UrlList
        The list to update; a file is verified.
    out : path
        The list file to write, which may be `base`.
    add : source, list, or several, optional
        Records to put in, beside what there is. A source is what `build` takes; a list is an
        opened one or the path of a list file.
    remove : source, list, or several, optional
        Keys to take out: every digest or address of these records, whatever their category, each
        by itself. Entries stay while they have other keys.
    replace : source, list, or several, optional
        Records to put in whose keys lose the entries that they had.
    base_digest : str, optional
        The digest that the base must have (`ListInfo.digest`).
    info : ListInfo or mapping, optional
        What the new list says of itself. Fields that a mapping lacks stay as they are.
    allow_shrink : bool or float
        Let the list become smaller by more than 20 % of its keys, or at most by this share.
    search_all : bool
        Search for all removed keys at every byte of the new file, not for 512 of each rule.
    key : bytes or path, optional
        The secret of a keyed list, with which what comes in is keyed, too. Keyed lists that come
        in must have the same.
    canaries : int, optional
        How many there are to be of each rule; by default as many as there are. They are made anew.
    trusted_key, minimum_serial, identity
        As for `csamatch.open`, where `base` is a path.
    reader, allow, admit, categories, where, max_rejected, max_size, max_ratio, columns, options
        As for `build`. `allow`, `admit`, `categories` and `where` leave `remove` alone.
    progress : callable, optional
        Called now and then with the source's name, the bytes read and the size, if known.
    keep_values : bool
        Keep the values left out in the reports' samples. They are confidential.

    Returns
    -------
    UpdateReceipt
        What was done, in counts.

    Raises
    ------
    UpdateError
        When a key is both to be removed and to come in, or the list would shrink too much; or
        when `out` is an encrypted file.
    ListFileError
        When the base is no sound list file, or not the one expected.
    ListKeyError
        When `key` is missing or wrong, or a list that comes in does not have it.
    SignatureError
        When the base is not signed with `trusted_key`, or is older than one that was.
    FormatError
        When a source cannot be read, or holds hashes for a list of addresses, or the reverse.
    OSError
        When a file cannot be read or written.
    """
    check_clear(out)
    if canaries is not None and not 0 <= canaries <= MOST:
        raise ValueError(f"canaries: must lie between 0 and {MOST:,}")
    reader, chosen = delimited.with_columns(reader, options, columns)
    admitted = frozenset([admit] if isinstance(admit, str) else admit)
    if admitted - set(quarantine.CLASSES):
        raise ValueError(f"admit: no such class; there are {', '.join(quarantine.CLASSES)}")
    limits, most = Limits(max_size, max_ratio), RejectionLimit(max_rejected)
    harmless, wanted = allow_list(allow), wanted_categories(categories)
    with Base(
        base,
        key=key,
        trusted_key=trusted_key,
        minimum_serial=minimum_serial,
        identity=identity,
    ) as opened:
        file = opened.file
        check_base(file, base_digest)
        said = _new_info(file.info, info)
        changes = {}
        for name, given in (("add", add), ("remove", remove), ("replace", replace)):
            report = BuildReport(keep_values=keep_values)
            if name == "remove":
                everything = frozenset(quarantine.CLASSES)
                intake = Intake(report, everything, None, lambda _: True, key=file.key)
            else:
                intake = Intake(report, admitted, harmless, wanted, key=file.key)
            changes[name] = Gathering(file, intake)
            if given is not None:
                fields = {} if name == "remove" else where
                request = Request(reader, chosen, fields, limits, most, progress)
                changes[name].read(given, request)
        wish = file.canary_count if canaries is None else canaries
        return _apply(opened, out, changes, said, wish, allow_shrink, search_all)


def _apply(
    opened: Base,
    out: str | os.PathLike[str],
    changes: Mapping[str, Gathering],
    said: Mapping[str, Any],
    canaries: int,
    allow_shrink: bool | float,
    search_all: bool,
) -> UpdateReceipt:
    """Make the list over and write it."""
    file = opened.file
    keys = {name: change.keys() for name, change in changes.items()}
    _check_apart(keys["remove"], keys["add"], "added")
    _check_apart(keys["remove"], keys["replace"], "replaced")
    come = changes["add"].columns
    append(come, changes["replace"].columns)
    places = {name: _places(file, each) for name, each in keys.items()}
    fresh = keys["add"] if not keys["replace"] else changes["add"].keys()
    held = places["add"] if not keys["replace"] else _places(file, fresh)
    base, kind, keyed = file.info, file.kind, file.is_keyed
    gone: dict[str, Any] = {}
    for name in ("remove", "replace"):
        for rule, at in places[name].items():
            found = at.astype(np.uint64)
            gone[rule] = np.union1d(gone[rule], found) if rule in gone else found
    added, removed = _others(fresh, held), _count(places["remove"])
    assembled = revise(file, Removal(keys=gone), come, said, canaries)
    check_shrink(base, assembled.counts, allow_shrink)
    searched = 0
    absent = _no_canaries(keys["remove"], assembled.planted)
    search = Search(kind, absent, everywhere=search_all)

    def check(written: int, _: str) -> None:
        nonlocal searched
        opened.check()
        searched = search.finish(written)
        _check_counts(base, assembled.counts, added, removed)

    digest = listwrite.write(out, kind, assembled.sections, check, search.watch)
    return UpdateReceipt(
        base,
        decode_info(encode_info(said), kind, assembled.counts, digest, keyed),
        added,
        removed,
        _count(places["replace"]),
        _count(places["add"]),
        _others(keys["remove"], places["remove"]),
        searched,
        {name: c.intake.report for name, c in changes.items() if c.intake.report.read},
    )
