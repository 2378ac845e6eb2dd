"""``csamatch bench``: its arguments, and the run."""

from __future__ import annotations

import argparse
import shlex
import sys
import tempfile
import textwrap
from collections.abc import Callable, Collection, Sequence
from importlib import util
from pathlib import Path
from typing import Final

import csamatch
from csamatch.bench import (
    engine,
    files,
    forms,
    limit,
    machine,
    markdown,
    peers,
    report,
    url_peers,
    url_sample,
    urls,
)
from csamatch.bench.plot import draw, is_drawn
from csamatch.bench.sample import Sample
from csamatch.bench.turns import Contender, Row, Say, measure
from csamatch.errors import Error

SECTIONS: Final = (
    engine.SECTION,
    peers.SECTION,
    forms.SECTION,
    engine.THREADS,
    files.OPEN,
    files.BUILD,
    urls.SECTION,
)
_OF_DIGESTS: Final = frozenset(SECTIONS) - {urls.SECTION}
_LOOKUPS: Final = _OF_DIGESTS - {files.OPEN, files.BUILD}
_PEERS: Final = (*peers.PEERS, *url_peers.PEERS)
_WIDTHS: Final = (8, 16, 20, 32)


def _one_of(what: str, allowed: Sequence[str]) -> Callable[[str], str]:
    """Like argparse's choices, which some versions apply to an empty default too."""

    def parse(text: str) -> str:
        if text not in allowed:
            raise argparse.ArgumentTypeError(f"no such {what}: {text} ({', '.join(allowed)})")
        return text

    return parse


def _count(least: int, most: int) -> Callable[[str], int]:
    """Read a whole number, also one written like 1e6."""

    def parse(text: str) -> int:
        try:
            value = float(text)
            number = int(value)
        except (ValueError, OverflowError):
            raise argparse.ArgumentTypeError(f"not a number: {text}") from None
        if number != value or not least <= number <= most:
            raise argparse.ArgumentTypeError(f"not a whole number from {least} to {most}: {text}")
        return number

    return parse


