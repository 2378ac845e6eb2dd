"""Figures as Markdown, put between marks in a document."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import Final, NamedTuple

from csamatch.bench import files, urls
from csamatch.bench.report import (
    Figures,
    group_of,
    most_queries,
    nanoseconds,
    remarks,
    spell_number,
    spell_share,
    spell_target,
)
from csamatch.bench.turns import Row
from csamatch.errors import Error


class Place(NamedTuple):
    """Between which marks of a document figures go, and which."""

    begin: str
    end: str
    of_urls: bool

    def holds(self, row: Row) -> bool:
        """Whether a row goes there."""
        return bool(row.corpus) == self.of_urls

    def is_of(self, run: str) -> bool:
        """Whether a command measured something that goes there."""
        sections = run.split(" --")[0].split()[2:]
        return any((section == urls.SECTION) == self.of_urls for section in sections)


DIGESTS: Final = Place(
    "<!-- what follows is written by csamatch bench -->",
    "<!-- what precedes was written by csamatch bench -->",
    False,
)
URLS: Final = Place(
    "<!-- what follows is written by csamatch bench urls -->",
    "<!-- what precedes was written by csamatch bench urls -->",
    True,
)
PLACES: Final = (DIGESTS, URLS)

_SUPERSCRIPTS: Final = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
_TIMED: Final = (files.OPEN, files.BUILD)


def spell_power(count: int) -> str:
    """Write a number of keys with a power of ten."""
    power = len(str(count)) - 1
    exponent = f"10{str(power).translate(_SUPERSCRIPTS)}"
    factor = count / 10**power
    return exponent if factor == 1 else f"{factor:g}·{exponent}"


def _cell(row: Row | None, figures: Figures) -> str:
    if row is None:
        return ""
    if row.seconds is None:
        return row.note
    ratio = figures.of_baseline(row)
    if row.rate is not None:
        compared = [ratio] if row.baseline else [*figures.of_limit(row)]
        spelt = " / ".join(spell_number(value) for value in compared if value is not None)
        return spell_number(row.rate, 1) + (f" ({spelt})" if spelt else "")
    peak = max(row.peaks, default=0) / (row.keys * row.width)
    spelt = f"{row.seconds:.3g} s" + (f" ({spell_number(ratio)})" if ratio is not None else "")
    return spelt + (f", peak {peak:.1f} x keys" if peak else "")


def _url_cell(row: Row | None, figures: Figures) -> str:
    if row is None or row.seconds is None:
        return "" if row is None else row.note
    ratio = figures.time_of_baseline(row)
    compared = f" ({spell_number(ratio)})" if ratio is not None else ""
    return spell_number(nanoseconds(row), 0) + compared


def _line(found: Sequence[Row | None], figures: Figures, most: dict[str, int]) -> str:
    """Write one name's cells; what is to be said of all of them comes last, and once."""
    measured = [row for row in found if row is not None and row.seconds is not None]
    said = [remarks(row, most[row.corpus]) for row in measured]
    common = [text for text in (said[0] if said else []) if all(text in texts for texts in said)]
    cells = []
    for row in found:
        own = remarks(row, most[row.corpus]) if row is not None and row.seconds is not None else []
        write = _url_cell if row is not None and row.corpus else _cell
        cells.append(
            "; ".join([write(row, figures), *(text for text in own if text not in common)])
        )
    first = next(row for row in found if row is not None)
    if measured and first.baseline:
        unit = "the time of " if first.corpus else ""
        common.append(f"in brackets: of {unit}{first.baseline}")
        common += [spell_target(first)] if first.target is not None else []
    return f"| {first.name} | {' | '.join(cells)} | {'; '.join(common)} |"


def _section(section: str, rows: Sequence[Row], figures: Figures) -> Iterator[str]:
    """Write one section of one width as a table: a line a name, a column a group."""
    groups = sorted({group_of(row) for row in rows})
    most = {
        corpus: most_queries(row for row in figures.rows if row.corpus == corpus)
        for *_, corpus in groups
    }
    columns = [
        f"{corpus}, {most[corpus]:,} URLs"
        if corpus
        else spell_power(keys) + (f", {spell_share(hits)}" if hits >= 0 else "")
        for keys, _, hits, corpus in groups
    ]
    unit = "" if section in _TIMED else ", M/s"
    title = f"{section}, ns a URL" if rows[0].corpus else f"{section}, {rows[0].width} bytes{unit}"
    yield f"| {title} | {' | '.join(columns)} | |"
    yield f"|---|{'---|' * len(groups)}---|"
    cells = {(row.name, group_of(row)): row for row in rows}
    for name in dict.fromkeys(row.name for row in rows):
        yield _line([cells.get((name, group)) for group in groups], figures, most)
    yield ""


def places(rows: Sequence[Row]) -> list[Place]:
    """Return the places that these rows go to."""
    return [place for place in PLACES if any(map(place.holds, rows))]


def _document(
    place: Place, rows: Sequence[Row], machine: dict[str, str], runs: Sequence[str]
) -> str:
    """Return what goes to a place: the machine, then a table for each section and width."""
    rows = list(filter(place.holds, rows))
    figures = Figures(rows)
    lines = ["```sh", *filter(place.is_of, runs), "```", ""]
    lines += [*(f"- {name}: {value}" for name, value in machine.items() if value), ""]
    sections = list(dict.fromkeys(row.section for row in rows))

    def order(row: Row) -> tuple[int, int]:
        return row.width, sections.index(row.section)

    for (_, number), group in groupby(sorted(rows, key=order), order):
        lines += _section(sections[number], list(group), figures)
    return "\n".join(lines).rstrip()


def check(path: Path, needed: Sequence[Place]) -> None:
    """Raise Error where a document has no place for figures."""
    text = path.read_text(encoding="utf-8") if path.exists() else _empty(needed)
    for begin, end, _ in needed:
        if text.count(begin) != 1 or text.count(end) != 1 or text.index(begin) > text.index(end):
            raise Error(f"{path}: has no place for figures, which is between {begin} and {end}")


def _empty(needed: Sequence[Place]) -> str:
    return "\n".join(f"{place.begin}\n{place.end}\n" for place in needed)


def write(path: Path, rows: Sequence[Row], machine: dict[str, str], runs: Sequence[str]) -> None:
    """Put figures between the marks of a document, or make a document of them."""
    needed = places(rows)
    check(path, needed)
    whole = path.read_text(encoding="utf-8") if path.exists() else _empty(needed)
    for place in needed:
        text = _document(place, rows, machine, runs)
        before, after = whole[: whole.index(place.begin)], whole[whole.index(place.end) :]
        whole = f"{before}{place.begin}\n\n{text}\n\n{after}"
    path.write_text(whole, encoding="utf-8")
