"""A mistake that no comment excuses: type checkers must find it, or they look at nothing."""

from typing import assert_type

import csamatch

assert_type(csamatch.normalize_url("bad.example"), bytes)
