"""The program ``csamatch``, also as ``python -m csamatch``."""

import sys


def main() -> int:
    """Run the command line; Ctrl-C ends it quietly even while it is being imported."""
    try:
        from csamatch import cli

        return cli.main()
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    status = main()
    # A Ctrl-C that came while source text was run, as some imports do, CPython would remember here,
    # and die of it at its end; running another text makes it forget.
    exec("")
    sys.exit(status)
