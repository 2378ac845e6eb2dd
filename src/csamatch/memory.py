"""Memory for what must not leave the process."""

from __future__ import annotations

import contextlib
import mmap as mmaps


def private_memory(size: int) -> mmaps.mmap:
    """Memory of our own, on huge pages and out of core dumps where the system can do that."""
    memory = mmaps.mmap(-1, size)
    for advice in ("MADV_HUGEPAGE", "MADV_DONTDUMP"):
        if hasattr(mmaps, advice):
            with contextlib.suppress(OSError):  # advice only; not every kernel takes it
                memory.madvise(getattr(mmaps, advice))
    return memory
