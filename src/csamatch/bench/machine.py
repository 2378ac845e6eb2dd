"""What the figures were measured on."""

from __future__ import annotations

import contextlib
import os
import platform
import re
import resource
from pathlib import Path

import numpy as np

import csamatch
from csamatch import _core
from csamatch.bench import peers, url_peers

_HUGE_PAGES = Path("/sys/kernel/mm/transparent_hugepage/enabled")


def _text(path: Path) -> str:
    with contextlib.suppress(OSError):
        return path.read_text(encoding="utf-8", errors="replace")
    return ""


def _processor() -> str:
    """Return the processor's name, with what tells it from others of that name."""
    told: dict[str, str] = {}
    for line in _text(Path("/proc/cpuinfo")).split("\n\n", 1)[0].splitlines():
        name, _, value = line.partition(":")
        told[name.strip()] = value.strip()
    name = told.get("model name") or platform.processor() or platform.machine()
    if "model" in told:
        name += f" (family {told.get('cpu family', '?')}, model {told['model']})"
    return name


def _cache() -> str:
    """Return the size of the last cache, as the kernel tells it."""
    folder = Path("/sys/devices/system/cpu/cpu0/cache")
    sizes = [_text(path) for path in sorted(folder.glob("index*/size"))]
    return sizes[-1].strip() if sizes else "unknown"


def _huge_pages() -> str:
    chosen = re.search(r"\[(\w+)\]", _text(_HUGE_PAGES))
    return chosen[1] if chosen else "unknown"


def _memory() -> str:
    try:
        size = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (ValueError, OSError):
        return "unknown"
    return f"{size / 2**30:.0f} GiB"


def describe() -> dict[str, str]:
    """Return what matters of machine, build and versions, by its name."""
    versions = peers.versions() | url_peers.versions()
    return {
        "CPU": f"{_processor()}, {os.cpu_count()} cores, last cache {_cache()}",
        "memory": f"{_memory()}, pages of {resource.getpagesize():,} bytes, "
        f"transparent huge pages: {_huge_pages()}",
        "system": f"{platform.system()} {platform.release()}, {platform.machine()}",
        "csamatch": f"{csamatch.__version__}, built by {_core.compiler() or 'unknown'}, "
        f"kernels {', '.join(csamatch.kernels())}",
        "Python": f"{platform.python_version()}, numpy {np.__version__}",
        "peers": ", ".join(f"{name} {version}" for name, version in versions.items()),
    }
