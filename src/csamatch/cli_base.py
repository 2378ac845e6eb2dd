"""What the commands of the command line share."""

from __future__ import annotations

import argparse
import errno
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, Final, NoReturn

from csamatch.errors import Error
from csamatch.listkey import ListKey, key_of_hex, list_key
from csamatch.listread import is_not_keyed

COMPLAINTS: Final = 10
"""How many things left out are named; the rest is counted."""

KEY_VARIABLE: Final = "CSAMATCH_KEY"


class Parser(argparse.ArgumentParser):
    """An argument parser that complains in one line."""

    set_up: Callable[[argparse.ArgumentParser], None] | None = None

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Parse, with arguments that are set up only now where that takes time."""
        if self.set_up is not None:
            set_up, self.set_up = self.set_up, None
            set_up(self)
        return super().parse_known_args(args, namespace)

    def error(self, message: str) -> NoReturn:
        """Say what is wrong and leave with status 2."""
        self.exit(2, f"{self.prog}: {message} (see {self.prog} --help)\n")


def say(text: str) -> None:
    """Write a line to standard error, where there is one."""
    if sys.stderr is not None:
        print(text, file=sys.stderr)


def standard_input() -> BinaryIO:
    """Return standard input; Error when it is closed."""
    if sys.stdin is None:
        raise Error("standard input is closed")
    return sys.stdin.buffer


@contextmanager
def opened_input(name: str) -> Iterator[BinaryIO]:
    """Open a file, or standard input for ``-``."""
    if name == "-":
        yield standard_input()
    else:
        with Path(name).open("rb") as file:
            yield file


def check_writable(name: str, others: Iterable[str]) -> None:
    """Make sure, before the work is done, that what it did can be written to a file.

    Raises
    ------
    OSError
        When it cannot.
    ValueError
        When the file is one of the others, which the work reads or writes.
    """
    path = Path(name)
    problem = 0
    if path.is_dir():
        problem = errno.EISDIR
    elif not path.parent.is_dir():
        problem = errno.ENOENT
    elif not os.access(path if path.exists() else path.parent, os.W_OK):
        problem = errno.EACCES
    if problem:
        raise OSError(problem, os.strerror(problem), name)
    if any(path.resolve() == Path(each).resolve() for each in others):
        raise ValueError(f"{name}: is read or written as a list; choose another file")


def checked(parse: Any) -> Any:
    """Turn a parser's own message into argparse's."""

    def check(text: str) -> Any:
        try:
            return parse(text)
        except ValueError as error:
            raise argparse.ArgumentTypeError(str(error)) from None

    return check


def add_key_argument(parser: argparse.ArgumentParser) -> None:
    """Let a command take the key of a keyed list."""
    parser.add_argument(
        "--key-file",
        metavar="FILE",
        help=f"the key of a keyed list, as bytes or hex; default: {KEY_VARIABLE}, in hex",
    )


def key_of(args: argparse.Namespace, *lists: str) -> ListKey | None:
    """Return the key that the arguments or the environment name, or None.

    That of the environment is for keyed lists only: it is None when one of `lists` is not keyed.
    """
    if args.key_file is not None:
        return list_key(str(args.key_file))
    text = os.environ.get(KEY_VARIABLE)
    return key_of_hex(text) if text and not any(map(is_not_keyed, lists)) else None


def add_open_arguments(parser: argparse.ArgumentParser) -> None:
    """Let a command take what it may need to open a list."""
    add_key_argument(parser)
    add_identity_argument(parser)
    parser.add_argument("--trusted-key", metavar="PEM", help="refuse what this key did not sign")
    parser.add_argument("--minimum-serial", metavar="N", type=int, help="of its signature")


def add_identity_argument(parser: argparse.ArgumentParser) -> None:
    """Let a command read encrypted lists."""
    parser.add_argument("--identity", metavar="FILE", help="decrypts a list that age encrypted")


def open_options(args: argparse.Namespace, *lists: str) -> dict[str, Any]:
    """Return what `csamatch.open` is to be told of that, for these lists."""
    return {
        "key": key_of(args, *lists),
        "trusted_key": args.trusted_key,
        "minimum_serial": args.minimum_serial,
        "identity": args.identity,
    }


def complaint(error: Exception) -> str:
    """Spell an error in one line."""
    if isinstance(error, OSError) and error.strerror:
        return ": ".join(str(part) for part in (error.filename, error.strerror) if part)
    return str(error) or type(error).__name__
