"""The command line.

Results go to stdout, progress and complaints to stderr. Exit status: 0 nothing matched, 1
something matched, 2 an error.
"""

from __future__ import annotations

import argparse
import importlib
import json
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import csamatch
from csamatch import listread
from csamatch.cli_base import (
    Parser,
    add_identity_argument,
    add_open_arguments,
    open_options,
    spell_counts,
)
from csamatch.cli_help import STATUSES, epilog
from csamatch.cli_run import run


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
    rows["counts"] = spell_counts(info)
    for key, value in rows.items():
        if value:
            shown = "".join(c if c.isprintable() else "?" for c in str(value))
            print(f"{key:<10}{shown}")
    return 0


def _verify(args: argparse.Namespace) -> int:
    info = csamatch.verify(args.file, **open_options(args, args.file))
    if not args.quiet:
        print(f"{args.file}: sound; {spell_counts(info)}; digest {info.digest}")
    return 0


def _self_test(args: argparse.Namespace) -> int:
    found = csamatch.open(args.file, **open_options(args, args.file)).self_test()
    if not args.quiet:
        print(
            f"{args.file}: works; keys found: {found.keys:,}, canaries: {found.canaries:,}, "
            f"with {', '.join(found.kernels)}"
        )
    return 0


def _sign(args: argparse.Namespace) -> int:
    written = csamatch.sign(args.file, args.key, serial=args.serial)
    if not args.quiet:
        print(written)
    return 0


def _demo(args: argparse.Namespace) -> int:
    from csamatch import demo

    return demo.run(args.quiet)


def _later(module: str, function: str) -> Callable[[argparse.ArgumentParser], None]:
    """Return what sets a command up, imported when that command is used."""

    def set_up(parser: argparse.ArgumentParser) -> None:
        getattr(importlib.import_module(f"csamatch.{module}"), function)(parser)

    return set_up


def _set_up_completion(parser: argparse.ArgumentParser) -> None:
    from csamatch.cli_completion import set_up_completion

    set_up_completion(parser, _parser)


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
    p.set_up = _later("cli_build", "set_up_build")
    p = commands.add_parser(
        "inspect",
        help="show what sources hold, without building",
        description="Read sources and show formats, counts, categories and what is wrong in them.",
    )
    p.set_up = _later("cli_build", "set_up_inspect")
    p = commands.add_parser("export", help="write a list, or what sources hold, in another format")
    p.set_up = _later("cli_export", "set_up_export")
    p = commands.add_parser(
        "diff",
        help="show how two list files differ",
        description="Count what differs. Exit status: 0 equal, 1 different, 2 an error.",
    )
    p.set_up = _later("cli_update", "set_up_diff")
    p = commands.add_parser(
        "update",
        help="add records to a list file, remove some, replace some",
        description="Make a list file over, and write the result in one step.",
    )
    p.set_up = _later("cli_update", "set_up_update")
    p = commands.add_parser("delta", help="write a file that makes one list out of another")
    p.set_up = _later("cli_update", "set_up_delta")
    p = commands.add_parser("apply", help="make a new list out of an old one and a delta")
    p.set_up = _later("cli_update", "set_up_apply")
    p = commands.add_parser("purge", help="remove a list file and all that belongs to it")
    p.set_up = _later("cli_update", "set_up_purge")
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
    p.set_up = _later("cli_match", "set_up_match")
    p = commands.add_parser("normalize", help="show the canonical form of URLs, one a line")
    p.set_up = _later("cli_match", "set_up_normalize")
    p = commands.add_parser("demo", help="see it work, on a million synthetic digests")
    p.set_defaults(run=_demo)
    p = commands.add_parser("bench", help="measure it beside memory's limit and other tools")
    p.set_up = _later("bench.command", "add_arguments")
    p = commands.add_parser("completion", help="write what a shell completes this command by")
    p.set_up = _set_up_completion
    for name, command in commands.choices.items():
        command.is_command = True
        command.set_defaults(parser=command)
        command.epilog = epilog(name)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; return the exit status."""
    return run(_parser, argv)
