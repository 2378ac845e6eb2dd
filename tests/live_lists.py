"""What the tests of live lists share."""

from __future__ import annotations

import csamatch

DIGESTS = [f"{i:032x}" for i in range(0x1234567, 0x1234567 + 40)]


def builder(folder):
    """Return what builds a list from digests; its source lies in a folder."""

    def build(path, digests=DIGESTS[:5], **info):
        source = folder / "source.txt"
        source.write_text("\n".join(digests))
        csamatch.build(source, path, info=info)
        return path

    return build


class Heard:
    """Collects what a live list reports."""

    def __init__(self):
        self.errors = []
        self.reloads = []

    def options(self):
        return {
            "interval": 1000,
            "on_error": self.errors.append,
            "on_reload": lambda new, old: self.reloads.append((old.version, new.version)),
        }


def put(path, data):
    """Replace a file as one must: by renaming."""
    new = path.with_name("new")
    new.write_bytes(data)
    new.replace(path)
