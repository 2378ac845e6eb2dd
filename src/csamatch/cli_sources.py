"""Arguments of the commands that read sources: how, which records, what the list says of itself."""

from __future__ import annotations

import argparse
from typing import Any

from csamatch import quarantine
from csamatch.cli_base import checked
from csamatch.filters import RejectionLimit
from csamatch.info import parse_age, parse_issued
from csamatch.readers import READERS, reader_names
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


def pair(text: str, what: str = "NAME=VALUE") -> tuple[str, str]:
    """Read NAME=VALUE."""
    name, mark, value = text.partition("=")
    if not mark or not name:
        raise ValueError(f"expected {what}")
    return name, value


def column(text: str) -> tuple[str, str]:
    """Read WHAT=COLUMN."""
    return pair(text, "WHAT=COLUMN")


def listed(text: str) -> list[str | None]:
    """Read values between commas; null stands for none."""
    return [None if each == "null" else each for each in map(str.strip, text.split(","))]


def _where(text: str) -> tuple[str, list[str | None]]:
    """Read NAME=VALUE,VALUE; null stands for no value."""
    name, values = pair(text)
    return name, listed(values)


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
        type=checked(column),
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
