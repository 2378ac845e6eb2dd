"""``csamatch build`` and ``csamatch inspect``."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import csamatch
from csamatch import quarantine
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
from csamatch.filters import RejectionLimit
from csamatch.info import parse_age, parse_issued
from csamatch.progress import terminal_progress
from csamatch.readers import READERS, reader_names
from csamatch.report import Sample
from csamatch.unpack import Limits

_UNITS = {"": 0, "K": 10, "M": 20, "G": 30, "T": 40}


def _size(text: str) -> int:
    """Read a number of bytes: 500M, 2G."""
    number, unit = (text[:-1], text[-1:].upper()) if text[-1:].isalpha() else (text, "")
    if unit not in _UNITS or not number.isdecimal() or not number.isascii():
        raise ValueError("none of 1000000, 500M, 2G, 1T")
    return int(number) << _UNITS[unit]


def _ratio(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = 0
    if not number >= 1:
        raise ValueError("not a number from 1")
    return number


def _max_rejected(text: str) -> str:
    RejectionLimit(text)  # raises where that is none
    return text


def pair(text: str) -> tuple[str, str]:
    """Read NAME=VALUE."""
    name, mark, value = text.partition("=")
    if not mark or not name:
        raise ValueError("expected NAME=VALUE")
    return name, value


def listed(text: str) -> list[str | None]:
    """Read values between commas; null stands for none."""
    return [None if each == "null" else each for each in map(str.strip, text.split(","))]


def _where(text: str) -> tuple[str, list[str | None]]:
    """Read NAME=VALUE,VALUE; null stands for no value."""
    name, values = pair(text)
    return name, listed(values)


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


def reading(args: argparse.Namespace) -> dict[str, Any]:
    """Return the keyword arguments that build and inspect share."""
    return {
        "reader": args.reader,
        "options": dict(args.option),
        "columns": dict(args.column) or None,
        "max_size": args.max_size,
        "max_ratio": args.max_ratio,
    }


def filtering(args: argparse.Namespace) -> dict[str, Any]:
    """Return the keyword arguments of `add_choice`."""
    where = None if args.where is None else dict(args.where)
    return {
        "categories": None if args.category is None else listed(args.category),
        "where": {} if args.every else where,
        "max_rejected": args.max_rejected,
    }


def _name_left_out(samples: list[Sample], more: str) -> None:
    for sample in samples[:COMPLAINTS]:
        print(f"{sample.source}: {sample.where}: {sample.reason}")
    if len(samples) > COMPLAINTS:
        print(f"... {len(samples) - COMPLAINTS:,} more; {more}")


def envelope_of(args: argparse.Namespace) -> dict[str, Any]:
    """Return the fields of `add_envelope` that were given."""
    given = {
        "name": args.name,
        "source": args.list_source,
        "version": args.list_version,
        "issued": args.issued,
        "max_age": args.max_age,
        "purpose": args.purpose,
        "handling": args.handling,
        "contact": args.contact,
        "agreement": args.agreement,
    }
    return {key: value for key, value in given.items() if value is not None}


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


def add_reading(p: argparse.ArgumentParser) -> None:
    """Add the arguments that say how sources are read."""
    p.add_argument(
        "--reader",
        default="auto",
        choices=["auto", *reader_names()],
        help=f"default: auto, by content; {_spell_readers()}",
    )
    p.add_argument(
        "--option",
        metavar="NAME=VALUE",
        action="append",
        default=[],
        type=checked(pair),
        help="an option of the reader",
    )
    p.add_argument(
        "--column",
        metavar="WHAT=COLUMN",
        action="append",
        default=[],
        type=checked(pair),
        help="which column of a CSV holds what: md5=Hash, id=0; may be repeated",
    )
    p.add_argument(
        "--max-size",
        metavar="N",
        type=checked(_size),
        default=Limits.max_size,
        help="what one source may unpack to: 500M, 20G; default: 1T",
    )
    p.add_argument(
        "--max-ratio",
        metavar="N",
        type=checked(_ratio),
        default=Limits.max_ratio,
        help="how many times its size, beyond the first 100 MiB; default: 200",
    )


def _spell_readers() -> str:
    return "; ".join(f"{reader.name}: {reader.summary}" for reader in READERS.values())


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


def add_envelope(p: argparse.ArgumentParser) -> None:
    """Add the arguments that say what a list says of itself."""
    p.add_argument("--name", help="the list's name, shown with every match")
    p.add_argument("--list-source", metavar="TEXT", help="who publishes the list")
    p.add_argument("--list-version", metavar="TEXT", help="the publisher's version")
    p.add_argument(
        "--issued",
        metavar="D",
        type=checked(parse_issued),
        help="when it was issued: 2026-11-21 or 2026-11-21T06:00:00Z",
    )
    p.add_argument(
        "--max-age",
        metavar="D",
        type=checked(parse_age),
        help="how old it may get: 90m, 12h, 30d, 4w",
    )
    p.add_argument("--purpose", metavar="TEXT", help="what it may be used for")
    p.add_argument("--handling", metavar="TEXT", help="how it must be handled")
    p.add_argument("--contact", metavar="TEXT", help="whom to ask about it")
    p.add_argument("--agreement", metavar="TEXT", help="what it is held under")


def add_choice(p: argparse.ArgumentParser) -> None:
    """Add the arguments that say which records are wanted."""
    p.add_argument(
        "--category",
        metavar="C,...",
        help="only these categories (null: none); default: all but VICS 0 and null",
    )
    p.add_argument(
        "--where",
        metavar="NAME=V,...",
        action="append",
        type=checked(_where),
        help="only records with one of these values (null: none) in a field of the source",
    )
    p.add_argument(
        "--every", action="store_true", help="records with any values, whatever the reader's way"
    )
    p.add_argument(
        "--max-rejected",
        metavar="N",
        type=checked(_max_rejected),
        help="how many records of a source may be unreadable: 0.1%%, 25; default: 1%% or 100",
    )


def add_filters(p: argparse.ArgumentParser) -> None:
    """Add the arguments that say which records are listed."""
    add_choice(p)
    p.add_argument(
        "--admit",
        metavar="CLASS",
        action="append",
        default=[],
        choices=quarantine.CLASSES,
        help=f"let in a class that is kept out: {', '.join(quarantine.CLASSES)}",
    )
    p.add_argument(
        "--allow",
        metavar="FILE",
        action="append",
        help="known harmless digests or addresses, in any format; may be repeated",
    )


def set_up_inspect(p: argparse.ArgumentParser) -> None:
    """Add the arguments of ``csamatch inspect``."""
    _add_sources(p, "+")
    p.add_argument("--json", action="store_true", help="as JSON")
    p.add_argument("-q", "--quiet", action="store_true", help="counts only")
    p.set_defaults(run=_inspect)
