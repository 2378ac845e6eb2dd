"""``csamatch completion``: what shells complete the command line by, made by shtab."""

from __future__ import annotations

import argparse
from collections.abc import Callable

from csamatch.cli_base import Parser
from csamatch.errors import Error

SHELLS = ("bash", "zsh", "fish")
# What these stand for is a file, in any command.
_FILES = frozenset({"FILE", "SOURCE"})
_FILE_ARGUMENTS = frozenset({"file", "input", "source", "old", "new", "base", "delta"})


def _mark_files(parser: argparse.ArgumentParser) -> None:
    """Tell shtab where a file is expected."""
    import shtab

    for action in parser._actions:
        if action.choices is not None or action.nargs == 0:
            continue
        if action.metavar in _FILES or action.dest in _FILE_ARGUMENTS:
            action.complete = shtab.FILE  # type: ignore[attr-defined]


def script(parser: argparse.ArgumentParser, shell: str) -> str:
    """Return the script for a shell."""
    try:
        import shtab
    except ImportError:
        raise Error("completion needs shtab, which comes with csamatch[completion]") from None
    for each in commands_of(parser).values():
        each.complete()
        _mark_files(each)
    return str(shtab.complete(parser, shell=shell))


def set_up_completion(
    p: argparse.ArgumentParser, make_parser: Callable[[], argparse.ArgumentParser]
) -> None:
    """Add the arguments of ``csamatch completion``, given what makes the whole parser anew."""

    def run(args: argparse.Namespace) -> int:
        print(script(make_parser(), args.shell), end="")
        return 0

    p.add_argument("shell", choices=SHELLS)
    p.set_defaults(run=run)


def commands_of(parser: argparse.ArgumentParser) -> dict[str, Parser]:
    """Return the parsers of the commands by name."""
    (found,) = [a for a in parser._actions if isinstance(a, argparse._SubParsersAction)]
    return dict(found.choices)
