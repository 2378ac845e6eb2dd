"""What all peers have in common."""

from __future__ import annotations

from importlib import metadata, util
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from csamatch.bench.sample import Mask, Rows

LARGEST_OF_OBJECTS = 10**7
"""More keys than this are not held as Python objects: they would need many gigabytes."""

Words = npt.NDArray[np.uint64]


class Peer:
    """Another way to look digests up, with its keys loaded.

    Parameters
    ----------
    keys : (n, 16) uint8 array
        Ascending and distinct.
    folder : path
        Where it may keep files.

    Attributes
    ----------
    name : str
        For the table.
    module : str
        What must be installed for it.
    largest : int
        The most keys that it is given unless it is asked for by name.
    most_queries : int
        How many queries it is given at once; slow ones get fewer.
    exact : bool
        Whether it never takes a key for listed that is not.
    fresh : bool
        Whether its queries must be objects that were never looked up before.
    """

    name: ClassVar[str]
    module: ClassVar[str] = ""
    largest: ClassVar[int] = 10**8
    most_queries: ClassVar[int] = 10**6
    exact: ClassVar[bool] = True
    fresh: ClassVar[bool] = False

    def __init__(self, keys: Rows, folder: Path) -> None:
        raise NotImplementedError

    @classmethod
    def is_installed(cls) -> bool:
        """Whether it can be measured here."""
        return not cls.module or util.find_spec(cls.module) is not None

    @classmethod
    def version(cls) -> str:
        """Return the version of what is installed."""
        return metadata.version(cls.module) if cls.module else ""

    def ready(self, rows: Rows) -> Any:
        """Bring queries into the form it takes; not timed."""
        raise NotImplementedError

    def look_up(self, asked: Any) -> Any:
        """Look all queries up; this is timed."""
        raise NotImplementedError

    def found(self, answer: Any, count: int) -> Mask:
        """Say which of the queries it found; not timed."""
        return np.asarray(answer, np.bool_)


class PositionsPeer(Peer):
    """A peer that answers with the positions of the queries found."""

    def found(self, answer: Any, count: int) -> Mask:
        """Say which of the queries it found."""
        mask = np.zeros(count, np.bool_)
        mask[np.asarray(answer, np.int64)] = True
        return mask


def halves(rows: Rows) -> tuple[Words, Words]:
    """Split digests of 16 bytes into numbers of 64 bits that sort as they do."""
    words = np.ascontiguousarray(rows).view(">u8").astype(np.uint64)
    return np.ascontiguousarray(words[:, 0]), np.ascontiguousarray(words[:, 1])


def cells(rows: Rows) -> npt.NDArray[np.bytes_]:
    """See digests as numpy's strings of 16 bytes."""
    return np.ascontiguousarray(rows).view("S16").ravel()
