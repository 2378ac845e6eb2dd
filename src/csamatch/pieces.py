"""Content that is made piece by piece, and read by another thread while it is written."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from concurrent.futures import Future

AHEAD: Final = 3
"""So many pieces may still have to be read."""

PIECE: Final = 1 << 20
"""Bytes of a piece, more or less: it stays in a near cache."""


class Pieces:
    """Bytes that are made once, in order, while they are written.

    A piece may be overwritten when `AHEAD` more were asked for.
    """

    nbytes: int

    def __iter__(self) -> Iterator[Any]:
        raise NotImplementedError


def cut(content: Any) -> Iterator[Any]:
    """Yield what is bytes-like or `Pieces` in pieces."""
    if isinstance(content, Pieces):
        yield from content
    else:
        for at in range(0, len(content), PIECE):
            yield content[at : at + PIECE]


def shown(pieces: Iterable[Any], look: Callable[[Any], object]) -> Iterator[Any]:
    """Yield pieces while another thread looks at them, in order; what it raises, this does."""
    from concurrent.futures import ThreadPoolExecutor  # takes a while; readers do without

    waiting: deque[Future[object]] = deque()
    with ThreadPoolExecutor(1, "csamatch-look") as pool:
        for piece in pieces:
            waiting.append(pool.submit(look, piece))
            yield piece
            if len(waiting) == AHEAD:
                waiting.popleft().result()
        for each in waiting:
            each.result()
