"""Figures as Markdown, put between two marks in a document."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import Final

from csamatch.bench import files
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

BEGIN: Final = "<!-- what follows is written by csamatch bench -->"
END: Final = "<!-- what precedes was written by csamatch bench -->"

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


def _line(found: Sequence[Row | None], figures: Figures, most: int) -> str:
    """Write one name's cells; what is to be said of all of them comes last, and once."""
    measured = [row for row in found if row is not None and row.seconds is not None]
    said = [remarks(row, most) for row in measured]
    common = [text for text in (said[0] if said else []) if all(text in texts for texts in said)]
    cells = []
    for row in found:
        own = remarks(row, most) if row is not None and row.seconds is not None else []
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
    columns = [
        corpus or spell_power(keys) + (f", {spell_share(hits)}" if hits >= 0 else "")
        for keys, _, hits, corpus in groups
    ]
    unit = "" if section in _TIMED else ", M/s"
    title = f"{section}, ns a URL" if rows[0].corpus else f"{section}, {rows[0].width} bytes{unit}"
    yield f"| {title} | {' | '.join(columns)} | |"
    yield f"|---|{'---|' * len(groups)}---|"
    cells = {(row.name, group_of(row)): row for row in rows}
    most = most_queries(row for row in figures.rows if bool(row.corpus) == bool(rows[0].corpus))
    for name in dict.fromkeys(row.name for row in rows):
        yield _line([cells.get((name, group)) for group in groups], figures, most)
    yield ""


def document(rows: Sequence[Row], machine: dict[str, str], runs: Sequence[str]) -> str:
    """Return everything as Markdown: the machine, then a table for each section and width."""
    figures = Figures(rows)
    lines = ["```sh", *runs, "```", ""]
    lines += [*(f"- {name}: {value}" for name, value in machine.items() if value), ""]
    sections = list(dict.fromkeys(row.section for row in rows))

    def place(row: Row) -> tuple[bool, int, int]:
        return bool(row.corpus), row.width, sections.index(row.section)

    for (_, _, number), group in groupby(sorted(rows, key=place), place):
        lines += _section(sections[number], list(group), figures)
    return "\n".join(lines).rstrip()


def check(path: Path) -> None:
    """Raise Error where a document has no place for figures."""
    if path.exists():
        text = path.read_text(encoding="utf-8")
        if text.count(BEGIN) != 1 or text.count(END) != 1 or text.index(BEGIN) > text.index(END):
            raise Error(f"{path}: has no place for figures, which is between {BEGIN} and {END}")


def write(path: Path, text: str) -> None:
    """Put text between the marks of a document, or make a document of it."""
    check(path)
    before, after = "", "\n"
    if path.exists():
        whole = path.read_text(encoding="utf-8")
        before, after = whole[: whole.index(BEGIN)], whole[whole.index(END) + len(END) :]
    path.write_text(f"{before}{BEGIN}\n\n{text}\n\n{END}{after}", encoding="utf-8")
