"""How the command line runs a command: what it does of errors, warnings and interrupts."""

from __future__ import annotations

import argparse
import sys
import warnings
from collections.abc import Callable, Sequence
from typing import Any

from csamatch.cli_base import ERROR, as_options, complain, complaint, settle, warn
from csamatch.cli_interrupt import interruptible, remove_unfinished, status_of
from csamatch.cli_verbose import accounted, show_frames
from csamatch.errors import Error

MakeParser = Callable[[], argparse.ArgumentParser]


def _show_warning(message: Warning | str, *args: Any) -> None:
    warn(str(message))


def _run(make_parser: MakeParser, argv: Sequence[str] | None) -> int:
    """Run one command; return its status."""
    args = make_parser().parse_args(argv)
    if args.quiet and args.verbose:
        raise Error("--quiet and --verbose exclude each other")
    with warnings.catch_warnings(), accounted(args.verbose):
        warnings.showwarning = _show_warning  # type: ignore[assignment]
        status: int = args.run(args)
        if sys.stdout is None:
            raise Error("standard output is closed")
        sys.stdout.flush()
        return status


def _run_to_the_end(make_parser: MakeParser, argv: Sequence[str] | None) -> int:
    """Run one command; say what fails."""
    try:
        return _run(make_parser, argv)
    except BrokenPipeError:
        return ERROR  # whoever read our output has left, and knows
    except (Error, OSError, ValueError, ModuleNotFoundError) as error:
        told = complaint(error)
        complain(told if isinstance(error, OSError) else as_options(told))
        return ERROR
    except Exception as error:
        # Status 1 would mean "something matched". The message may hold anything, so only
        # the type is told.
        complain(f"internal error: {type(error).__name__}; please report it")
        show_frames(error)
        return ERROR


def run(make_parser: MakeParser, argv: Sequence[str] | None) -> int:
    """Run one command, whatever becomes of it; return the exit status.

    Parameters
    ----------
    make_parser : callable
        Makes the parser; its result has ``run``, which takes it and returns the status.
    argv : sequence of str, optional
        The arguments, by default those of the process.

    Returns
    -------
    int
        0 or 1, as the command has it; 2 for an error; 130 or 143 when it was interrupted.
    """
    with interruptible():
        try:
            return _run_to_the_end(make_parser, argv)
        except KeyboardInterrupt as interrupt:
            remove_unfinished()
            return status_of(interrupt)
        finally:
            settle(sys.stdout)
            settle(sys.stderr)
