"""From sources to a list file."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from csamatch import listwrite, quarantine
from csamatch.allow import Harmless, allow_list
from csamatch.assemble import assemble
from csamatch.canaries import MOST
from csamatch.encrypted import check_clear
from csamatch.errors import Error, FormatError
from csamatch.filters import RejectionLimit, wanted_categories
from csamatch.info import ListInfo, decode_info, encode_info, envelope
from csamatch.intake import Intake
from csamatch.listkey import Key, ListKey, list_key
from csamatch.readers import delimited
from csamatch.reading import Progress, Request, read_source
from csamatch.report import BuildReport
from csamatch.sources import Sources, check_apart, named_sources
from csamatch.unpack import Limits

__all__ = ["build"]


def build(
    source: Sources,
    out: str | os.PathLike[str],
    *,
    reader: str = "auto",
    info: ListInfo | Mapping[str, Any] | None = None,
    key: Key | ListKey | None = None,
    canaries: int = 0,
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
) -> BuildReport:
    """Build a list file from its sources.

    The same sources, in any order, give the same bytes. An existing file is replaced in one step
    at the very end; whatever goes wrong before leaves it as it was.

    Parameters
    ----------
    source : path, binary file object, a list of them, or a mapping of names to such
        What to read: files, and what gzip, Zstandard and zip archives hold, each member as a
        source of its own. ``archive.zip!member`` names one member, or several by a pattern.
        With a mapping, entries say by name which of the sources they are of (`Entry.source`).
    out : path
        The list file to write; only its owner will be able to read it.
    reader : str
        A reader's name, such as ``"text"``, ``"vics"``, ``"domains"``, ``"urls"`` or that of
        another package's, or ``"auto"`` to decide by content.
    info : ListInfo or mapping, optional
        The list's name, source, version, issued, max_age, purpose, handling,
        contact, agreement.
    key : bytes or path, optional
        A secret of 16 or 32 bytes, or a file that holds it (in hex or raw, readable for its
        owner only). The list then holds hashes of its digests and addresses, made with it, and
        `csamatch.open` needs the same.
    canaries : int
        How many synthetic digests or addresses to add for each algorithm or rule of the list, for
        `HashList.self_test` and for trials. They count nowhere, and a hit on one says so.
    allow : path, binary file object, HashList or UrlList, or a list of them, optional
        Digests or addresses known to be harmless, as a list file or in any readable format;
        they are kept out, counted under ``"allow-list"``.
    admit : iterable of str
        Classes of `csamatch.quarantine.CLASSES` to let in, such as ``"empty-file"``.
    categories : collection, optional
        The categories wanted; None among them stands for entries without one. By default all
        but category 0 (not pertinent) and null of VICS.
    where : mapping, optional
        Fields of the source and the values wanted, such as ``{"baseline": "yes"}``, for readers
        whose records have fields; a bool stands for its usual spellings. By default what the
        reader says; an empty mapping takes all.
    max_rejected : float, int or str, optional
        How many records of one source may be unreadable before the build fails: a share (0.001
        or ``"0.1%"``) or a number. By default 1 %, but never fewer than 10, nor than 100 if as many
        can be read.
    max_size : int
        The bytes that one source may unpack to.
    max_ratio : float
        How many times its size a source may unpack to, beyond the first 100 MiB.
    columns : mapping, optional
        Which column of a table holds what: keys ``"md5"``, ``"sha1"``, ``"sha256"`` (or
        ``"url"``, ``"domain"``, ``"host"``), ``"id"``, ``"category"``, each with the column's
        name or its number from 0. With it, ``reader="auto"`` takes sources for CSV.
    options : mapping, optional
        Further options of the reader. One that it does not take is an error.
    progress : callable, optional
        Called now and then with the source's name, the bytes read and the size, if known.
    keep_values : bool
        Keep the values left out in the report's samples. They are confidential.

    Returns
    -------
    BuildReport
        What became of every record.

    Raises
    ------
    ListKeyError
        When `key` is none, or its file can be read by others.
    FormatError
        When a source cannot be read, too little of it can, or nothing in it can be listed.
    Error
        When `out` is an encrypted file: what would take its place is not encrypted.
    OSError
        When a file cannot be read or written.
    """
    secret = list_key(key)
    if not 0 <= canaries <= MOST:
        raise ValueError(f"canaries: must lie between 0 and {MOST:,}")
    reader, chosen = delimited.with_columns(reader, options, columns)
    admitted = frozenset([admit] if isinstance(admit, str) else admit)
    if admitted - set(quarantine.CLASSES):
        raise ValueError(f"admit: no such class; there are {', '.join(quarantine.CLASSES)}")
    report = BuildReport(keep_values=keep_values)
    said = envelope(info)
    intake = Intake(report, admitted, allow_list(allow), wanted_categories(categories), key=secret)
    check_clear(out, Error)
    sources = named_sources(source)
    check_apart((each for _, each in sources), out)
    limits = Limits(max_size, max_ratio)
    request = Request(reader, chosen, where, limits, RejectionLimit(max_rejected), progress)
    for name, each in sources:
        if name:
            intake.begin_source(name)
        read_source(intake, each, request)
    intake.finish()
    if not len(intake.columns):
        names = ", ".join(report.readers)
        raise FormatError(names, f"nothing in it can be listed ({report.in_one_line()})")
    assembled = assemble(intake.columns, said, secret, canaries)
    report.accepted, report.duplicate = assembled.accepted, assembled.duplicate
    report.counts = assembled.counts
    digest = listwrite.write(out, intake.kind, assembled.sections)
    report.info = decode_info(
        encode_info(said), intake.kind, assembled.counts, digest, secret is not None
    )
    return report
