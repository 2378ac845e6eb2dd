"""Write csamatch.1, the page of the manual, from the parser of the command line.

    python docs/manpage.py [--check]

Needs argparse-manpage. --check only says whether what lies there is up to date.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
from pathlib import Path

from argparse_manpage.manpage import Manpage

import csamatch
from csamatch import cli
from csamatch.cli_completion import commands_of

PAGE = Path(__file__).parent / "csamatch.1"


def _verbatim(text: str) -> str:
    """Return lines that troff leaves as they are."""
    lines = text.replace("\\", "\\e").replace("-", "\\-").splitlines()
    return "\n".join([".nf", *(f"\\&{line}" for line in lines), ".fi"])


def page() -> str:
    """Return the page."""
    # No terminal's width: whatever shows the page breaks lines.
    os.environ["COLUMNS"] = "100000"
    parser = cli._parser()
    examples = []
    for command in commands_of(parser).values():
        command.complete()
        examples.append(command.epilog.removeprefix("examples:\n"))
        command.epilog = None
    statuses, parser.epilog = parser.epilog, None
    said = {"version": csamatch.__version__, "manual_title": "csamatch"}
    found = Manpage(
        parser,
        {**said, "description": "match hashes, hosts and URLs against lists"},
        format="single-commands-section",
    )
    found.date = ""  # or it would change every day
    found.add_section("Exit status", "=", _verbatim(statuses.removeprefix("exit status:\n")))
    found.add_section("Examples", "=", _verbatim("\n".join(examples)))
    text = re.sub(r"[ \t]+$", "", str(found), flags=re.MULTILINE)
    return text.replace("\n.SH NAME", "\n.ad l\n.SH NAME", 1)  # long words would tear lines apart


def main() -> int:
    """Write the page, or compare it."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--check", action="store_true")
    if not parser.parse_args().check:
        PAGE.write_text(page(), encoding="utf-8")
        return 0
    if PAGE.read_text(encoding="utf-8") != page():
        print("docs/csamatch.1 is out of date: run python docs/manpage.py", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
