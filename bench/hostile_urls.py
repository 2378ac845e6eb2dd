"""URLs made to cost much, against plain ones: normalising them, and matching them.

    python bench/hostile_urls.py
    python bench/hostile_urls.py --rounds 9 --families "labels" "U+FDFA"

Every row is a family of tests/hostile.py, at 32, 64, 128 and 256 KiB: how many times longer each
doubling takes, and how many times as long as a byte of a plain URL, of 80 bytes, one takes at most,
both for `normalize_urls` and for `UrlList.match` against entries of all four kinds. Times are those
of the processor, medians, taken in turns. The exit status is 1 when one URL of double length takes
more than 2.5 times as long, or a byte more than 100 times as long as a plain one.
tests/test_hostile.py checks the same by counting steps.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import csamatch

sys.path.append(str(Path(__file__).resolve().parent.parent / "tests"))

import hostile

SIZES = [32 << 10, 64 << 10, 128 << 10, 256 << 10]
LARGEST_RATIO, LARGEST_COST = 2.5, 100.0


def make_list() -> csamatch.UrlList:
    """List a thousand entries of every kind, with some that hit on the way."""
    entries = [("other.example", "domain"), ("other.example/a", "url")]
    for i in range(1000):
        entries += [
            (f"site{i}.example", "domain"),
            (f"www.site{i}.example", "host"),
            (f"host.example/page{i}", "url"),
            (f"host.example/folder{i}/", "prefix"),
        ]
    return csamatch.UrlList(entries)


def nanoseconds(action: Callable[[tuple[bytes, ...]], object], urls: tuple[bytes, ...]) -> float:
    """Time a byte, over as many calls as make the largest size."""
    length = sum(map(len, urls))
    calls = max(1, SIZES[-1] // length)
    start = time.thread_time_ns()  # what others do meanwhile does not count
    for _ in range(calls):
        action(urls)
    return (time.thread_time_ns() - start) / calls / length


def measure(
    actions: dict[str, Callable[[tuple[bytes, ...]], object]], names: list[str], rounds: int
) -> dict[tuple[str, str, int], float]:
    """Median nanoseconds a byte of each action, family and size, taken in turns."""
    families = {"plain": hostile.plain, **{name: hostile.FAMILIES[name] for name in names}}
    times: dict[tuple[str, str, int], list[float]] = {}
    for _ in range(rounds):
        for family, make in families.items():
            for size in SIZES:
                urls = tuple(make(size))
                for action, call in actions.items():
                    taken = nanoseconds(call, urls)
                    times.setdefault((action, family, size), []).append(taken)
    return {place: statistics.median(taken) for place, taken in times.items()}


def broken(family: str, action: str, ratios: list[float], cost: float) -> list[str]:
    """Say in what the family breaks the bounds."""
    said = []
    if family in hostile.ONE and max(ratios) > LARGEST_RATIO:
        said.append(
            f"{family}: a doubling makes it take {max(ratios):.1f} times as long to {action}"
        )
    if cost > LARGEST_COST:
        said.append(f"{family}: a byte takes {cost:.0f} times as long to {action} as a plain one")
    return said


def main() -> int:
    """Print the table, and what breaks the bounds."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--families", nargs="+", default=list(hostile.FAMILIES), metavar="NAME")
    parser.add_argument("--show-only", action="store_true", help="exit with 0 whatever the times")
    args = parser.parse_args()
    if unknown := set(args.families) - set(hostile.FAMILIES):
        parser.error(f"no such family: {', '.join(sorted(unknown))}")
    actions = {"normalise": csamatch.normalize_urls, "match": make_list().match}
    cost = measure(actions, args.families, args.rounds)
    wrong = []
    print(f"{'':<34}{'each doubling':>20}{'ns a byte':>12}{'of plain':>10}")
    for action in actions:
        plain = max(cost[action, "plain", size] for size in SIZES)
        for family in ["plain", *args.families]:
            each = [cost[action, family, size] for size in SIZES]
            ratios = [2 * after / before for before, after in pairwise(each)]
            shown = " ".join(f"{ratio:6.2f}" for ratio in ratios)
            relative = max(each) / plain
            print(f"{action[:5]} {family:<32.32}{shown} {max(each):>8.1f}{relative:>10.1f}")
            wrong += broken(family, action, ratios, relative)
    for sentence in wrong:
        print(sentence)
    return bool(wrong) and not args.show_only


if __name__ == "__main__":
    sys.exit(main())
