"""``csamatch build`` and ``csamatch inspect``."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import csamatch
from csamatch.cli_base import (
    COMPLAINTS,
    add_key_argument,
    check_writable,
    checked,
    complain,
    complaint,
    key_of,
    say,
    standard_input,
)
from csamatch.cli_sources import (
    add_envelope,
    add_filters,
    add_reading,
    envelope_of,
    filtering,
    pair,
    reading,
)
from csamatch.progress import terminal_progress
from csamatch.report import Sample


def _source(given: str) -> Any:
    return standard_input() if given == "-" else given


def _sources(args: argparse.Namespace) -> Any:
    """Return the sources of a build: a list, or lists by name."""
    if bool(args.source) == bool(args.named):
        raise ValueError("expected sources, either all with --named or none")
    if args.source:
        return [_source(each) for each in args.source]
    named: dict[str, list[Any]] = {}
    for name, given in args.named:
        named.setdefault(name, []).append(_source(given))
    return named


def _name_left_out(samples: list[Sample], more: str) -> None:
    for sample in samples[:COMPLAINTS]:
        print(f"{sample.source}: {sample.where}: {sample.reason}")
    if len(samples) > COMPLAINTS:
        print(f"... {len(samples) - COMPLAINTS:,} more; {more}")


def _build(args: argparse.Namespace) -> int:
    if args.report:
        given = [*(args.source or ()), *(source for _, source in args.named or ())]
        check_writable(args.report, [*given, args.output])
    with terminal_progress(args.quiet) as progress:
        report = csamatch.build(
            _sources(args),
            args.output,
            info=envelope_of(args),
            key=key_of(args),
            canaries=args.canaries,
            allow=args.allow,
            admit=args.admit,
            **filtering(args),
            progress=progress,
            **reading(args),
        )
    if not args.quiet:
        if args.reader == "auto":
            for source in report.sources:
                say(f"csamatch: {source.name}: recognised as {source.format}")
        print(report)
        _name_left_out(report.samples, "--report FILE has them")
    if args.report:
        text = json.dumps(report.as_dict(), indent=2)
        Path(args.report).write_text(text + "\n", encoding="utf-8")
    return 0


def _inspect(args: argparse.Namespace) -> int:
    found = []
    status = 0
    with terminal_progress(args.quiet) as progress:
        for source in args.source:
            try:
                found += csamatch.inspect(_source(source), progress=progress, **reading(args))
            except (csamatch.Error, OSError) as error:
                complain(complaint(error))
                status = 2  # the others are shown all the same
    if args.json:
        print(json.dumps([each.as_dict() for each in found], indent=2))
        return status
    for each in found:
        print(each)
        if not args.quiet:
            _name_left_out(each.samples, "--json has them")
    return status


def _add_sources(p: argparse.ArgumentParser, least: str) -> None:
    p.add_argument(
        "source",
        nargs=least,
        help="files to read, compressed or not; archive.zip!member; - is standard input",
    )
    add_reading(p)


def set_up_build(p: argparse.ArgumentParser) -> None:
    """Add the arguments of ``csamatch build``."""
    _add_sources(p, "*")
    p.add_argument(
        "--named",
        metavar="NAME=SOURCE",
        action="append",
        type=checked(pair),
        help="a source with a name that its entries carry; if one has a name, all must",
    )
    p.add_argument("-o", "--output", required=True, metavar="FILE", help="the list file to write")
    add_envelope(p)
    add_key_argument(p)
    p.add_argument(
        "--canaries",
        metavar="N",
        type=int,
        default=0,
        help="add N synthetic things of each kind, to see that the list works; default: 0",
    )
    add_filters(p)
    p.add_argument("--report", metavar="FILE", help="write the whole report as JSON")
    p.add_argument("-q", "--quiet", action="store_true", help="only complain")
    p.set_defaults(run=_build)


def set_up_inspect(p: argparse.ArgumentParser) -> None:
    """Add the arguments of ``csamatch inspect``."""
    _add_sources(p, "+")
    p.add_argument("--json", action="store_true", help="as JSON")
    p.add_argument("-q", "--quiet", action="store_true", help="counts only")
    p.set_defaults(run=_inspect)
