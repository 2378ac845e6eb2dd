"""What the commands of the command line share."""

from __future__ import annotations

import argparse
import errno
import os
import re
import sys
import textwrap
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO, Final, NoReturn, TextIO

from csamatch.errors import Error
from csamatch.info import ListInfo
from csamatch.listkey import ListKey, key_of_hex, list_key
from csamatch.listread import is_not_keyed

ERROR: Final = 2
"""The exit status of what failed, or was done in part."""
COMPLAINTS: Final = 10
"""How many things left out are named; the rest is counted."""

KEY_VARIABLE: Final = "CSAMATCH_KEY"


class Parser(argparse.ArgumentParser):
    """An argument parser that complains in one line."""

    set_up: Callable[[argparse.ArgumentParser], None] | None = None
    is_command = False

    def __init__(self, *args: Any, **options: Any) -> None:
        options.setdefault("formatter_class", argparse.RawDescriptionHelpFormatter)
        super().__init__(*args, **options)

    def format_help(self) -> str:
        """Return the help, with lines of the description broken as it leaves those of examples."""
        given = self.description
        self.description = given and textwrap.fill(given, 79)
        try:
            return super().format_help()
        finally:
            self.description = given

    def complete(self) -> None:
        """Set up what is left to when it is needed because that takes time."""
        if self.set_up is not None:
            set_up, self.set_up = self.set_up, None
            set_up(self)
        if self.is_command:
            self.is_command = False
            self._add_what_all_have()

    def _add_what_all_have(self) -> None:
        for short, name, text in (
            ("-q", "--quiet", "no summary and no progress"),
            ("-v", "--verbose", "say more of what is done, on standard error"),
        ):
            # A command may have its own, with its own words.
            with suppress(argparse.ArgumentError):
                self.add_argument(short, name, action="store_true", help=text)

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Parse, with all arguments."""
        self.complete()
        return super().parse_known_args(args, namespace)

    def parse_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Parse; what is too much is told by the command, not by the parser of all."""
        found, strange = self.parse_known_args(args, namespace)
        if strange:
            command = getattr(found, "parser", self)
            command.error(f"unrecognized arguments: {' '.join(strange)}")
        return found

    def error(self, message: str) -> NoReturn:
        """Say what is wrong and leave with status 2."""
        complain(f"{message} (see {self.prog} --help)", self.prog)
        self.exit(2)


_AS_OPTION: Final = re.compile(
    r"(?<![\w./-])(allow_export|allow_shrink|minimum_serial|trusted_key)(?:=True)?(?![\w./])"
)


def as_options(message: str) -> str:
    """Name options where a message for programmers names arguments."""
    return _AS_OPTION.sub(lambda found: f"--{found[1].replace('_', '-')}", message)


def is_coloured(stream: Any) -> bool:
    """Whether to colour what goes to a stream (no-color.org, force-color.org)."""
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return stream is not None and stream.isatty() and os.environ.get("TERM") != "dumb"


def _painted(text: str, colour: int) -> str:
    return f"\x1b[1;{colour}m{text}\x1b[0m" if is_coloured(sys.stderr) else text


def say(text: str) -> None:
    """Write a line to standard error, where there is one."""
    if sys.stderr is None:
        return
    try:
        print(text, file=sys.stderr)
    except OSError:
        drop(sys.stderr)  # whoever read it has left; the results go elsewhere and still count


def complain(text: str, prog: str = "csamatch") -> None:
    """Say what went wrong."""
    say(f"{_painted(f'{prog}:', 31)} {text}")


def warn(text: str) -> None:
    """Say what may be wrong."""
    say(f"csamatch: {_painted('warning:', 33)} {text}")


def drop(stream: TextIO) -> None:
    """Let what is still to be written to a stream go nowhere."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)


def settle(stream: TextIO | None) -> None:
    """Write out what is left, so that the interpreter has nothing to complain of at its end."""
    if stream is not None:
        try:
            stream.flush()
        except OSError:
            drop(stream)


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
            # argparse names the option; a message for programmers names the argument.
            message = re.sub(r"^[a-z]+(_[a-z]+)*: ", "", str(error))
            raise argparse.ArgumentTypeError(message) from None

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


def spell_counts(info: ListInfo) -> str:
    """Say how many keys a list has of each rule."""
    return ", ".join(f"{count:,} {rule}" for rule, count in info.counts.items())
