"""Getting digests in, from whatever form a caller has them in."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from csamatch import _core
from csamatch.errors import DigestError
from csamatch.rules import ALGORITHM_OF_WIDTH, ALGORITHMS, WIDTHS


class Rows(NamedTuple):
    """Digests of one algorithm, packed, and their places in the batch (None: all of it)."""

    algorithm: str
    data: Any
    size: int
    places: npt.NDArray[np.int64] | None

    def __repr__(self) -> str:
        return f"<Rows: {self.size} {self.algorithm}>"


DigestItems = bytes | bytearray | memoryview | npt.NDArray[Any] | Iterable[bytes | str]
"""What digests come as, see `csamatch.HashList.match`."""


def check_algorithm(algorithm: str | None) -> None:
    """Raise ValueError unless it is None or an algorithm we know."""
    if algorithm is not None and algorithm not in ALGORITHMS:
        # Not naming it: swapped arguments put a digest here.
        raise ValueError(f"no such algorithm; there are {', '.join(ALGORITHMS)}")


def pack(items: DigestItems, algorithm: str | None = None) -> tuple[int, list[Rows]]:
    """Bring a batch of digests into packed rows, one group per algorithm.

    Parameters
    ----------
    items : bytes-like, array, or iterable
        Packed bytes (with `algorithm`); an (n, width) uint8 array; an (n,) array of dtype S or U
        with hex digits; or an iterable of ``bytes`` (raw) and ``str`` (hex).
    algorithm : str, optional
        Needed for packed bytes; elsewhere it must agree with the widths found.

    Returns
    -------
    int
        The number of digests.
    list of Rows
        Their bytes.

    Raises
    ------
    DigestError
        For the first item that is no digest, with its index.
    TypeError
        For items of another type.
    """
    check_algorithm(algorithm)
    if isinstance(items, str):
        raise TypeError("expected many digests, not a single str")
    if isinstance(items, np.ndarray):
        count, groups = _pack_array(items, algorithm)
    elif _is_buffer(items):
        count, groups = _pack_bytes(items, algorithm)
    elif isinstance(items, Iterable):
        count, groups = _pack_items(tuple(items))
    else:
        raise TypeError(f"expected digests, not {type(items).__name__}")
    if algorithm is not None:
        _check_announced(groups, algorithm)
    return count, groups


def _is_buffer(items: Any) -> bool:
    try:
        memoryview(items)
    except TypeError:
        return False
    return True


def _check_announced(groups: list[Rows], algorithm: str) -> None:
    """Raise for the first digest of another algorithm."""
    others = [
        (0 if rows.places is None else int(rows.places[0]), rows.algorithm)
        for rows in groups
        if rows.algorithm != algorithm
    ]
    if others:
        index, found = min(others)
        raise DigestError(f"{found} where {algorithm} was announced", index)


def _pack_items(items: tuple[object, ...]) -> tuple[int, list[Rows]]:
    groups = []
    for width, data, places in _core.digest_rows(items):
        where = None if places is None else np.frombuffer(places, np.int64)
        groups.append(Rows(ALGORITHM_OF_WIDTH[width], data, len(data) // width, where))
    return len(items), groups


def _pack_bytes(items: Any, algorithm: str | None) -> tuple[int, list[Rows]]:
    if algorithm is None:
        raise TypeError("packed bytes need algorithm=")
    view = memoryview(items)
    width = WIDTHS[algorithm]
    count, left = divmod(view.nbytes, width)
    if left:
        raise DigestError(f"{left} bytes; expected {width}", count)
    data = view if view.c_contiguous else view.tobytes()
    return count, [Rows(algorithm, data, count, None)]


def _pack_array(items: npt.NDArray[Any], algorithm: str | None) -> tuple[int, list[Rows]]:
    if items.dtype == np.uint8 and items.ndim == 1 and algorithm is not None:
        return _pack_bytes(np.ascontiguousarray(items).data, algorithm)
    if items.dtype == np.uint8 and items.ndim == 2:
        count, width = items.shape
        if width not in ALGORITHM_OF_WIDTH:
            raise DigestError(f"rows of {width} bytes; expected 16, 20 or 32", 0)
        rows = Rows(ALGORITHM_OF_WIDTH[width], np.ascontiguousarray(items), count, None)
        return count, [rows]
    if items.ndim == 1 and items.dtype.kind in "SU":
        return _pack_hex_array(items)
    if items.ndim == 1 and items.dtype.kind == "O":
        return _pack_items(tuple(items.tolist()))
    raise TypeError(
        f"expected an (n, width) uint8 array or an (n,) array of hex, "
        f"not {items.ndim}-dimensional {items.dtype}"
    )


def _pack_hex_array(items: npt.NDArray[Any]) -> tuple[int, list[Rows]]:
    """Hex in fixed-width cells: in one go where every cell is full, else one by one."""
    count = len(items)
    if items.dtype.kind == "U":
        digits = items.dtype.itemsize // 4
        points = np.ascontiguousarray(items, items.dtype.newbyteorder("="))
        cells = np.frombuffer(_core.narrow(points.view(np.uint32), count * digits), np.uint8)
    else:
        digits = items.dtype.itemsize
        cells = np.ascontiguousarray(items).view(np.uint8)
    cells = cells.reshape(count, digits)
    if digits // 2 not in ALGORITHM_OF_WIDTH or digits % 2 or (count and not cells[:, -1].all()):
        return _pack_items(
            tuple(cell.decode("latin-1") for cell in cells.view(f"S{digits}").ravel())
        )
    data = _core.hex_rows(np.ascontiguousarray(cells), count, digits)
    return count, [Rows(ALGORITHM_OF_WIDTH[digits // 2], data, count, None)]