def _share(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0.0 <= value <= 1.0:
        raise argparse.ArgumentTypeError(f"not a share from 0 to 1: {text}")
    return value


def _width(text: str) -> int:
    return int(_one_of("width", [str(width) for width in _WIDTHS])(text))


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Set up the arguments of the command."""
    add = parser.add_argument
    add(
        "sections",
        nargs="*",
        metavar="SECTION",
        type=_one_of("section", SECTIONS),
        help=f"default: all of {', '.join(SECTIONS)}",
    )
    add("--keys", nargs="+", type=_count(64, 2**32 - 1), default=[10**6, 10**7], metavar="N")
    add("--hits", nargs="+", type=_share, default=[0.001, 0.5], metavar="SHARE")
    add(
        "--widths",
        nargs="+",
        type=_width,
        default=[16],
        metavar="BYTES",
        help="bytes a key, for the engine; everything else takes 16",
    )
    add("--queries", type=_count(1, 10**8), default=10**6, metavar="N", help="in a batch")
    add("--rounds", type=_count(1, 1000), default=7, metavar="N", help="default: 7")
    add(
        "--peers",
        nargs="+",
        type=_one_of("peer", _PEERS),
        metavar="NAME",
        help=f"only these, however many keys there are: {', '.join(_PEERS)}",
    )
    add(
        "--patience",
        type=float,
        default=10.0,
        metavar="SECONDS",
        help="what takes longer for a batch is called only once; default: 10",
    )
    add(
        "--urls",
        nargs="+",
        type=Path,
        metavar="FILE",
        help="of one URL a line, to measure with; by default those in $CSAMATCH_SHARED",
    )
    _add_files(parser)
    parser.set_defaults(run=run)


def _add_files(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add(
        "--with",
        dest="earlier",
        action="append",
        default=[],
        type=Path,
        metavar="FILE",
        help="show the figures that an earlier run wrote as JSON too",
    )
    add("--json", type=Path, metavar="FILE", help="write all figures")
    add("--markdown", type=Path, metavar="FILE", help="put the tables into a document")
    add("--plot", type=Path, metavar="FILE", help="draw throughput over the number of keys")


def _sayer(quiet: bool) -> Say:
    """Tell a terminal what is going on, in one line; tell nobody else."""
    if quiet or sys.stderr is None or not sys.stderr.isatty():
        return lambda _: None
    return lambda text: print(f"\r\x1b[K{text}", end="", file=sys.stderr, flush=True)


class _Run:
    """One run of the command."""

    def __init__(self, args: argparse.Namespace, folder: Path) -> None:
        self.args, self.folder, self.say = args, folder, _sayer(args.quiet)
        self.sections = set(args.sections or SECTIONS)
        self.rows: list[Row] = []

    def _add(self, rows: list[Row], sample: Sample, hits: float | None) -> None:
        for row in rows:
            row.keys, row.width, row.hits = sample.count, sample.width, hits
        self._show(rows)

    def _show(self, rows: list[Row]) -> None:
        """Keep rows of one group and show them."""
        self.rows += rows
        self.say("")
        print(report.table(rows), end="\n\n", flush=True)

    def _measure(self, contenders: list[Contender]) -> list[Row]:
        return measure(contenders, self.args.rounds, self.args.patience, self.say)

    def sample(self, count: int, width: int) -> None:
        """Measure everything that was asked for of one number and width of keys."""
        self.say(f"making {count:,} keys of {width} bytes")
        sample = Sample(count, width)
        chosen = self.sections if width == peers.WIDTH else self.sections & {engine.SECTION}
        with tempfile.TemporaryDirectory(dir=self.folder) as name:
            folder = Path(name)
            file = folder / "list.csml"
            if chosen & {forms.SECTION, engine.THREADS, files.OPEN}:
                sample.write(file)
            if chosen & _LOOKUPS:
                self._lookups(sample, chosen, file, folder)
            if files.OPEN in chosen:
                self._add(self._measure(files.open_contenders(file)), sample, None)
            if files.BUILD in chosen:
                rounds = min(self.args.rounds, files.BUILD_ROUNDS)
                self._add(files.build_rows(sample, folder, rounds, self.say), sample, None)

    def _lookups(self, sample: Sample, chosen: set[str], file: Path, folder: Path) -> None:
        """Measure look-ups in turns, for each share of hits."""
        loaded = None
        if peers.SECTION in chosen:
            chosen_peers = _chosen(self.args, peers.PEERS)
            loaded = peers.Loaded(sample, chosen_peers, folder, self.say)
        opened = csamatch.open(file, verify=False) if file.exists() else None
        for hits in self.args.hits:
            queries = sample.queries(self.args.queries, hits)
            contenders = limit.contenders(sample, self.args.queries)
            absent: list[Row] = []
            if engine.SECTION in chosen:
                contenders += engine.contenders(sample, queries)
            if loaded is not None:
                contenders += loaded.contenders(queries)
                absent += [Row(row.section, row.name, note=row.note) for row in loaded.absent]
            if isinstance(opened, csamatch.HashList):
                if forms.SECTION in chosen:
                    contenders += forms.contenders(sample, opened, queries)
                    absent += forms.absent(sample)
                if engine.THREADS in chosen:
                    contenders += engine.thread_contenders(opened, queries)
            rows = limit.best(self._measure(contenders)) + absent
            order = (limit.SECTION, *SECTIONS)
            self._add(sorted(rows, key=lambda row: order.index(row.section)), sample, hits)

    def urls(self) -> None:
        """Measure everything that was asked for of URLs."""
        paths = url_sample.corpora(self.args.urls)
        if not paths:
            print(f"{urls.SECTION}: left out, for want of URLs; --urls names files of them\n")
            return
        bench = urls.UrlBench(_chosen(self.args, url_peers.PEERS), self.folder, self.say)
        for path in paths:
            self.say(f"reading {path.name}")
            sample = url_sample.UrlSample(path)
            rows = self._measure(bench.contenders(sample)) + bench.absent()
            for row in rows:
                row.corpus = sample.name
            self._show(sorted(rows, key=lambda row: urls.PARTS.index(row.section)))


def _chosen(args: argparse.Namespace, known: Collection[str]) -> list[str] | None:
    """Return the peers asked for that a section knows; None if any will do."""
    return None if args.peers is None else [name for name in args.peers if name in known]


def _check(args: argparse.Namespace, earlier: Sequence[Row]) -> None:
    """Complain before the run of what would fail after it."""
    sections = set(args.sections or SECTIONS)
    digests = sections & _OF_DIGESTS
    if digests and peers.WIDTH not in args.widths and engine.SECTION not in sections:
        raise Error(
            f"only the {engine.SECTION} takes keys of other widths than {peers.WIDTH} bytes"
        )
    _check_urls(args, bool(digests))
    for path in (args.json, args.markdown, args.plot):
        if path is not None and not path.resolve().parent.is_dir():
            raise Error(f"{path}: no such folder")
    if args.markdown is not None:
        with_urls = urls.SECTION in sections and url_sample.corpora(args.urls)
        needed = {markdown.URLS} if with_urls else set()
        needed |= {markdown.DIGESTS} if digests else set()
        markdown.check(args.markdown, [*needed.union(markdown.places(earlier))])
    if args.plot is None:
        return
    measured = peers.WIDTH in args.widths and _LOOKUPS & sections
    if not measured and not any(map(is_drawn, earlier)):
        raise Error(f"--plot draws look-ups of {peers.WIDTH}-byte keys, and there are none")
    if util.find_spec("matplotlib") is None:
        raise Error("--plot needs matplotlib, which comes with csamatch[bench]")


def _check_urls(args: argparse.Namespace, digests: bool) -> None:
    """Complain of files of URLs that are missing or could not be told apart."""
    if not digests and not url_sample.corpora(args.urls):
        raise Error(f"{urls.SECTION}: name files of URLs with --urls")
    named = [path.stem for path in args.urls or ()]
    for path in args.urls or ():
        if not path.is_file():
            raise Error(f"{path}: no such file")
        if named.count(path.stem) > 1:
            raise Error(f"{path}: another file of URLs has the same name")


def _command(args: argparse.Namespace) -> str:
    """Spell out the command of this run, without the files that it reads and writes."""
    words = ["csamatch", "bench", *(args.sections or SECTIONS)]
    of_digests = bool(set(args.sections or SECTIONS) & _OF_DIGESTS)
    for name in ("keys", "hits", "widths") if of_digests else ():
        words += [f"--{name}", *map(_spell, getattr(args, name))]
    if args.peers:
        words += ["--peers", *args.peers]
    words += ["--queries", _spell(args.queries)] if of_digests else []
    words += ["--rounds", str(args.rounds)]
    words += ["--patience", _spell(args.patience)]
    return shlex.join(words)


def _spell(value: float) -> str:
    return f"{value:g}".replace("e+0", "e")


def run(args: argparse.Namespace) -> int:
    """Measure, print the tables, and write what else was asked for."""
    told = machine.describe()
    earlier = [report.read_json(path, told) for path in args.earlier]
    _check(args, [row for rows, _ in earlier for row in rows])
    for name, value in told.items():
        print(textwrap.fill(f"{name + ':':<10}{value}", 100, subsequent_indent=" " * 10))
    print()
    with tempfile.TemporaryDirectory(prefix="csamatch-bench-") as name:
        whole = _Run(args, Path(name))
        try:
            for count in args.keys if whole.sections & _OF_DIGESTS else ():
                for width in args.widths:
                    whole.sample(count, width)
            if urls.SECTION in whole.sections:
                whole.urls()
        finally:
            whole.say("")
    rows, runs = whole.rows, [_command(args)]
    for found in reversed(earlier):
        rows, runs = report.merge(found[0], rows), found[1] + runs
    if args.json is not None:
        report.write_json(args.json, rows, told, runs)
    if args.markdown is not None:
        markdown.write(args.markdown, rows, told, runs)
    if args.plot is not None:
        draw(args.plot, rows)
    return 0
