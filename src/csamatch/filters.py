"""Which records are wanted, and how many may be unreadable."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any, Final

Wanted = Callable[[str | None], bool]

FORGIVEN: Final = 100
"""So many unreadable records fail no build, unless they are most, or the caller sets a limit."""

FEW: Final = 10
"""So many never do, even if they are all but one."""


class Chosen:
    """The categories that a caller chose, None among them for entries without one."""

    def __init__(self, names: frozenset[str | None]) -> None:
        self._names = names

    def __call__(self, category: str | None) -> bool:
        """Whether a category is wanted."""
        return category in self._names


def wanted_categories(given: Collection[str | int | None] | None) -> Wanted | None:
    """Say which categories to list; None where that is left to the format."""
    if given is None:
        return None
    if isinstance(given, (str, int)):
        raise TypeError("categories: expected a collection of them")
    return Chosen(frozenset(None if c is None else str(c) for c in given))


Spell = Callable[[str, str], str]
"""Brings the value wanted of a field, by its name, into the spelling of a reader."""


_BOOLS: Final = {True: ("yes", "y", "true", "t", "1"), False: ("no", "n", "false", "f", "0")}


def _spellings(value: Any) -> Collection[str | None]:
    """Return the texts that a value wanted of a field stands for."""
    if isinstance(value, bool):
        return _BOOLS[value]
    return (None if value is None else str(value),)


class Where:
    """A filter by fields: each must have one of the values wanted; case does not matter.

    Parameters
    ----------
    given : mapping
        For each field's name its value, or a collection of them; None stands for no value, and
        a bool for whatever is a usual spelling of it.
    spell : callable, optional
        Spells the values as the reader does.
    """

    def __init__(self, given: Mapping[str, Any], spell: Spell | None = None) -> None:
        if not isinstance(given, Mapping):
            raise TypeError(f"where: expected a mapping, not {type(given).__name__}")
        self._wanted: dict[str, frozenset[str | None]] = {}
        for name, values in given.items():
            is_one = values is None or isinstance(values, (str, int))
            each = [values] if is_one else values
            texts = [text for value in each for text in _spellings(value)]
            if spell is not None:
                texts = [None if text is None else spell(name, text) for text in texts]
            self._wanted[name] = frozenset(None if t is None else t.casefold() for t in texts)

    @property
    def names(self) -> tuple[str, ...]:
        """The fields asked for."""
        return tuple(self._wanted)

    def wants(self, name: str, value: str | None) -> bool:
        """Whether one field's value is among those wanted."""
        return (None if value is None else value.casefold()) in self._wanted[name]

    def missing(self, fields: Mapping[str, Any] | None) -> str:
        """Return a field asked for that a record's source does not know; empty if it knows all."""
        return next((name for name in self._wanted if name not in (fields or {})), "")

    def keeps(self, fields: Mapping[str, str | None]) -> bool:
        """Whether a record is wanted."""
        return all(self.wants(name, fields[name]) for name in self._wanted)


class RejectionLimit:
    """How many records of one source may be unreadable.

    Parameters
    ----------
    given : float, int, str or None
        A share (0.001, ``"0.1%"``) or a number (25, ``"25"``). None is 1 % or 100 records,
        whichever is more, but no more than half of them where those are over ten.
    """

    def __init__(self, given: float | str | None) -> None:
        self._share: float | None = None
        self._most = FORGIVEN
        self._text = "1 %"
        self._is_default = given is None
        if given is None:
            self._share = 0.01
            return
        self._most = 0
        self._text = str(given)
        try:
            if isinstance(given, str):
                text = given.strip()
                given = float(text[:-1]) / 100 if text.endswith("%") else int(text)
        except ValueError:
            raise ValueError("max_rejected: neither a share such as 0.1% nor a number") from None
        if isinstance(given, bool) or not isinstance(given, (int, float)):
            raise TypeError(f"max_rejected: expected a number, not {type(given).__name__}")
        if isinstance(given, int):
            self._most = given
        else:
            self._share = given
        if not (given >= 0 if self._share is None else 0 <= given <= 1):
            raise ValueError("max_rejected: a share is from 0 to 1, a number from 0")

    def exceeded(self, rejected: int, read: int, reasons: Mapping[str, int]) -> str:
        """Return what to say when too many were rejected; empty while they are few enough."""
        most = max(self._most, 0.0 if self._share is None else self._share * read)
        text = self._text
        if self._is_default and 2 * rejected > read and FEW < rejected <= most:
            most, text = read // 2, "half"
        if rejected <= most:
            return ""
        common = sorted(reasons.items(), key=lambda item: (-item[1], item[0]))[:3]
        spelled = ", ".join(f"{reason} {count:,}" for reason, count in common)
        return f"{rejected:,} of {read:,} records cannot be read, more than {text} ({spelled})"
