"""The command line.

Results go to stdout, progress and complaints to stderr. Exit status: 0 nothing matched, 1
something matched, 2 an error.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any, BinaryIO

import csamatch
import csamatch.rules
from csamatch import listread
from csamatch.cli_base import (
    COMPLAINTS,
    Parser,
    add_identity_argument,
    add_open_arguments,
    checked,
    complain,
    open_options,
    opened_input,
    say,
)
from csamatch.cli_help import STATUSES, epilog
from csamatch.cli_run import run
from csamatch.cli_verbose import tell

_BATCH = 1 << 16
_BATCH_BYTES = 1 << 23


def _info_rows(info: csamatch.ListInfo) -> dict[str, Any]:
    return {
        "name": info.name,
        "source": info.source,
        "version": info.version,
        "issued": info.issued.isoformat() if info.issued else None,
        "max_age": str(info.max_age) if info.max_age else None,
        "age": str(timedelta(seconds=int(info.age.total_seconds()))) if info.age else None,
        "stale": info.stale,
        "purpose": info.purpose,
        "handling": info.handling,
        "contact": info.contact,
        "agreement": info.agreement,
        "kind": info.kind,
        "keyed": info.keyed,
        "counts": dict(info.counts),
        "digest": info.digest,
    }


def _spell_counts(info: csamatch.ListInfo) -> str:
    return ", ".join(f"{count:,} {rule}" for rule, count in info.counts.items())


def _info(args: argparse.Namespace) -> int:
    # Which needs no key.
    mmap = args.identity is None
    info = listread.read(args.file, verify=False, mmap=mmap, identity=args.identity).info
    rows = _info_rows(info)
    if args.json:
        print(json.dumps(rows))
        return 0
    rows["stale"] = "yes" if info.stale else "no"
    rows["keyed"] = "yes" if info.keyed else "no"
    rows["counts"] = _spell_counts(info)
    for key, value in rows.items():
        if value:
            shown = "".join(c if c.isprintable() else "?" for c in str(value))
            print(f"{key:<10}{shown}")
    return 0


def _verify(args: argparse.Namespace) -> int:
    info = csamatch.verify(args.file, **open_options(args, args.file))
    if not args.quiet:
        print(f"{args.file}: sound; {_spell_counts(info)}; digest {info.digest}")
    return 0


def _self_test(args: argparse.Namespace) -> int:
    found = csamatch.open(args.file, **open_options(args, args.file)).self_test()
    if not args.quiet:
        print(
            f"{args.file}: works; {found.keys:,} keys and {found.canaries:,} canaries found, "
            f"with {', '.join(found.kernels)}"
        )
    return 0


def _sign(args: argparse.Namespace) -> int:
    written = csamatch.sign(args.file, args.key, serial=args.serial)
    if not args.quiet:
        print(written)
    return 0


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
    tell(f"opened {lst.info.name or args.file}, {_spell_counts(lst.info)}")
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


def _demo(args: argparse.Namespace) -> int:
    from csamatch import demo

    return demo.run(args.quiet)


def _set_up_build(parser: argparse.ArgumentParser) -> None:
    from csamatch.cli_build import set_up_build

    set_up_build(parser)


def _set_up_inspect(parser: argparse.ArgumentParser) -> None:
    from csamatch.cli_build import set_up_inspect

    set_up_inspect(parser)


def _set_up_export(parser: argparse.ArgumentParser) -> None:
    from csamatch.cli_export import set_up_export

    set_up_export(parser)


def _set_up_diff(parser: argparse.ArgumentParser) -> None:
    from csamatch.cli_update import set_up_diff

    set_up_diff(parser)


def _set_up_update(parser: argparse.ArgumentParser) -> None:
    from csamatch.cli_update import set_up_update

    set_up_update(parser)


def _set_up_delta(parser: argparse.ArgumentParser) -> None:
    from csamatch.cli_update import set_up_delta

    set_up_delta(parser)


def _set_up_apply(parser: argparse.ArgumentParser) -> None:
    from csamatch.cli_update import set_up_apply

    set_up_apply(parser)


def _set_up_purge(parser: argparse.ArgumentParser) -> None:
    from csamatch.cli_update import set_up_purge

    set_up_purge(parser)


def _set_up_bench(parser: argparse.ArgumentParser) -> None:
    from csamatch.bench.command import add_arguments

    add_arguments(parser)


def _set_up_completion(parser: argparse.ArgumentParser) -> None:
    from csamatch.cli_completion import set_up_completion

    set_up_completion(parser, _parser)


def _thread_count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise ValueError("not a number from 1")
    return int(text)


def _add_readings(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--refang", action="store_true", help="undo defanging (hxxp, [.])")
    parser.add_argument(
        "--legacy-idna", action="store_true", help="IDNA2003's reading of hosts (eszett as ss)"
    )


def _parser() -> argparse.ArgumentParser:
    parser = Parser(
        prog="csamatch",
        description="Recognise known child-sexual-abuse material by hash, host and URL.",
        epilog=STATUSES,
    )
    parser.add_argument("--version", action="version", version=f"csamatch {csamatch.__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND", parser_class=Parser)
    p = commands.add_parser(
        "build",
        help="make a list file from its sources",
        description="Read sources, leave out what must not be listed, and write one list file.",
    )
    p.set_up = _set_up_build
    p = commands.add_parser(
        "inspect",
        help="show what sources hold, without building",
        description="Read sources and show formats, counts, categories and what is wrong in them.",
    )
    p.set_up = _set_up_inspect
    p = commands.add_parser("export", help="write a list, or what sources hold, in another format")
    p.set_up = _set_up_export
    p = commands.add_parser(
        "diff",
        help="show how two list files differ",
        description="Count what differs. Exit status: 0 equal, 1 different, 2 an error.",
    )
    p.set_up = _set_up_diff
    p = commands.add_parser(
        "update",
        help="add records to a list file, remove some, replace some",
        description="Make a list file over, and write the result in one step.",
    )
    p.set_up = _set_up_update
    p = commands.add_parser("delta", help="write a file that makes one list out of another")
    p.set_up = _set_up_delta
    p = commands.add_parser("apply", help="make a new list out of an old one and a delta")
    p.set_up = _set_up_apply
    p = commands.add_parser("purge", help="remove a list file and all that belongs to it")
    p.set_up = _set_up_purge
    p = commands.add_parser("info", help="show what a list says of itself")
    p.add_argument("file")
    add_identity_argument(p)
    p.add_argument("--json", action="store_true", help="as JSON")
    p.set_defaults(run=_info)
    p = commands.add_parser("verify", help="check a list file from end to end")
    p.add_argument("file")
    add_open_arguments(p)
    p.set_defaults(run=_verify)
    p = commands.add_parser("sign", help="sign a list file, beside it")
    p.add_argument("file")
    p.add_argument("--key", required=True, metavar="PEM", help="an Ed25519 private key")
    p.add_argument("--serial", required=True, type=int, help="greater than any before")
    p.set_defaults(run=_sign)
    p = commands.add_parser("self-test", help="prove that a list matches, on all it holds")
    p.add_argument("file")
    add_open_arguments(p)
    p.set_defaults(run=_self_test)
    p = commands.add_parser(
        "match",
        help="look digests or URLs up, one a line",
        description=(
            "Look up digests (hex, or the output of md5sum and its like) or URLs, one a line. "
            "Each hit is a line of JSON. Exit status: 0 no hit, 1 hits, 2 errors."
        ),
    )
    p.add_argument("file", help="the list file")
    p.add_argument("input", nargs="?", default="-", help="default: standard input")
    p.add_argument("--threads", type=checked(_thread_count), default=1, help="default: 1")
    p.add_argument("--suppress", metavar="FILE", help="what must not hit, in any format")
    _add_readings(p)
    add_open_arguments(p)
    p.add_argument("--echo", action="store_true", help="repeat the query in each hit")
    p.add_argument("-q", "--quiet", action="store_true", help="no summary")
    p.set_defaults(run=_match)
    p = commands.add_parser("normalize", help="show the canonical form of URLs, one a line")
    p.add_argument("input", nargs="?", default="-", help="default: standard input")
    _add_readings(p)
    p.set_defaults(run=_normalize)
    p = commands.add_parser("demo", help="see it work, on a million synthetic digests")
    p.set_defaults(run=_demo)
    p = commands.add_parser("bench", help="measure it beside memory's limit and other tools")
    p.set_up = _set_up_bench
    p = commands.add_parser("completion", help="write what a shell completes this command by")
    p.set_up = _set_up_completion
    for name, command in commands.choices.items():
        command.is_command = True
        command.epilog = epilog(name)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; return the exit status."""
    return run(_parser, argv)
