"""What can go wrong, as exceptions and warnings.

No message holds a value of a list or of a query: they say where and why.
"""

from __future__ import annotations

__all__ = [
    "DeltaError",
    "DigestError",
    "Error",
    "FormatError",
    "ListFileError",
    "ListKeyError",
    "ListPermissionWarning",
    "SelfTestError",
    "SignatureError",
    "StaleListError",
    "StaleListWarning",
    "UpdateError",
    "UrlError",
]


class Error(Exception):
    """Base of every error that csamatch raises on its own account."""


class DigestError(Error, ValueError):
    """A value that is no digest: wrong length, or not hexadecimal.

    Attributes
    ----------
    index : int or None
        Its place in the batch, counted from 0; None for a single value.
    reason : str
        What is wrong with it.
    """

    def __init__(self, reason: str, index: int | None = None) -> None:
        self.index = index
        self.reason = reason
        super().__init__(reason if index is None else f"digest {index}: {reason}")


class UrlError(Error, ValueError):
    """A URL or host that has no canonical form.

    Attributes
    ----------
    index : int or None
        Its place in the batch, counted from 0; None for a single value.
    reason : str
        What is wrong with it.
    """

    def __init__(self, reason: str, index: int | None = None) -> None:
        self.index = index
        self.reason = reason
        super().__init__(reason if index is None else f"address {index}: {reason}")


class ListFileError(Error, ValueError):
    """A list file that is damaged, truncated, or not a list file at all."""


class DeltaError(ListFileError):
    """A delta that is damaged, or that does not belong to the list it was applied to."""


class ListKeyError(ListFileError):
    """A key that is missing, not that of the list, or none at all."""


class SignatureError(ListFileError):
    """A list that is not signed as was asked for: not at all, wrongly, or as an older one."""


class UpdateError(Error, ValueError):
    """An update that contradicts itself, or would make a list smaller than allowed."""


class FormatError(Error, ValueError):
    """A source that cannot be read as a list.

    Attributes
    ----------
    source : str
        The source's name.
    where : str
        The place in it, such as ``"line 7"``; empty for the whole of it.
    reason : str
        What is wrong there.
    """

    def __init__(self, source: str, reason: str, where: str = "") -> None:
        self.source = source
        self.reason = reason
        self.where = where
        super().__init__(": ".join(part for part in (source, where, reason) if part))


class SelfTestError(Error):
    """A list that does not find what it holds."""


class StaleListError(Error):
    """A list older than its publisher allows was opened with ``stale="error"``."""


class StaleListWarning(UserWarning):
    """A list older than its publisher allows is being served."""


class ListPermissionWarning(UserWarning):
    """A list file that other users of the machine can read or change."""
