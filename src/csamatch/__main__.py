"""``python -m csamatch``."""

import sys

from csamatch.cli import main

sys.exit(main())
