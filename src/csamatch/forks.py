"""Locks that a forked process finds free, whoever held them when it was forked."""

from __future__ import annotations

import os
import threading
import weakref
from typing import Any

_OWNERS: weakref.WeakSet[Any] = weakref.WeakSet()


def lock_for(owner: Any) -> threading.Lock:
    """Return a lock, to be kept as `owner._lock`: another takes its place in a forked process."""
    _OWNERS.add(owner)
    return threading.Lock()


def _after_fork() -> None:
    for owner in list(_OWNERS):
        owner._lock = threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
