"""Makes CSAMATCH_TEST_KERNEL the default kernel of this Python; "none" is an error.

conftest.py runs this file for ``pytest --kernel NAME``, and puts its folder on PYTHONPATH so that
the Pythons that tests start run it as well.
"""

import os

from csamatch import _core


class NoKernelError(BaseException):
    """What needs no kernel asked for one. No test may take this for the error that it expects."""


class KeySet(_core.KeySet):
    """A key set with another default."""

    def __new__(cls, data, offset, count, width, kernel=None, *more):
        if kernel is None:
            kernel = os.environ["CSAMATCH_TEST_KERNEL"]
            if kernel == "none":
                raise NoKernelError
        return super().__new__(cls, data, offset, count, width, kernel, *more)


_core.KeySet = KeySet
