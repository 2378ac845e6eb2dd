"""``csamatch match`` and ``normalize``: digests or addresses, one a line."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from typing import Any, BinaryIO

import csamatch
import csamatch.rules
from csamatch.cli_base import (
    COMPLAINTS,
    add_open_arguments,
    checked,
    complain,
    open_options,
    opened_input,
    say,
    spell_counts,
)
from csamatch.cli_verbose import tell

_BATCH = 1 << 16
_BATCH_BYTES = 1 << 23


def _batches(items: Iterator[tuple[int, Any, str]]) -> Iterator[list[tuple[int, Any, str]]]:
    """Group lines, bounded in number and in bytes."""
    batch: list[tuple[int, Any, str]] = []
    size = 0
    for item in items:
        batch.append(item)
        size += len(item[1])
        if len(batch) >= _BATCH or size >= _BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _query_lines(stream: BinaryIO, is_hashes: bool) -> Iterator[tuple[int, bytes | str, str]]:
    """Yield line number, query and, where the line holds none, the reason."""
    from csamatch.readers.records import lines
    from csamatch.readers.text import is_blank, parse_line

    for number, line in lines(stream):
        if line is None:
            yield number, "", "a line too long"
        elif not is_hashes:
            if line:
                yield number, line, ""
        elif not is_blank(line):
            found = parse_line(line)
            if isinstance(found, str):
                yield number, "", found
            else:
                yield from ((number, digest, "") for _, digest in found)


class _Complaints:
    """Lines that could not be looked up: the first few are named, all are counted."""

    def __init__(self) -> None:
        self.count = 0

    def add(self, number: int, reason: str) -> None:
        self.count += 1
        if self.count <= COMPLAINTS:
            complain(f"line {number}: {reason}")

    def finish(self) -> None:
        if self.count > COMPLAINTS:
            complain(f"{self.count:,} lines could not be read")


def _hit_line(number: int, match: csamatch.Match, query: bytes | str, echo: bool) -> str:
    row: dict[str, Any] = {
        "line": number,
        "rule": match.rule,
        "entry": match.entry.number,
        "id": match.entry.id,
        "category": match.entry.category,
        **({"canary": True} if match.entry.canary else {}),
        **({"source": match.entry.source} if match.entry.source else {}),
        "list": match.list.name,
        "version": match.list.version,
        "issued": match.list.issued.isoformat() if match.list.issued else None,
    }
    if echo:
        is_address = match.list.kind == "addresses"
        text = query if isinstance(query, str) else None
        row["query"] = text or (query.decode("utf-8", "replace") if is_address else query.hex())  # type: ignore[union-attr]
    return json.dumps(row)


def _readings(args: argparse.Namespace) -> dict[str, Any]:
    return {"refang": args.refang, "legacy_idna": args.legacy_idna}


def _match(args: argparse.Namespace) -> int:
    lst = csamatch.open(args.file, suppress=args.suppress, **open_options(args, args.file))
    tell(f"opened {lst.info.name or args.file}, {spell_counts(lst.info)}")
    is_hashes = isinstance(lst, csamatch.HashList)
    if is_hashes and (args.refang or args.legacy_idna):
        raise csamatch.Error("--refang and --legacy-idna are for lists of addresses")
    readings = {} if is_hashes else _readings(args)
    complaints = _Complaints()
    hits = total = unlistable = suppressed = 0
    with opened_input(args.input) as stream:
        for batch in _batches(_query_lines(stream, is_hashes)):
            good = [(number, query) for number, query, reason in batch if not reason]
            for number, _, reason in batch:
                if reason:
                    complaints.add(number, reason)
            matches = lst.match([query for _, query in good], threads=args.threads, **readings)
            for index in matches.invalid.nonzero()[0].tolist():
                complaints.add(good[index][0], "not an address that can be looked up")
            for match in matches:
                number, query = good[match.query]
                print(_hit_line(number, match, query, args.echo))
            hits += matches.count
            suppressed += int(matches.suppressed.sum())
            total += len(good)
            if isinstance(lst, csamatch.HashList):
                held = {csamatch.rules.WIDTHS[name] for name in lst.algorithms}
                unlistable += sum(len(query) not in held for _, query in good)
    complaints.finish()
    if not args.quiet:
        say(f"csamatch: {hits:,} of {total:,} matched")
    if suppressed:
        say(f"csamatch: {suppressed:,} more did, but were suppressed")
    if unlistable:
        say(f"csamatch: {unlistable:,} are of an algorithm that the list does not hold")
    return 2 if complaints.count else int(hits > 0)


def _normalize(args: argparse.Namespace) -> int:
    from csamatch.readers.records import lines

    complaints = _Complaints()
    with opened_input(args.input) as stream:
        numbered = ((n, line or b"", "long" if line is None else "") for n, line in lines(stream))
        for batch in _batches(numbered):
            found = csamatch.normalize_urls([line for _, line, _ in batch], **_readings(args))
            for (number, line, long), canonical in zip(batch, found, strict=True):
                if canonical is None and (line or long):
                    complaints.add(number, "not an address that can be looked up")
                print(canonical or "")  # an empty line keeps output and input in step
    complaints.finish()
    return 2 if complaints.count else 0


def _thread_count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise ValueError("not a number from 1")
    return int(text)


def _add_readings(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--refang", action="store_true", help="undo defanging (hxxp, [.])")
    parser.add_argument(
        "--legacy-idna", action="store_true", help="IDNA2003's reading of hosts (eszett as ss)"
    )


def set_up_match(p: argparse.ArgumentParser) -> None:
    """Add the arguments of ``csamatch match``."""
    p.add_argument("file", help="the list file")
    p.add_argument("input", nargs="?", default="-", help="default: standard input")
    p.add_argument("--threads", type=checked(_thread_count), default=1, help="default: 1")
    p.add_argument("--suppress", metavar="FILE", help="what must not hit, in any format")
    _add_readings(p)
    add_open_arguments(p)
    p.add_argument("--echo", action="store_true", help="repeat the query in each hit")
    p.add_argument("-q", "--quiet", action="store_true", help="no summary")
    p.set_defaults(run=_match)


def set_up_normalize(p: argparse.ArgumentParser) -> None:
    """Add the arguments of ``csamatch normalize``."""
    p.add_argument("input", nargs="?", default="-", help="default: standard input")
    _add_readings(p)
    p.set_defaults(run=_normalize)
