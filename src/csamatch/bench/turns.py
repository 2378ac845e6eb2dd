"""Timing many things in turns, so that whatever else the machine does hits all alike."""

from __future__ import annotations

import gc
import random
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from csamatch.errors import Error

Say = Callable[[str], None]

_WARMED_BELOW = 0.1  # seconds


@dataclass
class Contender:
    """Something to time.

    Attributes
    ----------
    section, name : str
        What it is called in the table.
    call : callable
        What is timed; it is given what `ready` made.
    ready : callable
        Makes the input in the form that `call` wants; not timed.
    check : callable
        Whether an answer is right; not timed, asked after every call.
    queries : int
        How many look-ups a call makes; 0 for what looks nothing up.
    baseline : str
        The contender of the same section that it is to be compared with.
    note : str
        For the table.
    target : float, optional
        What share of the baseline's time is aimed at; above 1, how many times that time at least.
    """

    section: str
    name: str
    call: Callable[[Any], Any]
    check: Callable[[Any], bool]
    ready: Callable[[], Any] = lambda: None
    queries: int = 0
    baseline: str = ""
    note: str = ""
    target: float | None = None


@dataclass
class Row:
    """What was measured of a contender, or why nothing was.

    Attributes
    ----------
    times : list of float
        Seconds, a round each.
    peaks : list of int
        The most memory of a process in bytes, a round each.
    corpus : str
        The file of URLs that it was measured with.
    """

    section: str
    name: str
    queries: int = 0
    baseline: str = ""
    note: str = ""
    times: list[float] = field(default_factory=list)
    peaks: list[int] = field(default_factory=list)
    keys: int = 0
    width: int = 0
    hits: float | None = None
    target: float | None = None
    corpus: str = ""

    @property
    def seconds(self) -> float | None:
        """The median time."""
        return statistics.median(self.times) if self.times else None

    @property
    def rate(self) -> float | None:
        """Look-ups a second, in millions."""
        seconds = self.seconds
        return self.queries / seconds / 1e6 if seconds and self.queries else None


def _timed(contender: Contender, asked: Any) -> float:
    """Call once and return the seconds it took; Error where the answer is wrong."""
    gc.disable()
    try:
        start = time.perf_counter()
        answer = contender.call(asked)
        taken = time.perf_counter() - start
    finally:
        gc.enable()
    if not contender.check(answer):
        raise Error(f"{contender.section}, {contender.name}: a wrong answer")
    return taken


def measure(contenders: Sequence[Contender], rounds: int, patience: float, say: Say) -> list[Row]:
    """Time all contenders once a round, each round in another order.

    Parameters
    ----------
    contenders : sequence of Contender
        All that is to be compared with one another.
    rounds : int
        How many rounds count; one more comes first and warms up.
    patience : float
        Whoever takes more seconds than this to warm up is not called again; that one call
        stands for it, and its note says so.
    say : callable
        Told what is going on.

    Returns
    -------
    list of Row
        In the order of the contenders.
    """
    rows = [
        Row(c.section, c.name, c.queries, c.baseline, c.note, target=c.target) for c in contenders
    ]
    first: list[float] = []
    for contender in contenders:
        say(f"warming up: {contender.section}, {contender.name}")
        first.append(_timed(contender, contender.ready()))
    order = [i for i, taken in enumerate(first) if taken <= patience]
    for i, taken in enumerate(first):
        if taken > patience:
            rows[i].times.append(taken)
            rows[i].note = "; ".join(filter(None, (rows[i].note, "one call only")))
    shuffled = random.Random(1)
    for number in range(rounds):
        shuffled.shuffle(order)
        for i in order:
            contender = contenders[i]
            say(f"round {number + 1} of {rounds}: {contender.section}, {contender.name}")
            if first[i] < _WARMED_BELOW:
                # What is over at once would else be measured with caches full of what the
                # one before it left there.
                _timed(contender, contender.ready())
            rows[i].times.append(_timed(contender, contender.ready()))
    return rows
