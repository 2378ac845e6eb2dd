"""Taking in what readers yield: each record listed, or left out and counted."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from csamatch import quarantine
from csamatch.addresses import address_hint, address_key, check_host, listed_address
from csamatch.assemble import Columns
from csamatch.errors import FormatError, UrlError
from csamatch.filters import Chosen, Wanted, Where
from csamatch.latest import Latest
from csamatch.listkey import ListKey
from csamatch.readers import Batch, Digests, Item, Record, Rejected, Update
from csamatch.report import BuildReport
from csamatch.rules import WIDTHS

if TYPE_CHECKING:
    from csamatch.allow import AllowList

Bools = npt.NDArray[np.bool_]

_FEW: Final = 64  # so many records cost less one by one than in bulk


class Intake:
    """Takes records in and sorts them: listed, or left out with a reason.

    Parameters
    ----------
    report : BuildReport
        Where everything is counted.
    admit : frozenset of str
        Classes of quarantine to let in.
    allow : AllowList or None
        What is known to be harmless.
    wanted : callable or None
        Says of a category whether to list it; None leaves that to the format.
    columns : Columns, optional
        What gathers the keys, or something like it.
    key : ListKey, optional
        What the keys of addresses are to be made with.

    Attributes
    ----------
    kind : str
        Of what is taken in: ``"hashes"`` or ``"addresses"``.
    where : Where or None
        The filter by fields for the source that is being read.
    left_out : collection of str or None
        The categories that its format leaves out unless the caller says which are wanted.
    """

    def __init__(
        self,
        report: BuildReport,
        admit: frozenset[str],
        allow: AllowList | None,
        wanted: Wanted | None,
        columns: Any = None,
        key: ListKey | None = None,
    ) -> None:
        self.report = report
        self.columns: Any = Columns(thins=True) if columns is None else columns
        self.kind = ""
        self.where: Where | None = None
        self.left_out: Collection[str | None] = ()
        self._latest = Latest()
        self._name = ""
        self._filters: dict[str, Collection[str | None]] = {}
        self._admit = admit
        self._allow = allow
        self._wanted = wanted
        self._needs_categories = isinstance(wanted, Chosen) and not wanted(None)
        self._hash_key = None if key is None else key.of("address")

    def _wants(self, category: str | None) -> bool:
        if self._wanted is None:
            return category not in self.left_out
        return self._wanted(category)

    def _check_categories(self, source: str, where: str) -> None:
        """Refuse to choose by category what has none."""
        if self._needs_categories:
            reason = "tells no categories to choose by; null stands for entries without one"
            raise FormatError(source, reason, where)

    def set_kind(self, kind: str, source: str) -> None:
        """Say whether hashes or addresses follow; FormatError when they don't go together."""
        if self.kind not in ("", kind):
            raise FormatError(source, f"{kind} cannot go into one list with {self.kind}")
        self.kind = kind
        if self._allow is not None and self._allow.kind != kind:
            raise ValueError(f"allow: holds {self._allow.kind}, the source {kind}")

    def take(self, item: Item, source: str) -> int:
        """Take in what a reader yields; returns how many records that was."""
        if isinstance(item, Batch):
            return self._take_batch(item, source)
        if isinstance(item, Digests):
            return self._take_digests(item, source)
        if isinstance(item, Update):
            self._take_update(item, source)
        else:
            self._take_one(item, source)
        return 1

    def begin_source(self, name: str) -> None:
        """Say by which name the entries that follow know their source."""
        self._name = name
        self.columns.begin_source(name)

    def _take_update(self, item: Update, source: str) -> None:
        self.report.read += 1
        self._filters.setdefault(source, self.left_out)
        if self._latest.put(item, source, self._name):
            self.report.superseded += 1

    def finish(self) -> None:
        """Take in the latest versions of records, once all sources are read."""
        self.where = None
        for record, source, name in self._latest.take_all():
            if name:
                self.columns.begin_source(name)
            self.report.read -= 1  # it was counted when it came, and is again
            if record is None:
                self.report.read += 1
                self.report.superseded += 1
            else:
                self.left_out = self._filters[source]
                self._take_one(record, source)

    def _take_digests(self, item: Digests, source: str) -> int:
        """List digests in bulk, but judge one by one what must perhaps not be listed."""
        self._check_categories(source, f"line {item.line}")
        width = WIDTHS[item.algorithm]
        count = len(item.data) // width
        chosen = np.ones(count, np.bool_)
        if count > _FEW:
            chosen = self._suspicious(item.algorithm, item.data)
        alone = np.flatnonzero(chosen).tolist()
        for i in alone:
            digest = item.data[i * width : (i + 1) * width]
            self._take_one(Record([(item.algorithm, digest)], f"line {item.line + i}"), source)
        data = item.data
        if alone:
            data = np.frombuffer(data, np.uint8).reshape(count, width)[~chosen].tobytes()
        self.report.read += count - len(alone)
        self.columns.extend(item.algorithm, data)
        return count

    def _suspicious(self, algorithm: str, data: Any) -> Bools:
        """Which of many digests must perhaps not be listed."""
        chosen = quarantine.suspects(algorithm).match(data, algorithm=algorithm).mask
        if self._allow is not None:
            chosen = chosen | self._allow.mask(algorithm, data)
        return chosen

    def _take_batch(self, batch: Batch, source: str) -> int:
        """List records in bulk, and those one by one of which there may be more to say."""
        count = batch.count
        if count <= _FEW or not count:
            for record in batch.records():
                self._take_one(record, source)
            return count
        by_itself = np.zeros(count, np.bool_)
        by_itself[list(batch.alone)] = True
        unwanted = ~by_itself & self._unwanted(batch, source)
        lacking = np.ones(count, np.bool_)
        for algorithm, (rows, data) in batch.digests.items():
            lacking[rows] = False
            by_itself[rows[self._suspicious(algorithm, data)]] = True
        by_itself |= lacking
        by_itself[[row for row, _, _ in batch.bad]] = True
        by_itself &= ~unwanted
        filtered = int(unwanted.sum())
        self.report.filtered += filtered
        for record in batch.records(np.flatnonzero(by_itself).tolist()):
            self._take_one(record, source)
        kept = ~(by_itself | unwanted)
        self.report.read += filtered + int(kept.sum())
        self.columns.add_batch(batch, kept)
        return count

    def _unwanted(self, batch: Batch, source: str) -> Bools:
        """Which rows are of categories that were not asked for, or fail the filter by fields."""
        unwanted = np.zeros(batch.count, np.bool_)
        if batch.has_category:
            refused = np.array([not self._wants(name) for name in (None, *batch.names)])
            unwanted |= refused[0] if batch.codes is None else refused[batch.codes]
        else:
            self._check_categories(source, batch.where(0))
        if self.where is not None:
            self._check_fields(batch.fields, source, batch.where(0))
            for field in self.where.names:
                codes, names = batch.fields[field]
                refused = np.array([not self.where.wants(field, v) for v in (None, *names)])
                unwanted |= refused[codes]
        return unwanted

    def _take_one(self, item: Record | Rejected, source: str) -> None:
        report = self.report
        report.read += 1
        if isinstance(item, Rejected):
            self._reject(source, item.where, item.reason, item.value)
            return
        if not self._is_wanted(item, source):
            report.filtered += 1
            return
        keys = []
        hints = []
        bad = list(item.bad)
        held_back = []
        for name, value in item.values:
            found = self._key(name, value)
            if isinstance(found, str):
                bad.append((found, value.decode("utf-8", "backslashreplace")))
            elif found[2] is None:
                keys.append(found[:2])
                hints.append(found[3])
            else:
                held_back.append((found[2], value))
        if any(reason == quarantine.ALLOW_LIST for reason, _ in held_back):
            # Known to be harmless by one of its digests: none of the others is listed either.
            keys.clear()
        self._account(item, source, keys, bad, held_back)
        for (rule, key), hint in zip(keys, hints, strict=False):  # fewer when some were cleared
            if hint:
                self.columns.hint(rule, key, hint)

    def _is_wanted(self, item: Record, source: str) -> bool:
        if not item.has_category:
            self._check_categories(source, item.where)
        elif not self._wants(item.category):
            return False
        if self.where is None:
            return True
        self._check_fields(item.fields, source, item.where)
        return self.where.keeps(item.fields or {})

    def _check_fields(self, fields: Mapping[str, Any] | None, source: str, where: str) -> None:
        """Refuse to filter by a field that a source does not have."""
        missing = "" if self.where is None else self.where.missing(fields)
        if missing:
            raise FormatError(source, f"has no field {missing!r} to filter by", where)

    def _account(
        self,
        item: Record,
        source: str,
        keys: list[tuple[str, bytes]],
        bad: list[tuple[str, str]],
        held_back: list[tuple[str, bytes]],
    ) -> None:
        """Count a record once, and sample every value of it that was left out."""
        report = self.report
        for reason, value in held_back:
            is_digest = self.kind == "hashes"
            text = value.hex() if is_digest else value.decode("utf-8", "backslashreplace")
            report.sample(source, item.where, reason, text)
        if keys:
            self.columns.add(keys, item.id, item.category)
            report.bad_values += len(bad) + len(held_back)
        elif held_back:
            reasons = [reason for reason, _ in held_back]
            chief = quarantine.ALLOW_LIST if quarantine.ALLOW_LIST in reasons else reasons[0]
            report.quarantined[chief] += 1
            report.bad_values += len(bad)
        else:
            what = "digest" if self.kind == "hashes" else "address"
            reason, shown = bad.pop(0) if bad else (f"no {what} that can be listed", "")
            self._reject(source, item.where, reason, shown)
            report.bad_values += len(bad)
        for reason, shown in bad:
            report.sample(source, item.where, reason, shown)

    def _reject(self, source: str, where: str, reason: str, value: str) -> None:
        self.report.rejected += 1
        self.report.rejections[reason] += 1
        self.report.sample(source, where, reason, value)

    def _key(self, name: str, value: Any) -> tuple[str, bytes, str | None, bytes] | str:
        """Return rule, key, class of quarantine and hint, or the reason why it has no key."""
        hint = b""
        address = None
        if self.kind == "hashes":
            rule, key, found = name, value, quarantine.digest_class(value)
        else:
            try:
                address = listed_address(value, name or None)
                check_host(address)
            except UrlError as error:
                return error.reason
            rule, key = address.rule, address_key(address, self._hash_key)
            hint = address_hint(address, self._hash_key)
            found = quarantine.address_class(address)
        if found in self._admit:
            found = None
        if self._allow is not None and self._allow.holds(rule, key if address is None else address):
            found = quarantine.ALLOW_LIST
        return rule, key, found, hint
