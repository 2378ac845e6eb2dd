"""``csamatch export``."""

from __future__ import annotations

import argparse
import sys

import csamatch
from csamatch.cli_base import checked, say, standard_input
from csamatch.cli_sources import add_choice, column, filtering, pair
from csamatch.readers import reader_names
from csamatch.writers import WRITERS


def _export(args: argparse.Namespace) -> int:
    sources = [standard_input() if source == "-" else source for source in args.source]
    if args.output == "-" and sys.stdout is None:
        raise csamatch.Error("standard output is closed")
    report = csamatch.export(
        sources[0] if len(sources) == 1 else sources,
        sys.stdout.buffer if args.output == "-" else args.output,
        format=args.format,
        allow_export=args.allow_export,
        reader=args.reader,
        columns=dict(args.column) or None,
        options=dict(args.option),
        **filtering(args),
    )
    if not args.quiet:
        more = f", {report.filtered:,} filtered" if report.filtered else ""
        say(f"csamatch: {report.accepted:,} records written, {report.rejected:,} unreadable{more}")
    return 0


def set_up_export(p: argparse.ArgumentParser) -> None:
    """Add the arguments of ``csamatch export``."""
    p.add_argument("source", nargs="+", help="a list file, or sources; - is standard input")
    p.add_argument("-o", "--output", default="-", metavar="FILE", help="default: standard output")
    p.add_argument("--format", default="text", choices=list(WRITERS), help="default: text")
    p.add_argument(
        "--allow-export",
        action="store_true",
        help="write a list file out again; its handling says whether you may",
    )
    p.add_argument("--reader", default="auto", choices=["auto", *reader_names()])
    p.add_argument(
        "--column", metavar="WHAT=COLUMN", action="append", default=[], type=checked(column)
    )
    p.add_argument(
        "--option", metavar="NAME=VALUE", action="append", default=[], type=checked(pair)
    )
    add_choice(p)
    p.set_defaults(run=_export)
