"""``csamatch diff``, ``update``, ``delta``, ``apply`` and ``purge``."""

from __future__ import annotations

import argparse
import json

import csamatch


def _diff(args: argparse.Namespace) -> int:
    found = csamatch.diff(args.old, args.new)
    print(json.dumps(found.as_dict()) if args.json else found)
    return int(not found.equal)


def set_up_diff(p: argparse.ArgumentParser) -> None:
    """Add the arguments of ``csamatch diff``."""
    p.add_argument("old", help="a list file")
    p.add_argument("new", help="another one")
    p.add_argument("--json", action="store_true", help="as JSON")
    p.set_defaults(run=_diff)
