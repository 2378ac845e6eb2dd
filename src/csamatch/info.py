"""What a list says of itself."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import UTC, date, datetime, timedelta
from types import MappingProxyType
from typing import Any

__all__ = ["ListInfo"]

_TEXT_FIELDS = ("name", "source", "version", "purpose", "handling", "contact", "agreement")
_MAX_AGE = timedelta(days=36525)
_SKEW = timedelta(days=1)  # by which clocks may differ, or say that it is tomorrow already
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


@dataclass(frozen=True, slots=True)
class ListInfo:
    """The envelope of a list: what it is, how old it may get, what it holds.

    Attributes
    ----------
    name, source, version, purpose, handling, contact, agreement : str
        As given when the list was built; empty where nothing was. `contact` is whom to ask about
        the list, `agreement` refers to the contract or permission under which it is held.
    issued : datetime.date or datetime.datetime or None
        When the publisher issued this version. Times are UTC.
    max_age : datetime.timedelta or None
        How old the list may get before it counts as stale.
    kind : str
        ``"hashes"`` or ``"addresses"``.
    counts : mapping of str to int
        Keys per algorithm or rule.
    digest : str
        SHA-256 over the list's content, 64 hex digits.
    keyed : bool
        Whether the list can only be searched with the key it was built with.
    """

    name: str = ""
    source: str = ""
    version: str = ""
    issued: date | None = None
    max_age: timedelta | None = None
    purpose: str = ""
    handling: str = ""
    contact: str = ""
    agreement: str = ""
    kind: str = ""
    counts: Mapping[str, int] = field(default_factory=dict)
    digest: str = ""
    keyed: bool = False

    @property
    def age(self) -> timedelta | None:
        """Time since `issued` (from the start of the day, if it is a day), or None."""
        if self.issued is None:
            return None
        return datetime.now(UTC) - as_time(self.issued)

    @property
    def stale(self) -> bool:
        """Whether the list is older than `max_age`; False where either is unknown.

        One that was issued more than a day from now is stale too: it would never be otherwise.
        """
        age = self.age
        return age is not None and self.max_age is not None and not -_SKEW <= age <= self.max_age


def as_time(value: date) -> datetime:
    """Return the start of a day, or a time; those without a zone are UTC."""
    if not isinstance(value, datetime):
        return datetime(value.year, value.month, value.day, tzinfo=UTC)
    return value if value.tzinfo is not None else value.replace(tzinfo=UTC)


def parse_issued(value: date | str | None) -> date | None:
    """Read a day or a time in ISO 8601 form; times without a zone are UTC."""
    if isinstance(value, str):
        try:
            value = date.fromisoformat(value) if len(value) == 10 else datetime.fromisoformat(value)
        except ValueError:
            raise ValueError(f"issued: {value!r} is no ISO 8601 date or time") from None
    if isinstance(value, datetime):
        try:
            return as_time(value).astimezone(UTC)
        except OverflowError:
            raise ValueError("issued: out of range") from None
    if value is None or isinstance(value, date):
        return value
    raise TypeError(f"issued: expected a date or str, not {type(value).__name__}")


def parse_age(value: timedelta | str | int | None) -> timedelta | None:
    """Read an age such as ``"12h"``, ``"30d"`` or a number of days."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = timedelta(days=min(value, _MAX_AGE.days + 1))
    elif isinstance(value, str):
        parts = re.fullmatch(r"\s*(\d{1,6})\s*([mhdw]?)\s*", value)
        if parts is None:
            raise ValueError(f"max_age: {value!r} is none of 90m, 12h, 30d, 4w")
        value = timedelta(**{_UNITS[parts[2] or "d"]: int(parts[1])})
    if value is None:
        return None
    if not isinstance(value, timedelta):
        raise TypeError(f"max_age: expected a timedelta or str, not {type(value).__name__}")
    if not timedelta(seconds=1) <= value <= _MAX_AGE:
        raise ValueError("max_age: must lie between a second and 100 years")
    return value


def envelope(given: ListInfo | Mapping[str, Any] | None) -> dict[str, Any]:
    """Check what a caller says of a new list and return it as plain JSON values."""
    if given is None:
        return {}
    if not isinstance(given, (ListInfo, Mapping)):
        raise TypeError(f"info: expected a mapping, not {type(given).__name__}")
    if isinstance(given, ListInfo):
        given = {f.name: getattr(given, f.name) for f in fields(given)}
        for derived in ("kind", "counts", "digest", "keyed"):
            del given[derived]
    result: dict[str, Any] = {}
    for key, value in given.items():
        if key in _TEXT_FIELDS:
            if not isinstance(value, str):
                raise TypeError(f"{key}: expected str, not {type(value).__name__}")
            result[key] = value
        elif key == "issued":
            issued = parse_issued(value)
            result[key] = issued and issued.isoformat()
        elif key == "max_age":
            age = parse_age(value)
            result[key] = age and int(age.total_seconds())
        else:
            raise TypeError(f"a list's info has no {key!r}")
    return {key: value for key, value in result.items() if value}


def encode_info(values: Mapping[str, Any]) -> bytes:
    """Write the info section: JSON with sorted keys, so that it is reproducible."""
    return json.dumps(values, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()


def decode_info(
    data: bytes, kind: str, counts: Mapping[str, int], digest: str, keyed: bool = False
) -> ListInfo:
    """Read the info section. ValueError when it makes no sense."""
    values = json.loads(data)
    if not isinstance(values, dict):
        raise ValueError("not a JSON object")
    texts = {key: values.get(key, "") for key in _TEXT_FIELDS}
    age = values.get("max_age")
    issued = values.get("issued")
    if (
        any(not isinstance(text, str) for text in texts.values())
        or not isinstance(issued, str | None)
        or not (age is None or (type(age) is int and 0 < age <= _MAX_AGE.total_seconds()))
    ):
        raise ValueError("a field has the wrong type")
    return ListInfo(
        **texts,
        issued=parse_issued(issued),
        max_age=None if age is None else timedelta(seconds=age),
        kind=kind,
        counts=MappingProxyType(dict(counts)),
        digest=digest,
        keyed=keyed,
    )
