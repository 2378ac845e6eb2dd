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
    sys.exit(main())
