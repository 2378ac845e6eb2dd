"""``csamatch diff``, ``update``, ``delta``, ``apply`` and ``purge``."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import csamatch
from csamatch.cli_base import (
    add_identity_argument,
    add_key_argument,
    add_open_arguments,
    check_writable,
    key_of,
    open_options,
)
from csamatch.cli_sources import (
    add_envelope,
    add_filters,
    add_reading,
    envelope_of,
    filtering,
    reading,
)
from csamatch.progress import terminal_progress


def _keys(args: argparse.Namespace) -> dict[str, Any]:
    """Return what opens the two lists that are compared."""
    return {"key": key_of(args, args.old, args.new), "identity": args.identity}


def _diff(args: argparse.Namespace) -> int:
    found = csamatch.diff(args.old, args.new, **_keys(args))
    if not args.quiet:
        print(json.dumps(found.as_dict()) if args.json else found)
    return int(not found.equal)


def set_up_diff(p: argparse.ArgumentParser) -> None:
    """Add the arguments of ``csamatch diff``."""
    p.add_argument("old", help="a list file")
    p.add_argument("new", help="another one")
    add_key_argument(p)
    add_identity_argument(p)
    p.add_argument("--json", action="store_true", help="as JSON")
    p.set_defaults(run=_diff)


def _update(args: argparse.Namespace) -> int:
    if args.receipt:
        changes = (args.add, args.remove, args.replace)
        given = [each for change in changes for each in change or ()]
        check_writable(args.receipt, [args.base, args.output, *given])
    with terminal_progress(args.quiet) as progress:
        receipt = csamatch.update(
            args.base,
            args.output,
            add=args.add,
            remove=args.remove,
            replace=args.replace,
            base_digest=args.base_digest,
            info=envelope_of(args),
            allow_shrink=args.allow_shrink,
            search_all=args.search_all,
            canaries=args.canaries,
            **open_options(args, args.base),
            allow=args.allow,
            admit=args.admit,
            **filtering(args),
            progress=progress,
            **reading(args),
        )
    if args.receipt:
        text = json.dumps(receipt.as_dict(), indent=2)
        Path(args.receipt).write_text(text + "\n", encoding="utf-8")
    if args.json:
        print(json.dumps(receipt.as_dict()))
    elif not args.quiet:
        print(receipt)
    return 0


def set_up_update(p: argparse.ArgumentParser) -> None:
    """Add the arguments of ``csamatch update``."""
    p.add_argument("base", help="the list file to update")
    p.add_argument(
        "-o", "--output", required=True, metavar="FILE", help="what to write; it may be the base"
    )
    for name, what in (
        ("add", "records to put in"),
        ("remove", "digests or addresses to take out"),
        ("replace", "records whose keys lose the entries they had"),
    ):
        p.add_argument(
            f"--{name}",
            metavar="SOURCE",
            action="append",
            help=f"{what}: a source, as build takes it, or a list file; may be repeated",
        )
    p.add_argument("--base-digest", metavar="HEX", help="the digest that the base must have")
    p.add_argument("--allow-shrink", action="store_true", help="let it shrink by more than a fifth")
    p.add_argument(
        "--search-all",
        action="store_true",
        help="search every byte of the new file for all removed keys, not for 512 of each rule",
    )
    p.add_argument(
        "--canaries", metavar="N", type=int, help="how many of each kind; default: as many as now"
    )
    add_open_arguments(p)
    add_reading(p)
    add_envelope(p)
    add_filters(p)
    p.add_argument("--receipt", metavar="FILE", help="write the receipt as JSON")
    p.add_argument("--json", action="store_true", help="show the receipt as JSON")
    p.add_argument("-q", "--quiet", action="store_true", help="only complain")
    p.set_defaults(run=_update)


def _delta(args: argparse.Namespace) -> int:
    size = csamatch.write_delta(args.old, args.new, args.output, **_keys(args))
    if not args.quiet:
        print(f"{args.output}: {size:,} bytes")
    return 0


def set_up_delta(p: argparse.ArgumentParser) -> None:
    """Add the arguments of ``csamatch delta``."""
    p.add_argument("old", help="the list file that others have")
    p.add_argument("new", help="the one that they are to get")
    p.add_argument("-o", "--output", required=True, metavar="FILE", help="the delta to write")
    add_key_argument(p)
    add_identity_argument(p)
    p.add_argument("-q", "--quiet", action="store_true", help="only complain")
    p.set_defaults(run=_delta)


def _apply(args: argparse.Namespace) -> int:
    info = csamatch.apply_delta(args.base, args.delta, args.output, **open_options(args, args.base))
    if not args.quiet:
        counts = ", ".join(f"{count:,} {rule}" for rule, count in info.counts.items())
        print(f"{args.output}: {counts or 'empty'}; digest {info.digest}")
    return 0


def set_up_apply(p: argparse.ArgumentParser) -> None:
    """Add the arguments of ``csamatch apply``."""
    p.add_argument("base", help="the list file that the delta was made for")
    p.add_argument("delta", help="the delta")
    p.add_argument(
        "-o", "--output", required=True, metavar="FILE", help="what to write; it may be the base"
    )
    add_open_arguments(p)
    p.add_argument("-q", "--quiet", action="store_true", help="only complain")
    p.set_defaults(run=_apply)


def _purge(args: argparse.Namespace) -> int:
    receipt = csamatch.purge(args.file, receipt=args.receipt)
    if args.json:
        print(json.dumps(receipt.as_dict()))
    elif not args.quiet:
        print(receipt)
    return 0


def set_up_purge(p: argparse.ArgumentParser) -> None:
    """Add the arguments of ``csamatch purge``."""
    p.add_argument("file", help="the list file to remove, with its deltas and temporary files")
    p.add_argument(
        "--receipt", metavar="FILE", help="where the receipt goes; default: FILE.purged.json"
    )
    p.add_argument("--json", action="store_true", help="show the receipt as JSON")
    p.add_argument("-q", "--quiet", action="store_true", help="only complain")
    p.set_defaults(run=_purge)
