"""Makes CSAMATCH_TEST_KERNEL the default kernel of this Python.

conftest.py runs this file for ``pytest --kernel NAME``, and puts its folder on PYTHONPATH so that
the Pythons that tests start run it as well.
"""

import os

from csamatch import _core


class KeySet(_core.KeySet):
    """A key set with another default."""

    def __new__(cls, data, offset, count, width, kernel=None, *more):
        if kernel is None:
            kernel = os.environ["CSAMATCH_TEST_KERNEL"]
        return super().__new__(cls, data, offset, count, width, kernel, *more)


_core.KeySet = KeySet
